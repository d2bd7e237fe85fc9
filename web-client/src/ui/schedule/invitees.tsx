// Those invited to a meeting: their answers, their mail, their personal links.

import { errorCode } from '../../protocol/errors';
import type { Invitee, MailItem, Meeting } from '../../protocol/meetings';
import { meetingsApi } from '../../session/meetings-api';
import { noteSignedOut } from '../../state/account';
import { errorText } from '../../state/i18n';
import { toast } from '../../state/toasts';
import { words } from '../../state/words';
import { copyText } from '../meeting/stage';
import { Button, IconButton } from '../parts/button';
import { useLoaded } from '../parts/load';

interface Props {
  meeting: Meeting;
  mayEdit: boolean;
  again: () => void;
}

const failed = (error: unknown): void => {
  noteSignedOut(error);
  toast(errorText(errorCode(error)), 'bad');
};

export function InviteeTable({ meeting, mayEdit, again }: Props) {
  const { meeting: text, editor } = words.value;
  // A group or unit stands here by the people in it.
  const people = meeting.invitees.filter((one) => one.kind !== 'group' && one.kind !== 'unit');
  const empty = meeting.invitees.filter(
    (one) =>
      (one.kind === 'group' || one.kind === 'unit') &&
      !people.some((person) => person.via === one.id),
  );
  const all = [...people, ...empty];
  const troubled = people.some((one) => one.mail === 'failed' || one.mail === 'delayed');
  const mail = useLoaded(
    async () => (mayEdit && troubled ? (await meetingsApi.mail({ meeting: meeting.id })).mail : []),
    [meeting.version, troubled],
  );
  const count = (rsvp: Invitee['rsvp']): number => people.filter((one) => one.rsvp === rsvp).length;
  const heads = people.reduce((sum, one) => sum + one.attendees, 0);
  return (
    <section class="card meeting-part" aria-labelledby="invitees-title" data-testid="invitees">
      <div class="part-head">
        <h2 id="invitees-title">{text.invitees}</h2>
        {people.length > 0 && <span class="muted">{editor.total(people.length, heads)}</span>}
      </div>
      {all.length === 0 ? (
        <p class="muted">{text.inviteesEmpty}</p>
      ) : (
        <>
          {meeting.status !== 'draft' && !meeting.template && (
            <p class="muted">
              {text.answers(
                count('accepted'),
                count('declined'),
                count('tentative'),
                count('none'),
              )}
            </p>
          )}
          <ul class="invitee-list">
            {all.map((one) => (
              <Row
                key={one.id}
                of={one}
                meeting={meeting}
                mayEdit={mayEdit}
                again={again}
                mail={mail.value?.find((item) => item.invitee === one.id || item.to === one.email)}
              />
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function Row(props: Props & { of: Invitee; mail: MailItem | undefined }) {
  const { of, meeting, mayEdit, again } = props;
  const { meeting: text, roles, kinds, rsvp, mail } = words.value;
  const via = meeting.invitees.find((one) => one.id === of.via);
  const notes = [
    of.kind === 'user' ? '' : kinds[of.kind],
    of.title,
    of.unit_name,
    of.kind === 'guest' || of.kind === 'site' ? of.email : '',
    of.attendees > 1 ? text.attendees(of.attendees) : '',
    via ? text.through(via.name) : '',
  ].filter(Boolean);
  const sent = meeting.status !== 'draft' && !meeting.template;
  return (
    <li data-testid="invitee" data-name={of.name} data-rsvp={of.rsvp} data-mail={of.mail}>
      <div class="invitee-who">
        <strong>{of.name}</strong>
        <span class="muted">{[roles[of.role], ...notes].join(' · ')}</span>
        {of.rsvp_note && <q class="rsvp-note">{of.rsvp_note}</q>}
      </div>
      {sent && (
        <div class="invitee-states">
          <span class={`status rsvp-${of.rsvp}`}>{rsvp[of.rsvp]}</span>
          {mayEdit && (of.email !== '' || of.mail !== 'none') && (
            <span class={`status mail-${of.mail}`}>{mail[of.mail]}</span>
          )}
        </div>
      )}
      {mayEdit && (
        <div class="invitee-tools">
          {props.mail && (of.mail === 'failed' || of.mail === 'delayed') && (
            <Button
              small
              testId="mail-retry"
              onClick={() => void retry(props.mail?.id ?? 0, again)}
            >
              {words.value.mailPage.retry}
            </Button>
          )}
          {of.link && (
            <>
              <IconButton
                icon="link"
                size="small"
                label={text.copyPersonal(of.name)}
                tip="none"
                testId="invitee-link"
                onClick={() => void copyText(of.link ?? '', text.personalCopied)}
              />
              <IconButton
                icon="again"
                size="small"
                label={text.renewLink(of.name)}
                tip="none"
                testId="invitee-renew"
                onClick={() => void renew(meeting.id, of.id, again)}
              />
            </>
          )}
        </div>
      )}
    </li>
  );
}

async function retry(id: number, again: () => void): Promise<void> {
  try {
    await meetingsApi.retryMail(id);
    toast(words.value.meeting.retried, 'good');
    again();
  } catch (error) {
    failed(error);
  }
}

async function renew(meeting: number, invitee: number, again: () => void): Promise<void> {
  try {
    await meetingsApi.newLink(meeting, invitee);
    toast(words.value.meeting.renewed, 'good');
    again();
  } catch (error) {
    failed(error);
  }
}
