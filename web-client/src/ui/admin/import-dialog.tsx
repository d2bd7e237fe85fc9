// Accounts from a spreadsheet: the file, what is wrong line by line, then all at once.

import { useState } from 'preact/hooks';
import { errorCode } from '../../protocol/errors';
import type { ImportAnswer } from '../../protocol/rest';
import { api } from '../../session/api';
import { errorText, t } from '../../state/i18n';
import { passwordTable } from '../../state/people';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { Field } from '../parts/field';

export function ImportDialog({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const { people, common } = t.value;
  const [csv, setCsv] = useState('');
  const [answer, setAnswer] = useState<ImportAnswer | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const ask = async (text: string, apply: boolean): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      const got = await api.importAccounts(text, apply);
      setAnswer(got);
      if (got.applied) onDone();
    } catch (error) {
      const code = errorCode(error);
      setAnswer(null);
      setProblem(code === 'request.invalid' ? people.importUnreadable : errorText(code));
    }
    setBusy(false);
  };
  const read = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    const text = await file.text();
    setCsv(text);
    await ask(text, false);
  };
  return (
    <Dialog
      title={people.import}
      wide
      onClose={onClose}
      testId="import-dialog"
      footer={
        answer?.applied ? (
          <>
            <Button icon="download" testId="import-passwords" onClick={() => savePasswords(answer)}>
              {people.downloadPasswords}
            </Button>
            <Button kind="primary" onClick={onClose}>
              {common.close}
            </Button>
          </>
        ) : (
          <>
            <Button kind="quiet" onClick={onClose}>
              {common.cancel}
            </Button>
            <Button
              kind="primary"
              busy={busy}
              disabled={!answer || answer.wrong > 0 || answer.right === 0}
              testId="import-apply"
              onClick={() => void ask(csv, true)}
            >
              {people.importApply(answer?.right ?? 0)}
            </Button>
          </>
        )
      }
    >
      {answer?.applied ? (
        <p class="good" role="status" data-testid="import-done">
          {people.imported(answer.right)}
        </p>
      ) : (
        <Field label={people.importFile} hint={people.importHint}>
          {({ id, describedBy }) => (
            <input
              id={id}
              type="file"
              accept=".csv,.txt,.tsv,text/csv"
              aria-describedby={describedBy}
              data-testid="import-file"
              onChange={(event) => void read(event.currentTarget.files?.[0])}
            />
          )}
        </Field>
      )}
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {answer && <Preview answer={answer} />}
    </Dialog>
  );
}

function Preview({ answer }: { answer: ImportAnswer }) {
  const { people } = t.value;
  const wrong = answer.lines.filter((line) => line.errors.length > 0);
  const shown = wrong.length > 0 ? wrong : answer.lines;
  return (
    <>
      {!answer.applied && (
        <p role="status" data-testid="import-summary">
          {people.importSummary(answer.right, answer.wrong)}
        </p>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll area must be reachable by keyboard. */}
      <section class="table-scroll import-lines" tabIndex={0} aria-label={people.import}>
        <table>
          <thead>
            <tr>
              <th>{people.line}</th>
              <th>{people.name}</th>
              <th>{people.username}</th>
              <th>{answer.applied ? people.firstPassword : people.unit}</th>
              {!answer.applied && wrong.length > 0 && <th>{people.problem}</th>}
            </tr>
          </thead>
          <tbody>
            {shown.slice(0, 500).map((line) => (
              <tr key={line.line}>
                <td>{line.line}</td>
                <td>{line.name}</td>
                <td>{line.username}</td>
                <td class={answer.applied ? 'code' : ''}>
                  {answer.applied ? line.password : line.unit}
                </td>
                {!answer.applied && wrong.length > 0 && (
                  <td class="wrong-cell">
                    {line.errors
                      .map(({ member, code }) => people.importError(member, code))
                      .join('; ')}
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}

function savePasswords(answer: ImportAnswer): void {
  const url = URL.createObjectURL(new Blob([passwordTable(answer)], { type: 'text/csv' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = 'hop-accounts.csv';
  link.click();
  URL.revokeObjectURL(url);
}
