// Choosing a new password: one's own wish, or because the first one has to be changed.

import { useState } from 'preact/hooks';
import { HopError } from '../../protocol/errors';
import { choosePassword } from '../../state/account';
import { errorText, t } from '../../state/i18n';
import { Button } from '../parts/button';
import { TextField } from '../parts/field';

/** The server's rule that a password broke, in words. */
export function passwordProblem(error: unknown): string {
  const { account: text } = t.value;
  if (!(error instanceof HopError)) return errorText('unknown');
  if (error.code === 'auth.wrong') return text.wrongPassword;
  const rule = error.message.replace(/^new: /, '');
  const rules: Record<string, string> = text.rules;
  return (error.member === 'new' && rules[rule]) || errorText(error.code);
}

export function PasswordForm({ onDone, old: given }: { onDone: () => void; old?: string }) {
  const { account: text, common } = t.value;
  const [old, setOld] = useState(given ?? '');
  const [fresh, setFresh] = useState('');
  const [again, setAgain] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (): Promise<void> => {
    if (fresh !== again) return setProblem(text.notTheSame);
    setBusy(true);
    setProblem(null);
    try {
      await choosePassword(old, fresh);
      setOld('');
      setFresh('');
      setAgain('');
      onDone();
    } catch (error) {
      setProblem(passwordProblem(error));
    }
    setBusy(false);
  };
  return (
    <form
      class="meeting-form"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {given === undefined && (
        <TextField
          label={text.old}
          type="password"
          value={old}
          autoComplete="current-password"
          testId="password-old"
          onInput={setOld}
        />
      )}
      <TextField
        label={text.fresh}
        hint={text.freshHint}
        type="password"
        value={fresh}
        autoComplete="new-password"
        testId="password-new"
        onInput={setFresh}
      />
      <TextField
        label={text.again}
        type="password"
        value={again}
        autoComplete="new-password"
        testId="password-again"
        onInput={setAgain}
      />
      {problem && (
        <p class="problem" role="alert" data-testid="password-problem">
          {problem}
        </p>
      )}
      <div class="form-actions">
        <Button
          type="submit"
          kind="primary"
          busy={busy}
          disabled={!old || !fresh || !again}
          testId="password-save"
        >
          {common.save}
        </Button>
      </div>
    </form>
  );
}
