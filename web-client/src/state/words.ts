// The words of the pages around a meeting, and times and repetitions said with them. Apart from
// state/i18n.ts, so that a person who only joins does not load them.

import { computed } from '@preact/signals';
import { formatDate, formatTime } from '../i18n/format';
import { joinWords } from '../i18n/rule-words';
import { scheduleEn } from '../i18n/schedule-en';
import { type ScheduleWords, scheduleVi } from '../i18n/schedule-vi';
import { ownZone } from '../i18n/zones';
import { addDays, type Day, type Repeat, readRule, weekdayOf, weekOfMonth } from './recurrence';
import { settings } from './settings';

export const words = computed<ScheduleWords>(() =>
  settings.value.language === 'en' ? scheduleEn : scheduleVi,
);

export const two = (n: number): string => String(n).padStart(2, '0');
export const sayDay = ({ day, month, year }: Day): string => `${two(day)}/${two(month)}/${year}`;

/** "Hằng tuần vào thứ Hai và thứ Năm, đến hết 31/12/2026". */
export function sayRepeat(repeat: Repeat | null, start: Day): string {
  const { rule } = words.value;
  if (!repeat) return rule.once;
  const parts = [rule.every[repeat.frequency](repeat.interval)];
  const weekday = rule.weekdays[weekdayOf(start)] ?? '';
  if (repeat.frequency === 'weekly') {
    const days = [...repeat.days].sort().map((day) => rule.weekdays[day] ?? '');
    parts.push(rule.onDays(joinWords(days, rule.and)));
  } else if (repeat.frequency === 'monthly')
    parts.push(
      repeat.monthly === 'day'
        ? rule.onMonthDay(start.day)
        : rule.onMonthWeekday(rule.weeks(weekOfMonth(start)), weekday),
    );
  else if (repeat.frequency === 'yearly') parts.push(rule.onYearDay(start.day, start.month));
  const said = parts.join(' ');
  if (repeat.ends.kind === 'count') return `${said}, ${rule.count(repeat.ends.count)}`;
  if (repeat.ends.kind === 'until') return `${said}, ${rule.until(sayDay(repeat.ends.date))}`;
  return said;
}

/** The rule of a meeting in words; a rule that the form does not know is shown as it is. */
export function sayRule(rule: string, startsAt: string, timeZone: string): string {
  const [day = 1, month = 1, year = 2000] = formatDate(startsAt, timeZone).split('/').map(Number);
  const start = { day, month, year };
  const repeat = readRule(rule, start, timeZone);
  return repeat ? sayRepeat(repeat, start) : rule;
}

export interface Times {
  starts_at: string;
  ends_at: string;
  time_zone: string;
  all_day: boolean;
}

/** "Thứ Hai 23/11/2026 08:00 – 09:30", in the meeting's own zone, which is named if it is another. */
export function sayWhen(times: Times): string {
  const { starts_at, ends_at, time_zone, all_day } = times;
  const from = sayDate(starts_at, time_zone);
  if (all_day) {
    const last = sayDate(new Date(new Date(ends_at).getTime() - 1_000).toISOString(), time_zone);
    return last === from ? from : `${from} – ${last}`;
  }
  const sameDay = formatDate(starts_at, time_zone) === formatDate(ends_at, time_zone);
  const to = sameDay
    ? formatTime(ends_at, time_zone)
    : `${sayDate(ends_at, time_zone)} ${formatTime(ends_at, time_zone)}`;
  const said = `${from} ${formatTime(starts_at, time_zone)} – ${to}`;
  return time_zone === ownZone()
    ? said
    : `${said} (${words.value.meeting.inOtherZone(time_zone.replace(/_/g, ' '))})`;
}

function sayDate(iso: string, zone: string): string {
  const date = formatDate(iso, zone);
  const [day = 1, month = 1, year = 2000] = date.split('/').map(Number);
  const name = words.value.rule.weekdays[weekdayOf({ day, month, year })] ?? '';
  return `${name.charAt(0).toLocaleUpperCase()}${name.slice(1)} ${date}`;
}

/** Only the clock: "08:00 – 09:30", or "all day". */
export function sayHours(times: Times): string {
  if (times.all_day) return words.value.calendar.allDay;
  return `${formatTime(times.starts_at, times.time_zone)} – ${formatTime(times.ends_at, times.time_zone)}`;
}

/** Of "23/11/2026": "Thứ Hai 23/11/2026", with "Hôm nay" or "Ngày mai" before it. */
export function sayDayLong(date: string, near = true): string {
  const [day = 1, month = 1, year = 2000] = date.split('/').map(Number);
  const name = words.value.rule.weekdays[weekdayOf({ day, month, year })] ?? '';
  const full = `${name.charAt(0).toLocaleUpperCase()}${name.slice(1)}, ${date}`;
  if (!near) return full;
  const today = formatDate(new Date().toISOString(), ownZone());
  const [d = 1, m = 1, y = 2000] = today.split('/').map(Number);
  if (date === today) return `${words.value.today.title}, ${full}`;
  return date === sayDay(addDays({ day: d, month: m, year: y }, 1))
    ? `${words.value.list.tomorrow}, ${full}`
    : full;
}

/** "Thứ Hai 23/11/2026" where this browser is. */
export const sayDayOf = (iso: string): string => sayDate(iso, ownZone());
