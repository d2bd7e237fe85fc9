// One meeting: when and where, who is invited and has answered, its dates, attendance and tests.

import { useState } from 'preact/hooks';
import type { Meeting, Occurrence } from '../../protocol/meetings';
import { meetingsApi } from '../../session/meetings-api';
import { errorText, t } from '../../state/i18n';
import { loadUnits, unitPath, units } from '../../state/people';
import { route } from '../../state/router';
import { isGoing, isOver, mayPlan, occurrencesOf } from '../../state/schedule';
import { sayRule, sayWhen, words } from '../../state/words';
import { SignedIn } from '../admin/sign-in';
import { copyText } from '../meeting/stage';
import { Button } from '../parts/button';
import { Icon } from '../parts/icons';
import { useLoaded } from '../parts/load';
import { Link, Notice } from '../parts/page';
import { Attendance, Tests } from './attendance';
import { InviteeTable } from './invitees';
import { copyMeeting, linkOf, MeetingMenu } from './row';
import '../styles/admin.css';
import '../styles/people.css';
import '../styles/schedule.css';
import '../styles/meeting-page.css';

export function MeetingPage() {
  const now = route.value;
  return <SignedIn at="meetings">{now.page === 'meeting' && <Loading id={now.id} />}</SignedIn>;
}

function Loading({ id }: { id: number }) {
  const { meeting: text, nav } = words.value;
  const loaded = useLoaded(async () => {
    const [meeting] = await Promise.all([meetingsApi.get(id), mayPlan() ? loadUnits() : undefined]);
    return meeting;
  }, [id]);
  if (loaded.error)
    return (
      <Notice
        icon="warning"
        title={loaded.error === 'meeting.not_found' ? text.notFound : errorText(loaded.error)}
        {...(loaded.error === 'meeting.not_found' ? { text: text.notFoundHint } : {})}
        testId="meeting-missing"
      >
        <Link to="/meetings" class="button primary">
          {nav.label}
        </Link>
      </Notice>
    );
  if (!loaded.value)
    return <span class="spinner large" role="status" aria-label={t.value.common.loading} />;
  const meeting = loaded.value;
  return <Whole meeting={meeting} mayEdit={meeting.may_change} again={loaded.again} />;
}

/** A whole meeting as lists show it. */
const asOccurrence = (meeting: Meeting): Occurrence => ({
  ...meeting,
  occurrence: null,
  conflict: false,
});

function Whole(props: { meeting: Meeting; mayEdit: boolean; again: () => void }) {
  const { meeting, mayEdit, again } = props;
  const { meeting: text, status, nav } = words.value;
  const over = isOver(meeting.status);
  const gone = isGoing({ id: meeting.id, occurrence: null });
  return (
    <div class="admin meeting-page" data-testid="meeting-page">
      <header class="page-head">
        <div>
          <p class="crumb">
            <Link to="/meetings/list">{nav.label}</Link>
          </p>
          <h1>{meeting.title}</h1>
          <p class="meeting-facts">
            <span
              class={`status ${gone ? 'cancelled' : meeting.status}`}
              data-testid="meeting-status"
              data-status={meeting.status}
            >
              {gone ? status.cancelled : status[meeting.status]}
            </span>
            {meeting.template && <span class="status">{text.template}</span>}
            {meeting.status === 'draft' && !meeting.template && (
              <span class="fact">{text.draftHint}</span>
            )}
          </p>
        </div>
        <div class="head-actions">
          {meeting.template ? (
            <Button
              kind="primary"
              icon="copy"
              testId="meeting-use"
              onClick={() => void copyMeeting(meeting.id)}
            >
              {text.useTemplate}
            </Button>
          ) : (
            !over &&
            meeting.status !== 'draft' && (
              <Link to={`/m/${meeting.code}`} class="button primary">
                <Icon name="enter" size={20} />
                <span>{text.enter}</span>
              </Link>
            )
          )}
          {mayEdit && !gone && (
            <Link
              to={`/meetings/${meeting.id}/edit`}
              class="button plain"
              testId="meeting-open-editor"
            >
              <Icon name="pencil" size={20} />
              <span>{meeting.rrule ? text.editSeries : text.edit}</span>
            </Link>
          )}
          <MeetingMenu of={asOccurrence(meeting)} again={again} here />
        </div>
      </header>
      <div class="meeting-columns">
        <div class="meeting-left">
          <Facts meeting={meeting} />
          <InviteeTable meeting={meeting} mayEdit={mayEdit} again={again} />
          {mayEdit && !meeting.template && meeting.status !== 'draft' && (
            <Attendance meeting={meeting} />
          )}
        </div>
        <div class="meeting-right">
          {meeting.rrule && <Dates meeting={meeting} />}
          {mayEdit && !meeting.template && meeting.status !== 'draft' && (
            <Tests meeting={meeting} />
          )}
        </div>
      </div>
    </div>
  );
}

function Facts({ meeting }: { meeting: Meeting }) {
  const { meeting: text, editor } = words.value;
  const resources = useLoaded(
    async () => (meeting.resources.length > 0 ? await meetingsApi.resources() : []),
    [meeting.resources.join()],
  );
  const names = meeting.resources
    .map((id) => resources.value?.find((one) => one.id === id)?.name ?? '')
    .filter(Boolean)
    .join(', ');
  const rows: [string, string][] = [
    [text.when, sayWhen(meeting)],
    [
      text.repeats,
      meeting.rrule ? sayRule(meeting.rrule, meeting.starts_at, meeting.time_zone) : '',
    ],
    [text.place, meeting.place],
    [text.resources, names],
    [text.chair, meeting.chair?.name ?? ''],
    [text.secretary, meeting.secretary?.name ?? ''],
    [text.organizer, meeting.organizer?.name ?? ''],
    [editor.unit, unitPath(meeting.unit, units.value)],
  ];
  return (
    <section class="card meeting-part">
      <dl class="facts">
        {rows
          .filter(([, value]) => value !== '')
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        {!meeting.template && (
          <div>
            <dt>{text.code}</dt>
            <dd>
              <span class="code">{meeting.code}</span>{' '}
              <button
                type="button"
                class="link"
                onClick={() => void copyText(linkOf(meeting.code))}
              >
                {text.copyLink}
              </button>
            </dd>
          </div>
        )}
        {meeting.description && (
          <div>
            <dt>{text.description}</dt>
            <dd class="prose">{meeting.description}</dd>
          </div>
        )}
      </dl>
    </section>
  );
}

function Dates({ meeting }: { meeting: Meeting }) {
  const { meeting: text, list } = words.value;
  const [most, setMost] = useState(8);
  const dates = useLoaded(() => occurrencesOf(meeting, { most }), [meeting.version, most]);
  const shown = (dates.value?.meetings ?? []).filter((one) => !isGoing(one));
  return (
    <section class="card meeting-part" aria-labelledby="dates-title">
      <h2 id="dates-title">{text.dates}</h2>
      <ul class="dates">
        {shown.map((one) => (
          <li
            key={one.occurrence ?? one.starts_at}
            class={one.status}
            data-testid="meeting-date-row"
            data-occurrence={one.occurrence ?? ''}
            data-status={one.status}
          >
            <div>
              <strong>{sayWhen(one)}</strong>
              <span class="meeting-facts">
                {one.status === 'cancelled' && (
                  <span class="status cancelled">{text.cancelledDate}</span>
                )}
                {one.status !== 'cancelled' && one.occurrence !== one.starts_at && (
                  <span class="status">{text.changedDate}</span>
                )}
                {one.title !== meeting.title && <span class="fact">{one.title}</span>}
                {one.conflict && <span class="status warning">{list.conflict}</span>}
              </span>
            </div>
            {!isOver(one.status) && <MeetingMenu of={one} again={dates.again} here />}
          </li>
        ))}
      </ul>
      {dates.value?.more && (
        <Button small onClick={() => setMost(most + 20)}>
          {text.moreDates}
        </Button>
      )}
    </section>
  );
}
