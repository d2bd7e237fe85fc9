// Beside the editor: what was chosen in plain words, who and what is taken then, and the day of each.

import { useEffect, useState } from 'preact/hooks';
import { formatTime } from '../../i18n/format';
import { toInstant } from '../../i18n/zones';
import type { Conflict, FreeBusy } from '../../protocol/meetings';
import { api } from '../../session/api';
import { meetingsApi } from '../../session/meetings-api';
import { noteSignedOut } from '../../state/account';
import {
  type MeetingForm,
  readDay,
  readRepeat,
  readRrule,
  readTimes,
} from '../../state/meeting-form';
import { addDays } from '../../state/recurrence';
import { sayRepeat, sayWhen, words } from '../../state/words';
import { Icon } from '../parts/icons';
import { Link } from '../parts/page';
import type { Known } from './editor';

const askAfterMs = 400;
const conflictsShown = 6;
const linesShown = 12;
const mostUsers = 400;

interface Asked {
  starts_at: string;
  ends_at: string;
  time_zone: string;
  rrule: string | null;
  users: number[];
  resources: number[];
  except?: number;
}

const unitMembers = new Map<number, Promise<number[]>>();

/** Asked once for each unit while the page is open. */
function membersOf(unit: number): Promise<number[]> {
  let found = unitMembers.get(unit);
  if (!found) {
    found = api.findAccounts('', 200, unit).then((answer) => answer.users.map((one) => one.id));
    found.catch(() => unitMembers.delete(unit));
    unitMembers.set(unit, found);
  }
  return found;
}

async function usersOf(form: MeetingForm, known: Known): Promise<number[]> {
  const out = new Set<number>();
  for (const row of form.invitees) {
    if (row.ref === null) continue;
    if (row.kind === 'user') out.add(row.ref);
    if (row.kind === 'group')
      for (const id of known.groups.find((one) => one.id === row.ref)?.members ?? []) out.add(id);
    if (row.kind === 'unit') for (const id of await membersOf(row.ref)) out.add(id);
  }
  return [...out].slice(0, mostUsers);
}

interface Answer {
  asked: boolean;
  conflicts: readonly Conflict[];
  busy: FreeBusy | null;
  day: { from: number; to: number };
}

/** What the server says of these times and people, a moment after they were last changed. */
function useAnswer(form: MeetingForm, known: Known, except: number | null): Answer | null {
  const [answer, setAnswer] = useState<Answer | null>(null);
  const people = form.invitees.map((row) => `${row.kind}${row.ref}`).join();
  const times = readTimes(form);
  const rule = readRrule(form);
  useEffect(() => {
    let over = false;
    const timer = setTimeout(async () => {
      const day = readDay(form.date);
      if (!times || !day) return setAnswer(null);
      try {
        const users = await usersOf(form, known);
        const midnight = { hour: 0, minute: 0 };
        const from = toInstant({ ...day, ...midnight }, form.timeZone).getTime();
        const to = toInstant({ ...addDays(day, 1), ...midnight }, form.timeZone).getTime();
        if (users.length + form.resources.length === 0) {
          if (!over) setAnswer({ asked: false, conflicts: [], busy: null, day: { from, to } });
          return;
        }
        const asked: Asked = {
          ...times,
          time_zone: form.timeZone,
          rrule: rule,
          users,
          resources: form.resources,
          ...(except === null ? {} : { except }),
        };
        const iso = (at: number): string => new Date(at).toISOString().replace(/\.\d{3}Z$/, 'Z');
        const [conflicts, busy] = await Promise.all([
          meetingsApi.conflicts(asked),
          meetingsApi.freeBusy(
            named(form).slice(0, linesShown),
            form.resources,
            iso(from),
            iso(to),
          ),
        ]);
        if (!over) setAnswer({ asked: true, conflicts, busy, day: { from, to } });
      } catch (error) {
        noteSignedOut(error);
        if (!over) setAnswer(null);
      }
    }, askAfterMs);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [times?.starts_at, times?.ends_at, rule, people, form.resources.join(), known.groups.length]);
  return answer;
}

const named = (form: MeetingForm): number[] =>
  form.invitees.flatMap((row) => (row.kind === 'user' && row.ref !== null ? [row.ref] : []));

export function Aside(props: { form: MeetingForm; known: Known; except: number | null }) {
  const { form, known } = props;
  const { editor } = words.value;
  const answer = useAnswer(form, known, props.except);
  const times = readTimes(form);
  const day = readDay(form.date);
  const repeat = readRepeat(form);
  return (
    <aside class="editor-aside" aria-label={editor.summary}>
      <section class="card aside-card">
        <h2>{editor.summary}</h2>
        <p class="aside-when" data-testid="editor-when">
          {times ? sayWhen({ ...times, time_zone: form.timeZone, all_day: form.allDay }) : '…'}
        </p>
        {day && repeat && <p class="muted">{sayRepeat(repeat, day)}</p>}
      </section>
      <section class="card aside-card" aria-live="polite" data-testid="conflicts">
        <h2>{editor.conflicts}</h2>
        {!answer?.asked ? (
          <p class="muted">{editor.conflictsUnknown}</p>
        ) : answer.conflicts.length === 0 ? (
          <p class="no-conflicts">
            <Icon name="check" size={18} />
            {editor.noConflicts}
          </p>
        ) : (
          <Conflicts list={answer.conflicts} />
        )}
        {answer?.asked && answer.busy && (
          <Busy form={form} known={known} answer={answer} busy={answer.busy} />
        )}
      </section>
    </aside>
  );
}

function Conflicts({ list }: { list: readonly Conflict[] }) {
  const { editor } = words.value;
  return (
    <ul class="conflict-list">
      {list.slice(0, conflictsShown).map((one) => (
        <li
          key={`${one.kind}${one.id}${one.starts_at}${one.meeting?.id}`}
          data-testid="conflict"
          data-kind={one.kind}
        >
          <Icon name="warning" size={18} />
          <div>
            <strong>{one.name}</strong>
            <span class="muted">
              {sayWhen({ ...one, time_zone: zoneHere, all_day: false })}
              {': '}
              {one.meeting ? (
                <Link to={`/meetings/${one.meeting.id}`}>{one.meeting.title}</Link>
              ) : (
                editor.busyElsewhere
              )}
            </span>
          </div>
        </li>
      ))}
      {list.length > conflictsShown && (
        <li class="muted">{editor.moreConflicts(list.length - conflictsShown)}</li>
      )}
    </ul>
  );
}

const zoneHere = Intl.DateTimeFormat().resolvedOptions().timeZone.replace('Saigon', 'Ho_Chi_Minh');

/** The hours of a working day; the lines are read out as text. */
const firstHour = 6;
const lastHour = 20;

function Busy(props: { form: MeetingForm; known: Known; answer: Answer; busy: FreeBusy }) {
  const { form, known, answer, busy } = props;
  const { editor } = words.value;
  const times = readTimes(form);
  const nameOf = (id: number): string =>
    form.invitees.find((row) => row.kind === 'user' && row.ref === id)?.name ?? '';
  const lines = [
    ...busy.users.map((one) => ({ key: `u${one.id}`, name: nameOf(one.id), busy: one.busy })),
    ...busy.resources.map((one) => ({
      key: `r${one.id}`,
      name: known.resources.find((two) => two.id === one.id)?.name ?? '',
      busy: one.busy,
    })),
  ].filter((line) => line.name !== '');
  if (lines.length === 0) return null;
  const from = answer.day.from + firstHour * 3_600_000;
  const width = (lastHour - firstHour) * 3_600_000;
  const share = (at: string): number =>
    Math.min(100, Math.max(0, ((new Date(at).getTime() - from) / width) * 100));
  const bar = (start: string, end: string) => ({
    left: `${share(start)}%`,
    width: `${Math.max(0, share(end) - share(start))}%`,
  });
  return (
    <div class="busy">
      <h3>{editor.freeBusy(form.date)}</h3>
      <div class="busy-hours" aria-hidden="true">
        {[8, 12, 16].map((hour) => (
          <span
            key={hour}
            style={{ left: `${((hour - firstHour) / (lastHour - firstHour)) * 100}%` }}
          >
            {hour}:00
          </span>
        ))}
      </div>
      <ul>
        {lines.map((line) => (
          <li key={line.key}>
            <span class="busy-name" aria-hidden="true">
              {line.name}
            </span>
            <span class="busy-line" aria-hidden="true">
              {times && <span class="busy-chosen" style={bar(times.starts_at, times.ends_at)} />}
              {line.busy.map(([start, end]) => (
                <span key={`${start}${end}`} class="busy-span" style={bar(start, end)} />
              ))}
            </span>
            <span class="sr-only">
              {line.busy.length === 0
                ? editor.freeAll(line.name)
                : editor.busyAt(
                    line.name,
                    line.busy
                      .map(
                        ([a, b]) =>
                          `${formatTime(a, form.timeZone)} – ${formatTime(b, form.timeZone)}`,
                      )
                      .join(', '),
                  )}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
