// The calendar by day, week, month and room. Asks only for the days that are shown.

import { useMemo, useState } from 'preact/hooks';
import { formatDate } from '../../i18n/format';
import { ownZone, parseDate } from '../../i18n/zones';
import { errorCode } from '../../protocol/errors';
import type { Occurrence, Resource } from '../../protocol/meetings';
import { meetingsApi } from '../../session/meetings-api';
import { noteSignedOut } from '../../state/account';
import { errorText } from '../../state/i18n';
import { addDays, type Day, dayOf, weekdayOf } from '../../state/recurrence';
import { go } from '../../state/router';
import { isGoing, listAll, listWithResources, mayPlan } from '../../state/schedule';
import { toast } from '../../state/toasts';
import { sayDay, sayRule, sayWhen, two, words } from '../../state/words';
import { Button, IconButton } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { Icon } from '../parts/icons';
import { useLoaded } from '../parts/load';
import { Link } from '../parts/page';
import { type CalendarKind, CalendarView } from './calendar-view';
import { MeetingMenu } from './row';

const kinds: readonly CalendarKind[] = ['day', 'week', 'month', 'resources'];
const hourMs = 3_600_000;
const isoDay = ({ day, month, year }: Day): string => `${year}-${two(month)}-${two(day)}`;
const iso = (at: Date): string => at.toISOString().replace(/\.\d{3}Z$/, 'Z');

function today(): Day {
  return parseDate(formatDate(new Date().toISOString(), ownZone())) ?? dayOf(Date.now());
}

function kindFirst(): CalendarKind {
  const wanted = new URLSearchParams(location.search).get('view');
  return kinds.find((one) => one === wanted) ?? (innerWidth < 720 ? 'day' : 'week');
}

/** One day, week or month further. */
function step(kind: CalendarKind, day: Day, by: 1 | -1): Day {
  if (kind === 'week') return addDays(day, 7 * by);
  if (kind !== 'month') return addDays(day, by);
  return dayOf(Date.UTC(day.year, day.month - 1 + by, 1));
}

function titleOf(kind: CalendarKind, day: Day): string {
  if (kind === 'month') return `${two(day.month)}/${day.year}`;
  if (kind === 'week') {
    const monday = addDays(day, -weekdayOf(day));
    return `${sayDay(monday)} – ${sayDay(addDays(monday, 6))}`;
  }
  const name = words.value.rule.weekdays[weekdayOf(day)] ?? '';
  return `${name.charAt(0).toLocaleUpperCase()}${name.slice(1)}, ${sayDay(day)}`;
}

const mostPerDay = 4;

/**
 * The month shows a few of each day and one line for the rest, which leads to the day: the package
 * measures each meeting, and a thousand of them would take seconds.
 */
function fewPerDay(all: readonly Occurrence[]): readonly Occurrence[] {
  const days = new Map<string, Occurrence[]>();
  for (const one of all) {
    const day = formatDate(one.starts_at, ownZone());
    days.set(day, [...(days.get(day) ?? []), one]);
  }
  return [...days.values()].flatMap((list) => {
    const last = list[list.length - 1];
    if (list.length <= mostPerDay || !last) return list;
    const kept = list.slice(0, mostPerDay - 1);
    const n = list.length - kept.length;
    const title = words.value.calendar.more(n);
    const rest = { ...last, id: -last.id, title, all_day: false, conflict: false };
    return [...kept, { ...rest, place: '' }];
  });
}

interface Range {
  from: string;
  to: string;
}

const none: readonly Occurrence[] = [];
const noResources: readonly Resource[] = [];

export function CalendarTab() {
  const { calendar } = words.value;
  const [kind, setKind] = useState(kindFirst);
  const [day, setDay] = useState(today);
  const [range, setRange] = useState<Range | null>(null);
  const [open, setOpen] = useState<Occurrence | null>(null);
  const resources = useLoaded(() => meetingsApi.resources(), []);
  const byRoom = kind === 'resources';
  const loaded = useLoaded(async () => {
    if (!range) return null;
    return byRoom
      ? await listWithResources(range, resources.value ?? [])
      : await listAll({ ...range });
  }, [range?.from, range?.to, byRoom, byRoom && resources.value]);
  const shown = useMemo(
    () => loaded.value?.meetings.filter((one) => !isGoing(one) && !one.template) ?? none,
    [loaded.value, isGoing],
  );
  const few = useMemo(() => fewPerDay(shown), [shown]);
  const choose = (next: CalendarKind): void => {
    setKind(next);
    go(`/meetings/calendar?view=${next}`, true);
  };
  const free = (start: Date, end: Date | null, resource: number | null): void => {
    const last = end ?? new Date(start.getTime() + hourMs);
    const place = resource === null ? '' : `&resource=${resource}`;
    go(`/meetings/new?start=${iso(start)}&end=${iso(last)}${place}`);
  };
  const move = (of: Occurrence, start: Date, end: Date, revert: () => void): void =>
    void moveMeeting(of, start, end, revert, loaded.again);
  return (
    <>
      <h1 class="sr-only">{calendar.title}</h1>
      <Bar kind={kind} day={day} choose={choose} setDay={setDay} busy={loaded.value === null} />
      {loaded.error && (
        <p class="problem" role="alert">
          {errorText(loaded.error)}
        </p>
      )}
      {loaded.value?.more && <p class="hint-box">{calendar.tooMany}</p>}
      {kind === 'resources' && resources.value?.length === 0 && (
        <p class="hint-box">{calendar.noResources}</p>
      )}
      <div class="calendar-frame card" aria-busy={loaded.value === null}>
        <CalendarView
          kind={kind}
          date={isoDay(day)}
          meetings={kind === 'month' ? few : shown}
          resources={resources.value ?? noResources}
          editable={mayPlan()}
          onRange={(start, end) => setRange({ from: iso(start), to: iso(end) })}
          onOpen={(of) => {
            if (of.id > 0) return setOpen(of);
            setDay(parseDate(formatDate(of.starts_at, ownZone())) ?? today());
            choose('day');
          }}
          onFree={free}
          onMove={move}
        />
      </div>
      {mayPlan() && <p class="muted calendar-hint">{calendar.hint}</p>}
      {open && <Look of={open} again={loaded.again} onClose={() => setOpen(null)} />}
    </>
  );
}

function Bar(props: {
  kind: CalendarKind;
  day: Day;
  busy: boolean;
  choose: (kind: CalendarKind) => void;
  setDay: (day: Day) => void;
}) {
  const { kind, day, choose, setDay } = props;
  const { calendar } = words.value;
  return (
    <div class="calendar-bar">
      <div class="calendar-steps">
        <IconButton
          icon="left"
          label={calendar.previous}
          size="small"
          tip="none"
          testId="calendar-previous"
          onClick={() => setDay(step(kind, day, -1))}
        />
        <Button small testId="calendar-today" onClick={() => setDay(today())}>
          {calendar.today}
        </Button>
        <IconButton
          icon="right"
          label={calendar.next}
          size="small"
          tip="none"
          testId="calendar-next"
          onClick={() => setDay(step(kind, day, 1))}
        />
        <h2 aria-live="polite" data-testid="calendar-title">
          {titleOf(kind, day)}
        </h2>
        {props.busy && <span class="spinner" aria-hidden="true" />}
      </div>
      <fieldset class="segments">
        <legend class="sr-only">{calendar.view}</legend>
        {kinds.map((one) => (
          <label key={one} class="segment">
            <input
              type="radio"
              name="calendar-kind"
              checked={one === kind}
              data-testid={`calendar-${one}`}
              onChange={() => choose(one)}
            />
            <span>{calendar[one]}</span>
          </label>
        ))}
      </fieldset>
    </div>
  );
}

async function moveMeeting(
  of: Occurrence,
  start: Date,
  end: Date,
  revert: () => void,
  again: () => void,
): Promise<void> {
  const { calendar, meeting } = words.value;
  const put = async (starts_at: string, ends_at: string): Promise<void> => {
    if (of.occurrence) {
      await meetingsApi.changeOccurrence(of.id, of.occurrence, { starts_at, ends_at });
      return;
    }
    const now = await meetingsApi.get(of.id);
    await meetingsApi.change(of.id, now.version, { starts_at, ends_at });
  };
  const failed = (error: unknown): void => {
    noteSignedOut(error);
    toast(errorText(errorCode(error)), 'bad');
    again();
  };
  try {
    await put(iso(start), iso(end));
  } catch (error) {
    revert();
    failed(error);
    return;
  }
  again();
  const when = sayWhen({ ...of, starts_at: iso(start), ends_at: iso(end) });
  toast(calendar.moved(of.title, when), 'good', {
    ms: 10_000,
    action: {
      label: meeting.undo,
      run: () => void put(of.starts_at, of.ends_at).then(again, failed),
    },
  });
}

/** A look at one meeting, with the way to everything else. */
function Look({ of, again, onClose }: { of: Occurrence; again: () => void; onClose: () => void }) {
  const { meeting, status, list } = words.value;
  return (
    <Dialog
      title={of.title}
      onClose={onClose}
      testId="calendar-look"
      footer={
        <>
          <MeetingMenu of={of} again={again} here />
          <Link to={`/meetings/${of.id}`} class="button plain" testId="look-details">
            <span>{meeting.details}</span>
          </Link>
          {of.status !== 'cancelled' && of.status !== 'draft' && (
            <Link to={`/m/${of.code}`} class="button primary">
              <Icon name="enter" size={20} />
              <span>{meeting.enter}</span>
            </Link>
          )}
        </>
      }
    >
      <p class="meeting-facts">
        <span class={`status ${of.status}`}>{status[of.status]}</span>
        {of.conflict && <span class="status warning">{list.conflict}</span>}
      </p>
      <dl class="facts">
        <dt>{meeting.when}</dt>
        <dd>{sayWhen(of)}</dd>
        {of.rrule && (
          <>
            <dt>{meeting.repeats}</dt>
            <dd>{sayRule(of.rrule, of.starts_at, of.time_zone)}</dd>
          </>
        )}
        {of.place && (
          <>
            <dt>{meeting.place}</dt>
            <dd>{of.place}</dd>
          </>
        )}
        {of.chair && (
          <>
            <dt>{meeting.chair}</dt>
            <dd>{of.chair.name}</dd>
          </>
        )}
      </dl>
    </Dialog>
  );
}
