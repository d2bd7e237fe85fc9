// The invitations' mail: what is on its way, what failed, and another try.

import { useState } from 'preact/hooks';
import { formatDateTime } from '../../i18n/format';
import { errorCode } from '../../protocol/errors';
import { type MailItem, mailStates } from '../../protocol/meetings';
import { meetingsApi } from '../../session/meetings-api';
import { errorText, t } from '../../state/i18n';
import { toast } from '../../state/toasts';
import { words } from '../../state/words';
import { Button } from '../parts/button';
import { Select } from '../parts/field';
import { Icon } from '../parts/icons';
import { useLoaded } from '../parts/load';
import { Link } from '../parts/page';

export function MailTab() {
  const { mailPage, mail } = words.value;
  const [state, setState] = useState('');
  const list = useLoaded(() => meetingsApi.mail(state ? { state } : {}), [state]);
  return (
    <>
      <h1 class="sr-only">{mailPage.title}</h1>
      <div class="list-filter">
        <Select
          label={mailPage.state}
          value={state}
          options={[
            { value: '', label: mailPage.all },
            ...mailStates.slice(1).map((value) => ({ value, label: mail[value] })),
          ]}
          testId="mail-state"
          onChange={setState}
        />
      </div>
      {list.error && (
        <p class="problem" role="alert">
          {errorText(list.error)}
        </p>
      )}
      {list.value === null && !list.error && (
        <span class="spinner large" role="status" aria-label={t.value.common.loading} />
      )}
      {list.value?.mail.length === 0 && (
        <div class="empty card">
          <Icon name="send" size={40} />
          <h2>{mailPage.empty}</h2>
          <p>{mailPage.emptyHint}</p>
        </div>
      )}
      <ul class="mails">
        {list.value?.mail.map((one) => (
          <Row key={one.id} of={one} again={list.again} />
        ))}
      </ul>
    </>
  );
}

function Row({ of, again }: { of: MailItem; again: () => void }) {
  const { mailPage, mail, meeting } = words.value;
  const notes = [
    of.attempts > 0 ? mailPage.tries(of.attempts) : '',
    of.next_at && of.state !== 'sent' ? mailPage.next(formatDateTime(of.next_at)) : '',
    formatDateTime(of.created_at),
  ].filter(Boolean);
  return (
    <li class="card mail-row" data-testid="mail-row" data-state={of.state}>
      <div class="account-who">
        <strong>
          {of.meeting ? <Link to={`/meetings/${of.meeting}`}>{of.subject}</Link> : of.subject}
        </strong>
        <span class="muted">
          {mailPage.to} {of.to} · {notes.join(' · ')}
        </span>
        {of.error && of.state !== 'sent' && <span class="wrong-cell">{of.error}</span>}
      </div>
      <span class={`status mail-${of.state}`}>{mail[of.state]}</span>
      {(of.state === 'failed' || of.state === 'delayed') && (
        <Button
          small
          testId="mail-retry"
          onClick={() =>
            void meetingsApi.retryMail(of.id).then(
              () => {
                toast(meeting.retried, 'good');
                again();
              },
              (error: unknown) => toast(errorText(errorCode(error)), 'bad'),
            )
          }
        >
          {mailPage.retry}
        </Button>
      )}
    </li>
  );
}
