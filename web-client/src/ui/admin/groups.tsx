// Groups: people who are invited together.

import { useEffect, useState } from 'preact/hooks';
import { tidy } from '../../i18n/format';
import { errorCode } from '../../protocol/errors';
import type { Group } from '../../protocol/meetings';
import { api } from '../../session/api';
import { meetingsApi } from '../../session/meetings-api';
import { noteSignedOut } from '../../state/account';
import { errorText, t } from '../../state/i18n';
import { later } from '../../state/pending';
import { loadUnits, units } from '../../state/people';
import { announce, toast } from '../../state/toasts';
import { words } from '../../state/words';
import { Button, IconButton } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { TextField } from '../parts/field';
import { Icon } from '../parts/icons';
import { useLoaded } from '../parts/load';
import { Avatar } from '../parts/media';
import { Menu } from '../parts/menu';
import { PeoplePicker } from '../parts/people-picker';
import { DirectoryNav } from './directory-nav';
import { SignedIn } from './sign-in';
import '../styles/admin.css';
import '../styles/people.css';
import '../styles/schedule.css';

export function Groups() {
  return (
    <SignedIn at="people">
      <List />
    </SignedIn>
  );
}

function List() {
  const { groups: text, resources } = words.value;
  const [open, setOpen] = useState<Group | 'new' | null>(null);
  const [gone, setGone] = useState<ReadonlySet<number>>(new Set());
  const list = useLoaded(() => meetingsApi.groups(), []);
  useEffect(() => void loadUnits(), []);
  const hide = (id: number, on: boolean): void =>
    setGone((now) => new Set(on ? [...now, id] : [...now].filter((one) => one !== id)));
  const remove = (of: Group): void =>
    later({
      text: text.removing(of.name),
      undo: words.value.meeting.undo,
      undoneText: words.value.meeting.undone,
      hide: () => hide(of.id, true),
      show: () => hide(of.id, false),
      run: (options) => meetingsApi.removeGroup(of.id, options),
      done: list.again,
    });
  return (
    <div class="admin">
      <header class="page-head">
        <DirectoryNav at="groups" />
        <Button kind="primary" icon="plus" testId="group-add" onClick={() => setOpen('new')}>
          {text.add}
        </Button>
      </header>
      <h1 class="sr-only">{text.title}</h1>
      {list.error && (
        <p class="problem" role="alert">
          {errorText(list.error)}
        </p>
      )}
      {list.value === null && !list.error && (
        <span class="spinner large" role="status" aria-label={t.value.common.loading} />
      )}
      {list.value?.length === 0 && (
        <div class="empty card">
          <Icon name="people" size={40} />
          <h2>{text.empty}</h2>
          <p>{text.emptyHint}</p>
        </div>
      )}
      <ul class="tiles-list" aria-label={text.title}>
        {(list.value ?? [])
          .filter((one) => !gone.has(one.id))
          .map((one) => (
            <li key={one.id} class="card tile-card" data-testid="group-row" data-name={one.name}>
              <span class="kind-icon">
                <Icon name="people" size={22} />
              </span>
              <div class="account-who">
                <strong>{one.name}</strong>
                <span class="muted">{text.count(one.members.length)}</span>
              </div>
              <Menu
                label={resources.actions(one.name)}
                look="icon-button plain small"
                testId="group-menu"
                entries={[
                  {
                    label: text.edit,
                    icon: 'pencil',
                    testId: 'group-edit',
                    run: () => setOpen(one),
                  },
                  null,
                  {
                    label: resources.remove,
                    icon: 'trash',
                    danger: true,
                    testId: 'group-remove',
                    run: () => remove(one),
                  },
                ]}
              >
                <Icon name="more" size={20} />
              </Menu>
            </li>
          ))}
      </ul>
      {open && (
        <Form
          of={open === 'new' ? null : open}
          onClose={() => setOpen(null)}
          onSaved={() => {
            setOpen(null);
            list.again();
          }}
        />
      )}
    </div>
  );
}

interface Member {
  id: number;
  name: string;
}

/** The server gives numbers only. */
async function namesOf(ids: readonly number[]): Promise<Member[]> {
  const out: Member[] = [];
  for (let i = 0; i < ids.length; i += 8)
    out.push(
      ...(await Promise.all(
        ids.slice(i, i + 8).map((id) =>
          api.accountOf(id).then(
            ({ name }) => ({ id, name }),
            () => ({ id, name: `#${id}` }),
          ),
        ),
      )),
    );
  return out;
}

function Form(props: { of: Group | null; onClose: () => void; onSaved: () => void }) {
  const { of, onClose, onSaved } = props;
  const { groups: text, editor } = words.value;
  const [name, setName] = useState(of?.name ?? '');
  const [members, setMembers] = useState<readonly Member[] | null>(of ? null : []);
  const [error, setError] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (of) void namesOf(of.members).then(setMembers);
  }, [of]);
  const submit = async (): Promise<void> => {
    if (!tidy(name)) return setError(text.nameMissing);
    if (!members) return;
    setBusy(true);
    setProblem(null);
    try {
      const ids = members.map((one) => one.id);
      if (of) await meetingsApi.changeGroup(of.id, of.version, tidy(name), ids);
      else await meetingsApi.addGroup(tidy(name), ids);
      toast(text.saved, 'good');
      onSaved();
    } catch (caught) {
      noteSignedOut(caught);
      setProblem(errorText(errorCode(caught)));
      setBusy(false);
    }
  };
  return (
    <Dialog title={of ? text.edit : text.add} wide onClose={onClose} testId="group-dialog">
      <form
        class="meeting-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <TextField
          label={text.name}
          value={name}
          error={error}
          maxLength={120}
          autoFocus
          testId="group-name"
          onInput={(value) => {
            setName(value);
            setError(null);
          }}
        />
        <PeoplePicker
          label={text.addMember}
          accountsOnly
          units={units.value}
          testId="group-member-add"
          onPick={(pick) => {
            if (pick.kind !== 'user' || !members) return;
            const { id, name: who } = pick.account;
            const there = members.some((one) => one.id === id);
            announce(there ? editor.already(who) : editor.added(who));
            if (!there) setMembers([...members, { id, name: who }]);
          }}
        />
        <div>
          <h3 class="group-members-title">
            {text.members} {members && <span class="count">{members.length}</span>}
          </h3>
          {members === null && (
            <span class="spinner" role="status" aria-label={t.value.common.loading} />
          )}
          {members?.length === 0 && <p class="muted">{text.noMembers}</p>}
          <ul class="group-members">
            {members?.map((one) => (
              <li key={one.id} data-testid="group-member">
                <Avatar name={one.name} />
                <span>{one.name}</span>
                <IconButton
                  icon="close"
                  size="small"
                  tip="none"
                  label={editor.remove(one.name)}
                  onClick={() => setMembers(members.filter((two) => two.id !== one.id))}
                />
              </li>
            ))}
          </ul>
        </div>
        {problem && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <div class="form-actions">
          <Button kind="quiet" onClick={onClose}>
            {t.value.common.cancel}
          </Button>
          <Button type="submit" kind="primary" busy={busy} testId="group-save">
            {t.value.common.save}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
