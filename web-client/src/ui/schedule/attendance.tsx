// Who was there, and how the sites' tests went, on the meeting's page.

import { useState } from 'preact/hooks';
import { formatDateTime, formatDuration, formatTime } from '../../i18n/format';
import { errorCode } from '../../protocol/errors';
import {
  type AttendanceState,
  type Attendee,
  attendanceStates,
  type LineTest,
  type Meeting,
} from '../../protocol/meetings';
import { meetingsApi } from '../../session/meetings-api';
import { noteSignedOut } from '../../state/account';
import { bitRate, errorText } from '../../state/i18n';
import { occurrencesOf } from '../../state/schedule';
import { announce, toast } from '../../state/toasts';
import { sayWhen, words } from '../../state/words';
import { Select } from '../parts/field';
import { Icon } from '../parts/icons';
import { useLoaded } from '../parts/load';

/** Of a series: the last time that has begun, unless another is chosen. */
export function Attendance({ meeting }: { meeting: Meeting }) {
  const { attendance: text } = words.value;
  const [chosen, setChosen] = useState<string | null>(null);
  const dates = useLoaded(
    async () => (meeting.rrule ? (await occurrencesOf(meeting, { until: 'now' })).meetings : []),
    [meeting.version],
  );
  const begun = (dates.value ?? []).filter((one) => one.status !== 'cancelled');
  const stamp = chosen ?? begun[begun.length - 1]?.occurrence ?? null;
  const list = useLoaded(
    async () =>
      meeting.rrule && stamp === null ? null : await meetingsApi.attendance(meeting.id, stamp),
    [meeting.id, meeting.version, stamp, dates.value],
  );
  const people = list.value?.people ?? [];
  const known = people.some((one) => one.first_joined_at || one.state !== 'not_marked');
  return (
    <section class="card meeting-part" aria-labelledby="attendance-title" data-testid="attendance">
      <div class="part-head">
        <h2 id="attendance-title">{text.title}</h2>
        {people.length > 0 && (
          <div class="head-actions">
            {(['csv', 'pdf'] as const).map((form) => (
              <a
                key={form}
                class="button plain small"
                href={meetingsApi.attendanceUrl(meeting.id, stamp, form)}
                data-testid={`attendance-${form}`}
                download
              >
                <Icon name="download" size={18} />
                <span>{text[form]}</span>
              </a>
            ))}
          </div>
        )}
      </div>
      {begun.length > 1 && (
        <Select
          label={text.which}
          value={stamp ?? ''}
          options={[...begun].reverse().map((one) => ({
            value: one.occurrence ?? '',
            label: sayWhen(one),
          }))}
          testId="attendance-date"
          onChange={setChosen}
        />
      )}
      {!known && <p class="muted">{text.empty}</p>}
      {people.length > 0 && (
        <Table people={people} meeting={meeting} stamp={stamp} again={list.again} />
      )}
    </section>
  );
}

interface TableProps {
  people: readonly Attendee[];
  meeting: Meeting;
  stamp: string | null;
  again: () => void;
}

function Table({ people, meeting, stamp, again }: TableProps) {
  const { attendance: text, meeting: names, roles } = words.value;
  const put = async (of: Attendee, state: AttendanceState, reason: string): Promise<void> => {
    try {
      await meetingsApi.markAttendance(meeting.id, stamp, of.person, state, reason);
      announce(text.saved);
      again();
    } catch (error) {
      noteSignedOut(error);
      toast(errorText(errorCode(error)), 'bad');
    }
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keys
    <section class="table-scroll" tabIndex={0} aria-label={text.title}>
      <table class="attendance-table">
        <thead>
          <tr>
            <th scope="col">{names.person}</th>
            <th scope="col">{text.state}</th>
            <th scope="col">{text.from}</th>
            <th scope="col">{text.to}</th>
            <th scope="col">{text.long}</th>
          </tr>
        </thead>
        <tbody>
          {people.map((of) => (
            <tr key={of.person} data-testid="attendance-row" data-name={of.name}>
              <th scope="row">
                {of.name}
                <span class="field-note">
                  {[
                    roles[of.role],
                    of.title,
                    of.unit,
                    of.attendees > 1 ? names.attendees(of.attendees) : '',
                  ]
                    .filter(Boolean)
                    .join(' · ')}
                </span>
              </th>
              <td>
                <select
                  aria-label={text.stateOf(of.name)}
                  value={of.state}
                  data-testid="attendance-state"
                  onChange={(event) =>
                    void put(of, event.currentTarget.value as AttendanceState, of.reason)
                  }
                >
                  {attendanceStates.map((state) => (
                    <option key={state} value={state} selected={state === of.state}>
                      {text.states[state]}
                    </option>
                  ))}
                </select>
                {of.state === 'absent' && (
                  <input
                    type="text"
                    class="reason"
                    value={of.reason}
                    placeholder={text.reason}
                    maxLength={200}
                    aria-label={text.reasonOf(of.name)}
                    onChange={(event) => void put(of, of.state, event.currentTarget.value.trim())}
                  />
                )}
              </td>
              <td>
                {of.first_joined_at ? formatTime(of.first_joined_at, meeting.time_zone) : '–'}
              </td>
              <td>
                {of.here
                  ? text.here
                  : of.last_left_at
                    ? formatTime(of.last_left_at, meeting.time_zone)
                    : '–'}
              </td>
              <td class="count">{of.seconds > 0 ? formatDuration(of.seconds * 1_000) : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function Tests({ meeting }: { meeting: Meeting }) {
  const { tests: text } = words.value;
  const list = useLoaded(() => meetingsApi.tests(meeting.id).catch(() => []), [meeting.id]);
  return (
    <section class="card meeting-part" aria-labelledby="tests-title" data-testid="line-tests">
      <h2 id="tests-title">{text.title}</h2>
      {list.value?.length === 0 && <p class="muted">{text.empty}</p>}
      <ul class="dates">
        {list.value?.map((one) => (
          <Test key={`${one.at}${one.name}`} of={one} />
        ))}
      </ul>
    </section>
  );
}

function Test({ of }: { of: LineTest }) {
  const { tests: text } = words.value;
  const { result } = of;
  const parts = (['microphone', 'camera', 'speaker'] as const).flatMap((name) =>
    result[name] === null ? [] : [`${text[name]}: ${result[name] ? text.good : text.bad}`],
  );
  const rate = (kbps: number | null): string => (kbps === null ? '–' : bitRate(kbps * 1_000));
  const line = text.line(
    rate(result.up_kbps),
    rate(result.down_kbps),
    result.rtt_ms === null ? '–' : `${Math.round(result.rtt_ms)} ms`,
  );
  return (
    <li data-testid="line-test">
      <div>
        <strong>{[of.name, of.unit].filter(Boolean).join(' · ')}</strong>
        <span class="field-note">
          {[formatDateTime(of.at), ...parts, line].filter(Boolean).join(' · ')}
        </span>
      </div>
    </li>
  );
}
