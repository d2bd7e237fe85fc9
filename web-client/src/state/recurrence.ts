// Repetition as a form has it: the part of RFC 5545's RRULE (§3.3.10) that people choose by hand,
// its next days, and the rule in plain words. A rule that says more is left as it is.

import { toInstant } from '../i18n/zones';

export type Frequency = 'daily' | 'weekly' | 'monthly' | 'yearly';
export const frequencies = ['daily', 'weekly', 'monthly', 'yearly'] as const;
/** 0 is Monday. */
export type Weekday = 0 | 1 | 2 | 3 | 4 | 5 | 6;
export const weekdays: readonly Weekday[] = [0, 1, 2, 3, 4, 5, 6];
const codes = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];

export type Ends =
  | { kind: 'never' }
  | { kind: 'count'; count: number }
  | { kind: 'until'; date: Day };

export interface Day {
  day: number;
  month: number;
  year: number;
}

export interface Repeat {
  frequency: Frequency;
  interval: number;
  /** Weekly: on these; never empty then. */
  days: Weekday[];
  /** Monthly: on the same day of the month, or on the first … last such weekday. */
  monthly: 'day' | 'weekday';
  ends: Ends;
}

export const mostInterval = 99;
export const mostCount = 1000;

const dayMs = 86_400_000;
const ms = (day: Day): number => Date.UTC(day.year, day.month - 1, day.day);
export const dayOf = (at: number): Day => {
  const date = new Date(at);
  return { day: date.getUTCDate(), month: date.getUTCMonth() + 1, year: date.getUTCFullYear() };
};
export const weekdayOf = (day: Day): Weekday =>
  ((new Date(ms(day)).getUTCDay() + 6) % 7) as Weekday;
export const addDays = (day: Day, n: number): Day => dayOf(ms(day) + n * dayMs);
export const compareDays = (a: Day, b: Day): number => ms(a) - ms(b);
const daysInMonth = (year: number, month: number): number =>
  new Date(Date.UTC(year, month, 0)).getUTCDate();

/** 1 … 4, or -1 for the last one of its month. */
export function weekOfMonth(day: Day): number {
  if (day.day + 7 > daysInMonth(day.year, day.month)) return -1;
  return Math.ceil(day.day / 7);
}

export function weeklyOn(day: Day): Repeat {
  return {
    frequency: 'weekly',
    interval: 1,
    days: [weekdayOf(day)],
    monthly: 'day',
    ends: { kind: 'never' },
  };
}

// ---- RRULE

export function writeRule(repeat: Repeat, start: Day, timeZone: string): string {
  const parts = [`FREQ=${repeat.frequency.toUpperCase()}`];
  if (repeat.interval > 1) parts.push(`INTERVAL=${repeat.interval}`);
  if (repeat.frequency === 'weekly')
    parts.push(
      `BYDAY=${[...repeat.days]
        .sort()
        .map((day) => codes[day])
        .join(',')}`,
    );
  if (repeat.frequency === 'monthly' && repeat.monthly === 'weekday')
    parts.push(`BYDAY=${weekOfMonth(start)}${codes[weekdayOf(start)]}`);
  if (repeat.ends.kind === 'count') parts.push(`COUNT=${repeat.ends.count}`);
  // The last second of that day where the meeting is: a start on it still counts.
  if (repeat.ends.kind === 'until') {
    const last = toInstant({ ...addDays(repeat.ends.date, 1), hour: 0, minute: 0 }, timeZone);
    const stamp = new Date(last.getTime() - 1_000).toISOString();
    parts.push(`UNTIL=${stamp.replace(/[-:]|\.\d+/g, '')}`);
  }
  return parts.join(';');
}

/** null: the rule says something that the form cannot. */
export function readRule(rule: string, start: Day, timeZone: string): Repeat | null {
  const parts = new Map<string, string>();
  for (const pair of rule
    .replace(/^RRULE:/i, '')
    .toUpperCase()
    .split(';')) {
    const at = pair.indexOf('=');
    if (at < 1) return null;
    parts.set(pair.slice(0, at), pair.slice(at + 1));
  }
  const take = (key: string): string | undefined => {
    const value = parts.get(key);
    parts.delete(key);
    return value;
  };
  const named = take('FREQ');
  const frequency = frequencies.find((name) => name.toUpperCase() === named);
  if (!frequency) return null;
  const interval = Number(take('INTERVAL') ?? 1);
  if (!Number.isInteger(interval) || interval < 1 || interval > mostInterval) return null;
  const weekStart = take('WKST') ?? 'MO';
  const out: Repeat = {
    frequency,
    interval,
    days: [weekdayOf(start)],
    monthly: 'day',
    ends: { kind: 'never' },
  };
  const by = take('BYDAY');
  if (by !== undefined) {
    if (frequency === 'weekly') {
      const days = by.split(',').map((code) => codes.indexOf(code));
      if (days.some((day) => day < 0)) return null;
      out.days = [...new Set(days)].sort() as Weekday[];
    } else if (
      frequency === 'monthly' &&
      by === `${weekOfMonth(start)}${codes[weekdayOf(start)]}`
    ) {
      out.monthly = 'weekday';
    } else return null;
  }
  if (frequency === 'weekly' && interval > 1 && weekStart !== 'MO') return null;
  const byMonthDay = take('BYMONTHDAY');
  if (byMonthDay !== undefined && (frequency !== 'monthly' || byMonthDay !== String(start.day)))
    return null;
  const count = take('COUNT');
  const until = take('UNTIL');
  if (count !== undefined) out.ends = { kind: 'count', count: Number(count) };
  else if (until !== undefined) {
    const date = untilDay(until, timeZone);
    if (!date) return null;
    out.ends = { kind: 'until', date };
  }
  if (out.ends.kind === 'count' && !(out.ends.count >= 1 && out.ends.count <= mostCount))
    return null;
  return parts.size === 0 ? out : null;
}

function untilDay(text: string, timeZone: string): Day | null {
  const match = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?$/.exec(text);
  if (!match) return null;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (!match[7]) return { day, month, year };
  const at = Date.UTC(year, month - 1, day, Number(match[4]), Number(match[5]), Number(match[6]));
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    day: 'numeric',
    month: 'numeric',
    year: 'numeric',
  }).formatToParts(new Date(at));
  const get = (type: string): number =>
    Number(parts.find((one) => one.type === type)?.value ?? Number.NaN);
  return { day: get('day'), month: get('month'), year: get('year') };
}

// ---- days

/** The first `most` days, `start` among them; `more`: there are others after these. */
export function nextDays(repeat: Repeat, start: Day, most: number): { days: Day[]; more: boolean } {
  const days: Day[] = [];
  const limit = repeat.ends.kind === 'count' ? repeat.ends.count : Number.POSITIVE_INFINITY;
  const last = repeat.ends.kind === 'until' ? ms(repeat.ends.date) : Number.POSITIVE_INFINITY;
  const candidates = candidatesOf(repeat, start);
  // A rule like "29 February" has years without a day: the search is bounded.
  for (let tries = 0; tries < 4_000 && days.length <= most; tries++) {
    const day = candidates.next().value;
    if (!day || ms(day) > last || days.length >= limit) break;
    days.push(day);
  }
  return { days: days.slice(0, most), more: days.length > most };
}

function* candidatesOf(repeat: Repeat, start: Day): Generator<Day, undefined> {
  const { frequency, interval } = repeat;
  for (let n = 0; n < 20_000; n++) {
    if (frequency === 'daily') yield addDays(start, n * interval);
    else if (frequency === 'weekly') {
      const monday = addDays(start, -weekdayOf(start) + n * interval * 7);
      for (const weekday of [...repeat.days].sort()) {
        const day = addDays(monday, weekday);
        if (ms(day) >= ms(start)) yield day;
      }
    } else {
      const months = frequency === 'monthly' ? n * interval : n * interval * 12;
      const day = inMonth(repeat, start, months);
      if (day) yield day;
    }
  }
  return undefined;
}

function inMonth(repeat: Repeat, start: Day, later: number): Day | null {
  const index = start.month - 1 + later;
  const year = start.year + Math.floor(index / 12);
  const month = (index % 12) + 1;
  const length = daysInMonth(year, month);
  if (repeat.frequency === 'yearly' || repeat.monthly === 'day')
    return start.day <= length ? { day: start.day, month, year } : null;
  const week = weekOfMonth(start);
  const weekday = weekdayOf(start);
  if (week === -1) {
    const back = (weekdayOf({ day: length, month, year }) - weekday + 7) % 7;
    return { day: length - back, month, year };
  }
  const first = (weekday - weekdayOf({ day: 1, month, year }) + 7) % 7;
  return { day: 1 + first + (week - 1) * 7, month, year };
}
