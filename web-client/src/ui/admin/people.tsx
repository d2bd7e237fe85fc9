// The administrator's page of accounts and units.

import { useEffect, useState } from 'preact/hooks';
import { errorCode } from '../../protocol/errors';
import type { Account } from '../../protocol/rest';
import { api } from '../../session/api';
import { user } from '../../state/account';
import { errorText, t } from '../../state/i18n';
import {
  accounts,
  loadPeople,
  loadUnits,
  moreAccounts,
  peopleError,
  shutAccount,
  unitPath,
  units,
  unitTree,
} from '../../state/people';
import { toast } from '../../state/toasts';
import { Button } from '../parts/button';
import { Confirm } from '../parts/dialog';
import { Select, TextField } from '../parts/field';
import { Icon } from '../parts/icons';
import { Menu } from '../parts/menu';
import { AccountDialog, PasswordDialog } from './account-dialog';
import { DirectoryNav } from './directory-nav';
import { ImportDialog } from './import-dialog';
import { SignedIn } from './sign-in';
import { UnitsDialog } from './units-dialog';
import '../styles/admin.css';
import '../styles/people.css';
import '../styles/schedule.css';

export function People() {
  return (
    <SignedIn at="people">
      <List />
    </SignedIn>
  );
}

type Open =
  | { what: 'account'; account: Account | null }
  | { what: 'password'; name: string; username: string; password: string }
  | { what: 'reset' | 'shut'; account: Account }
  | { what: 'import' | 'units' };

const searchAfterMs = 200;

function List() {
  const { people, common } = t.value;
  const [search, setSearch] = useState('');
  const [unit, setUnit] = useState<number | null>(null);
  const [open, setOpen] = useState<Open | null>(null);
  const close = (): void => setOpen(null);
  const again = (): void => {
    void loadPeople(search, unit);
    void loadUnits();
  };
  useEffect(() => void loadUnits(), []);
  useEffect(() => {
    const timer = setTimeout(() => void loadPeople(search, unit), search ? searchAfterMs : 0);
    return () => clearTimeout(timer);
  }, [search, unit]);
  return (
    <div class="admin">
      <header class="page-head">
        <DirectoryNav at="people" />
        <div class="head-actions">
          <Button icon="hall" testId="people-units" onClick={() => setOpen({ what: 'units' })}>
            {people.units}
          </Button>
          <Button
            icon="download"
            testId="people-import"
            onClick={() => setOpen({ what: 'import' })}
          >
            {people.import}
          </Button>
          <Button
            kind="primary"
            icon="plus"
            testId="people-add"
            onClick={() => setOpen({ what: 'account', account: null })}
          >
            {people.add}
          </Button>
        </div>
      </header>
      <h1 class="sr-only">{people.title}</h1>
      <div class="people-filter">
        <TextField
          label={people.search}
          type="search"
          value={search}
          placeholder={people.searchHint}
          testId="people-search"
          onInput={setSearch}
        />
        <Select
          label={people.unit}
          value={unit === null ? '' : String(unit)}
          options={[
            { value: '', label: people.allUnits },
            ...unitTree(units.value).map(({ unit: u, depth }) => ({
              value: String(u.id),
              label: `${'\u2003'.repeat(depth)}${u.name}`,
            })),
          ]}
          testId="people-unit"
          onChange={(value) => setUnit(value ? Number(value) : null)}
        />
      </div>
      {peopleError.value && (
        <p class="problem" role="alert">
          {errorText(peopleError.value)}
        </p>
      )}
      {accounts.value === null && !peopleError.value && (
        <span class="spinner large" role="status" aria-label={common.loading} />
      )}
      {accounts.value?.length === 0 && (
        <div class="empty card">
          <Icon name="people" size={40} />
          <h2>{people.empty}</h2>
          <p>{people.emptyHint}</p>
        </div>
      )}
      {accounts.value && accounts.value.length > 0 && (
        <ul class="accounts" aria-label={people.title}>
          {accounts.value.map((account) => (
            <Row key={account.id} account={account} open={setOpen} />
          ))}
        </ul>
      )}
      {moreAccounts.value && (
        <p class="more">
          <Button onClick={() => void loadPeople(search, unit, true)}>{people.more}</Button>
        </p>
      )}
      {open && <Dialogs open={open} set={setOpen} close={close} again={again} />}
    </div>
  );
}

function Row({ account, open }: { account: Account; open: (what: Open) => void }) {
  const { people } = t.value;
  const where = [account.title, unitPath(account.unit, units.value)].filter(Boolean).join(' · ');
  return (
    <li
      class={`card account${account.disabled ? ' shut' : ''}`}
      data-testid="account-row"
      data-username={account.username}
    >
      <div class="account-who">
        <strong>{account.name}</strong>
        <span class="muted">
          {account.username}
          {account.email && ` · ${account.email}`}
        </span>
      </div>
      <div class="account-where muted">{where || people.noUnit}</div>
      <div class="account-roles">
        {account.disabled && <span class="status shut">{people.shut}</span>}
        {account.must_change && <span class="status">{people.mustChange}</span>}
        {account.totp && <span class="status">{people.totp}</span>}
        {account.roles.map((role) => (
          <span key={role} class={`status ${role === 'administrator' ? 'scheduled' : ''}`}>
            {people.roles[role]}
          </span>
        ))}
      </div>
      <Menu
        label={people.actions(account.name)}
        look="icon-button plain small"
        testId="account-menu"
        entries={[
          {
            label: people.edit,
            icon: 'pencil',
            testId: 'account-edit',
            run: () => open({ what: 'account', account }),
          },
          {
            label: people.reset,
            icon: 'lock',
            testId: 'account-reset',
            run: () => open({ what: 'reset', account }),
          },
          account.username === user.value?.username
            ? null
            : {
                label: account.disabled ? people.reopen : people.shutAction,
                icon: account.disabled ? 'check' : 'out',
                danger: !account.disabled,
                testId: 'account-shut',
                run: () =>
                  account.disabled ? void change(account, false) : open({ what: 'shut', account }),
              },
        ]}
      >
        <Icon name="more" size={20} />
      </Menu>
    </li>
  );
}

async function change(account: Account, disabled: boolean): Promise<void> {
  const { people } = t.value;
  try {
    await shutAccount(account, disabled);
    toast(disabled ? people.shutDone : people.reopened, 'good');
  } catch (error) {
    toast(errorText(errorCode(error)), 'bad');
  }
}

function Dialogs(props: {
  open: Open;
  set: (what: Open) => void;
  close: () => void;
  again: () => void;
}) {
  const { open, set, close, again } = props;
  const { people } = t.value;
  const reset = async (account: Account): Promise<void> => {
    try {
      const password = await api.resetAccount(account.id, account.totp);
      set({ what: 'password', name: account.name, username: account.username, password });
      again();
    } catch (error) {
      toast(errorText(errorCode(error)), 'bad');
    }
  };
  switch (open.what) {
    case 'account':
      return (
        <AccountDialog
          account={open.account}
          onClose={close}
          onMade={(made) =>
            set({
              what: 'password',
              name: made.name,
              username: made.username,
              password: made.password ?? '',
            })
          }
          onChanged={again}
        />
      );
    case 'password':
      return <PasswordDialog {...open} onClose={close} />;
    case 'reset':
      return (
        <Confirm
          title={people.resetTitle(open.account.name)}
          text={open.account.totp ? people.resetTotpText : people.resetText}
          confirm={people.reset}
          kind="primary"
          testId="account-reset-confirm"
          onClose={close}
          onConfirm={() => void reset(open.account)}
        />
      );
    case 'shut':
      return (
        <Confirm
          title={people.shutTitle(open.account.name)}
          text={people.shutText}
          confirm={people.shutAction}
          testId="account-shut-confirm"
          onClose={close}
          onConfirm={() => void change(open.account, true)}
        />
      );
    case 'import':
      return <ImportDialog onClose={close} onDone={again} />;
    case 'units':
      return <UnitsDialog onClose={close} onDone={again} />;
  }
}
