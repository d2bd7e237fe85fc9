// /i/#TOKEN: the answer to an invitation, without an account. The token stands behind the #, where no
// log sees it.

import { useState } from 'preact/hooks';
import { errorCode } from '../protocol/errors';
import type { Rsvp } from '../protocol/meetings';
import { meetingsApi } from '../session/meetings-api';
import { errorText, t } from '../state/i18n';
import { announce } from '../state/toasts';
import { sayRule, sayWhen, words } from '../state/words';
import { Button } from './parts/button';
import { Field } from './parts/field';
import { Icon, type IconName } from './parts/icons';
import { useLoaded } from './parts/load';
import { Notice, Page } from './parts/page';
import './styles/invitation.css';

const answers = ['accepted', 'tentative', 'declined'] as const;
const icons: Record<(typeof answers)[number], IconName> = {
  accepted: 'check',
  tentative: 'clock',
  declined: 'close',
};

/** "#TOKEN", or "#t=TOKEN" as in the link to the meeting. */
function tokenOf(hash: string): string {
  return hash.replace(/^#(?:t=)?/, '').replace(/&.*$/, '');
}

export function InvitationPage() {
  return (
    <Page at="invitation" centred>
      <Invited token={tokenOf(location.hash)} />
    </Page>
  );
}

function Invited({ token }: { token: string }) {
  const { invitation: text, roles, meeting } = words.value;
  const loaded = useLoaded(() => meetingsApi.invitation(token), [token]);
  const [note, setNote] = useState('');
  const [said, setSaid] = useState<Rsvp | null>(null);
  const [busy, setBusy] = useState<Rsvp | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  if (loaded.error === 'connection.lost')
    return <Notice icon="warning" title={errorText(loaded.error)} />;
  if (loaded.error)
    return (
      <Notice icon="warning" title={text.gone} text={text.goneHint} testId="invitation-gone" />
    );
  if (!loaded.value)
    return <span class="spinner large" role="status" aria-label={t.value.common.loading} />;
  const of = loaded.value;
  const now = said ?? of.rsvp;
  const answer = async (rsvp: Rsvp): Promise<void> => {
    setBusy(rsvp);
    setProblem(null);
    try {
      await meetingsApi.answer(token, rsvp, note.trim().normalize('NFC'));
      setSaid(rsvp);
      announce(text.thanks[rsvp]);
    } catch (error) {
      setProblem(errorText(errorCode(error)));
    }
    setBusy(null);
  };
  return (
    <section class="card invitation" data-testid="invitation">
      <p class="invitation-kind">{text.title}</p>
      {of.cancelled && (
        <p class="problem" role="alert" data-testid="invitation-cancelled">
          {t.value.unavailable.cancelled}
        </p>
      )}
      <h1>{of.title}</h1>
      <p>
        {text.hello(of.name)}, {text.as(roles[of.role])}
      </p>
      <dl class="facts">
        <div>
          <dt>{meeting.when}</dt>
          <dd>{sayWhen(of)}</dd>
        </div>
        {of.rrule && (
          <div>
            <dt>{meeting.repeats}</dt>
            <dd>{sayRule(of.rrule, of.starts_at, of.time_zone)}</dd>
          </div>
        )}
        {of.place && (
          <div>
            <dt>{meeting.place}</dt>
            <dd>{of.place}</dd>
          </div>
        )}
      </dl>
      <fieldset class="answers">
        <legend>{text.question}</legend>
        <div>
          {answers.map((rsvp) => (
            <button
              key={rsvp}
              type="button"
              class={`answer ${rsvp}`}
              aria-pressed={now === rsvp}
              aria-busy={busy === rsvp}
              disabled={busy !== null || of.cancelled}
              data-testid={`rsvp-${rsvp}`}
              onClick={() => void answer(rsvp)}
            >
              <Icon name={icons[rsvp]} size={20} />
              {rsvp === 'accepted'
                ? text.accept
                : rsvp === 'tentative'
                  ? text.tentative
                  : text.decline}
            </button>
          ))}
        </div>
      </fieldset>
      <Field label={text.note}>
        {({ id }) => (
          <textarea
            id={id}
            rows={2}
            maxLength={500}
            value={note}
            data-testid="rsvp-note"
            onInput={(event) => setNote(event.currentTarget.value)}
          />
        )}
      </Field>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {now !== 'none' && (
        <p class="thanks" data-testid="rsvp-now" data-rsvp={now}>
          <Icon name="check" size={18} />
          <span>
            {text.thanks[now]} {text.change}
          </span>
        </p>
      )}
      {of.meeting_url && !of.cancelled && (
        <Button icon="enter" wide testId="invitation-enter" onClick={() => enter(of.meeting_url)}>
          {text.enter}
        </Button>
      )}
    </section>
  );
}

/** The server's own address: only its path is taken, with the token behind the #. */
function enter(url: string): void {
  const to = new URL(url, location.href);
  location.assign(`${to.pathname}${to.hash}`);
}
