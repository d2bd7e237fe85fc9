// One account: made, changed; and its first password, shown once.

import { useState } from 'preact/hooks';
import { errorCode } from '../../protocol/errors';
import { type Account, roles } from '../../protocol/rest';
import { errorText, t } from '../../state/i18n';
import {
  type AccountErrors,
  type AccountForm,
  accountForm,
  checkAccount,
  fieldError,
  saveAccount,
  toggleRole,
  units,
  unitTree,
} from '../../state/people';
import { toast } from '../../state/toasts';
import { copyText } from '../meeting/stage';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { Select, TextField } from '../parts/field';

export function AccountDialog(props: {
  account: Account | null;
  onClose: () => void;
  onMade: (account: Account) => void;
  onChanged: () => void;
}) {
  const { account, onClose } = props;
  const { people, common } = t.value;
  const [form, setForm] = useState(() => accountForm(account));
  const [errors, setErrors] = useState<AccountErrors>({});
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const set = (part: Partial<AccountForm>): void => {
    setForm((now) => ({ ...now, ...part }));
    setErrors({});
  };
  const submit = async (): Promise<void> => {
    const wrong = checkAccount(form, account === null);
    if (Object.keys(wrong).length > 0) return setErrors(wrong);
    setBusy(true);
    setProblem(null);
    try {
      const saved = await saveAccount(form, account);
      if (!account) return props.onMade(saved);
      toast(people.saved, 'good');
      onClose();
      props.onChanged();
    } catch (error) {
      const named = fieldError(error);
      setErrors(named);
      if (Object.keys(named).length === 0) setProblem(errorText(errorCode(error)));
      setBusy(false);
    }
  };
  return (
    <Dialog title={account ? people.edit : people.add} onClose={onClose} testId="account-dialog">
      <form
        class="meeting-form"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <TextField
          label={people.name}
          value={form.name}
          error={errors.name ?? null}
          maxLength={80}
          testId="account-name"
          autoFocus
          onInput={(name) => set({ name })}
        />
        <TextField
          label={people.username}
          hint={people.usernameHint}
          value={form.username}
          error={errors.username ?? null}
          readOnly={account !== null}
          maxLength={64}
          autoComplete="off"
          testId="account-username"
          onInput={(username) => set({ username })}
        />
        <TextField
          label={people.position}
          value={form.title}
          maxLength={100}
          testId="account-title"
          onInput={(title) => set({ title })}
        />
        <Select
          label={people.unit}
          value={form.unit === null ? '' : String(form.unit)}
          options={[
            { value: '', label: people.noUnit },
            ...unitTree(units.value).map(({ unit, depth }) => ({
              value: String(unit.id),
              label: `${'\u2003'.repeat(depth)}${unit.name}`,
            })),
          ]}
          testId="account-unit"
          onChange={(value) => set({ unit: value ? Number(value) : null })}
        />
        <TextField
          label={people.email}
          value={form.email}
          error={errors.email ?? null}
          maxLength={254}
          testId="account-email"
          onInput={(email) => set({ email })}
        />
        <fieldset class="checks">
          <legend>{people.role}</legend>
          {roles.map((role) => (
            <label key={role} class="check">
              <input
                type="checkbox"
                checked={form.roles.includes(role)}
                data-testid={`account-role-${role}`}
                onChange={() => set({ roles: toggleRole(form.roles, role) })}
              />
              <span>
                {people.roles[role]}
                <span class="field-note">{people.roleHints[role]}</span>
              </span>
            </label>
          ))}
        </fieldset>
        {problem && (
          <p class="problem" role="alert" data-testid="account-problem">
            {problem}
          </p>
        )}
        <div class="form-actions">
          <Button kind="quiet" onClick={onClose}>
            {common.cancel}
          </Button>
          <Button type="submit" kind="primary" busy={busy} testId="account-save">
            {account ? common.save : people.add}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

export function PasswordDialog(props: {
  name: string;
  username: string;
  password: string;
  onClose: () => void;
}) {
  const { people, common } = t.value;
  const text = people.handOver(props.username, props.password, location.origin);
  return (
    <Dialog
      title={people.passwordTitle(props.name)}
      onClose={props.onClose}
      testId="password-dialog"
      footer={
        <>
          <Button icon="copy" testId="password-copy" onClick={() => void copyText(text)}>
            {people.copy}
          </Button>
          <Button kind="primary" testId="password-done" onClick={props.onClose}>
            {common.close}
          </Button>
        </>
      }
    >
      <p>{people.passwordText}</p>
      <dl class="first-password">
        <dt>{people.username}</dt>
        <dd>{props.username}</dd>
        <dt>{people.firstPassword}</dt>
        <dd data-testid="first-password">{props.password}</dd>
      </dl>
    </Dialog>
  );
}
