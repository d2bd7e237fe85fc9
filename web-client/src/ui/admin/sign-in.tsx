// Signing in, and the gate before the pages that need it.

import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { HopError } from '../../protocol/errors';
import { client, loadClient, signIn, signOut, user } from '../../state/account';
import { errorText, t } from '../../state/i18n';
import { Button, IconButton } from '../parts/button';
import { TextField } from '../parts/field';
import { Logo } from '../parts/icons';
import { Page, type PlaceName } from '../parts/page';
import { PasswordForm } from './password-form';

export function SignedIn({ at, children }: { at: PlaceName; children: ComponentChildren }) {
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    loadClient().catch((error: unknown) =>
      setProblem(errorText(error instanceof HopError ? error.code : 'unknown')),
    );
  }, []);
  if (user.value?.must_change)
    return (
      <Page at={at} centred>
        <FirstPassword />
      </Page>
    );
  if (user.value) return <Page at={at}>{children}</Page>;
  return (
    <Page at={at} centred>
      {client.value ? (
        <SignIn />
      ) : problem ? (
        <p class="problem" role="alert">
          {problem}
        </p>
      ) : (
        <span class="spinner large" role="status" aria-label={t.value.common.loading} />
      )}
    </Page>
  );
}

/** Kept from the sign-in to the change that must follow it, and no longer. */
let firstPassword: string | undefined;

function FirstPassword() {
  const { account: text, common } = t.value;
  return (
    <div class="card sign-in" data-testid="first-password-change">
      <Logo size={44} />
      <h1>{text.choose}</h1>
      <p class="muted">{text.chooseHint}</p>
      <PasswordForm
        {...(firstPassword === undefined ? {} : { old: firstPassword })}
        onDone={() => {
          firstPassword = undefined;
        }}
      />
      <button type="button" class="link" onClick={() => void signOut()}>
        {common.signOut}
      </button>
    </div>
  );
}

function SignIn() {
  const { signIn: text } = t.value;
  const [code, setCode] = useState<string | null>(null);
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const submit = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      firstPassword = password; // there before the form that may follow at once
      await signIn(username, password, code?.trim() || undefined);
      if (!user.value?.must_change) firstPassword = undefined;
    } catch (caught) {
      firstPassword = undefined;
      const known = caught instanceof HopError ? caught : new HopError('unknown');
      const wait = known.retryAfterSeconds;
      if (known.code === 'auth.second_factor') {
        setCode('');
        setBusy(false);
        return;
      }
      setError(
        wait && known.code === 'auth.locked'
          ? text.lockedFor(Math.ceil(wait / 60))
          : errorText(known.code),
      );
      if (code === null) setPassword('');
      else setCode('');
    }
    setBusy(false);
  };
  return (
    <form
      class="card sign-in"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Logo size={44} />
      <h1>{text.title}</h1>
      <p class="muted">{text.hint}</p>
      <TextField
        label={text.username}
        value={username}
        name="username"
        autoComplete="username"
        testId="username"
        onInput={setUsername}
      />
      <div class="password">
        <TextField
          label={text.password}
          type={shown ? 'text' : 'password'}
          value={password}
          name="password"
          autoComplete="current-password"
          testId="password"
          onInput={setPassword}
        />
        <IconButton
          icon="eye"
          size="small"
          label={shown ? text.hidePassword : text.showPassword}
          pressed={shown}
          tip="none"
          onClick={() => setShown(!shown)}
        />
      </div>
      {code !== null && (
        <TextField
          label={text.code}
          hint={text.codeHint}
          value={code}
          name="code"
          inputMode="text"
          autoComplete="one-time-code"
          autoFocus
          testId="code"
          onInput={setCode}
        />
      )}
      {error && (
        <p class="problem" role="alert" data-testid="sign-in-error">
          {error}
        </p>
      )}
      <Button
        type="submit"
        kind="primary"
        wide
        busy={busy}
        disabled={!username || !password}
        testId="sign-in"
      >
        {text.submit}
      </Button>
    </form>
  );
}
