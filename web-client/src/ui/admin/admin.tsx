// The secretary's page: what is scheduled, and what can be done with it.

import { useEffect, useState } from 'preact/hooks';
import { formatTime } from '../../i18n/format';
import { ownZone } from '../../i18n/zones';
import { errorCode } from '../../protocol/errors';
import type { Meeting } from '../../protocol/rest';
import { api } from '../../session/api';
import { signOut, user } from '../../state/account';
import { errorText, t } from '../../state/i18n';
import {
  cancelMeeting,
  dayName,
  loadMeetings,
  meetings,
  meetingsError,
  past,
  upcoming,
} from '../../state/meetings';
import { toast } from '../../state/toasts';
import { copyText } from '../meeting/stage';
import { Button, IconButton } from '../parts/button';
import { Confirm } from '../parts/dialog';
import { Icon } from '../parts/icons';
import { Menu } from '../parts/menu';
import { Link } from '../parts/page';
import { MeetingDialog } from './meeting-dialog';
import { SignedIn } from './sign-in';
import '../styles/admin.css';

export function Admin() {
  return (
    <SignedIn at="admin">
      <Schedule />
    </SignedIn>
  );
}

function Schedule() {
  const { admin, common, home } = t.value;
  const [editing, setEditing] = useState<Meeting | 'new' | null>(null);
  const [cancelling, setCancelling] = useState<Meeting | null>(null);
  useEffect(() => void loadMeetings(), []);
  const list = { edit: setEditing, cancel: setCancelling };
  const create = (
    <Button kind="primary" icon="plus" testId="meeting-create" onClick={() => setEditing('new')}>
      {admin.create}
    </Button>
  );
  return (
    <div class="admin">
      <header class="page-head">
        <div>
          <h1>{admin.title}</h1>
          <p class="muted">
            {home.signedInAs(user.value?.name ?? '')} ·{' '}
            <button type="button" class="link" onClick={() => void signOut()}>
              {common.signOut}
            </button>
          </p>
        </div>
        {create}
      </header>
      {meetingsError.value && (
        <p class="problem" role="alert">
          {errorText(meetingsError.value)}
        </p>
      )}
      {meetings.value === null && !meetingsError.value && (
        <span class="spinner large" role="status" aria-label={common.loading} />
      )}
      {meetings.value?.length === 0 && (
        <div class="empty card">
          <Icon name="calendar" size={40} />
          <h2>{admin.empty}</h2>
          <p>{admin.emptyHint}</p>
        </div>
      )}
      <List title={admin.upcoming} meetings={upcoming.value} {...list} />
      <List title={admin.past} meetings={past.value} {...list} />
      {editing && (
        <MeetingDialog
          meeting={editing === 'new' ? null : editing}
          onClose={() => setEditing(null)}
        />
      )}
      {cancelling && (
        <Confirm
          title={admin.cancelTitle}
          text={admin.cancelText(cancelling.title)}
          confirm={admin.cancelMeeting}
          cancel={admin.keep}
          testId="meeting-cancel-confirm"
          onClose={() => setCancelling(null)}
          onConfirm={() =>
            void cancelMeeting(cancelling.id).then(
              () => toast(admin.cancelled, 'good'),
              (error: unknown) => toast(errorText(errorCode(error)), 'bad'),
            )
          }
        />
      )}
    </div>
  );
}

interface Actions {
  edit: (meeting: Meeting) => void;
  cancel: (meeting: Meeting) => void;
}

function List(props: Actions & { title: string; meetings: readonly Meeting[] }) {
  if (props.meetings.length === 0) return null;
  return (
    <section class="meeting-list">
      <h2>
        {props.title} <span class="count">{props.meetings.length}</span>
      </h2>
      <ul>
        {props.meetings.map((meeting) => (
          <Row key={meeting.id} meeting={meeting} edit={props.edit} cancel={props.cancel} />
        ))}
      </ul>
    </section>
  );
}

function Row({ meeting, edit, cancel }: Actions & { meeting: Meeting }) {
  const { admin, common } = t.value;
  const { starts_at, ends_at, time_zone, status } = meeting;
  const over = status === 'cancelled' || status === 'ended';
  return (
    <li class={`card meeting-row ${status}`} data-testid="meeting-row" data-code={meeting.code}>
      <div class="meeting-when">
        <strong>{dayName(starts_at, time_zone, Date.now())}</strong>
        <span>
          {formatTime(starts_at, time_zone)}
          {ends_at && ` – ${formatTime(ends_at, time_zone)}`}
        </span>
        {time_zone !== ownZone() && <span class="zone">{time_zone.replace(/_/g, ' ')}</span>}
      </div>
      <div class="meeting-what">
        <h3>{meeting.title}</h3>
        {meeting.description && <p class="muted">{meeting.description}</p>}
        <p class="meeting-facts">
          <span class={`status ${status}`}>{admin.status[status]}</span>
          <span class="code">{meeting.code}</span>
        </p>
      </div>
      <div class="meeting-actions">
        {!over && (
          <>
            <Link to={`/m/${meeting.code}`} class="button plain small">
              <Icon name="enter" size={18} />
              <span>{admin.open}</span>
            </Link>
            <IconButton
              icon="link"
              label={common.copyLink}
              size="small"
              testId="meeting-copy"
              onClick={() => void copyText(new URL(`/m/${meeting.code}`, location.href).href)}
            />
          </>
        )}
        <Menu
          label={`${t.value.meeting.more}: ${meeting.title}`}
          look="icon-button plain small"
          testId="meeting-menu"
          entries={[
            {
              label: admin.download,
              icon: 'download',
              testId: 'meeting-ics',
              run: () => location.assign(api.inviteUrl(meeting.id)),
            },
            ...(over
              ? []
              : [
                  {
                    label: admin.editAction,
                    icon: 'pencil' as const,
                    testId: 'meeting-edit',
                    run: () => edit(meeting),
                  },
                  null,
                  {
                    label: admin.cancelMeeting,
                    icon: 'close' as const,
                    danger: true,
                    testId: 'meeting-cancel',
                    run: () => cancel(meeting),
                  },
                ]),
          ]}
        >
          <Icon name="more" size={20} />
        </Menu>
      </div>
    </li>
  );
}
