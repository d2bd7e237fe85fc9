// Wall clock in a named time zone to an instant and back, without a library.

/** Minutes that `timeZone` is ahead of UTC at that instant. */
export function offsetMinutes(at: Date, timeZone: string): number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const get = Object.fromEntries(
    format.formatToParts(at).map(({ type, value }) => [type, Number(value)]),
  );
  const wall = Date.UTC(
    get.year ?? 0,
    (get.month ?? 1) - 1,
    get.day ?? 1,
    get.hour ?? 0,
    get.minute ?? 0,
    get.second ?? 0,
  );
  return Math.round((wall - Math.floor(at.getTime() / 1000) * 1000) / 60_000);
}

export interface WallTime {
  day: number;
  month: number;
  year: number;
  hour: number;
  minute: number;
}

export function toInstant(wall: WallTime, timeZone: string): Date {
  const asUtc = Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute);
  const first = asUtc - offsetMinutes(new Date(asUtc), timeZone) * 60_000;
  // A second look, for days on which the clock changes.
  return new Date(asUtc - offsetMinutes(new Date(first), timeZone) * 60_000);
}

/** "25/12/2026"; null when there is no such day. */
export function parseDate(text: string): Pick<WallTime, 'day' | 'month' | 'year'> | null {
  const match = /^\s*(\d{1,2})[/.\-\s](\d{1,2})[/.\-\s](\d{4})\s*$/.exec(text);
  if (!match) return null;
  const [day, month, year] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const check = new Date(Date.UTC(year, month - 1, day));
  const exists = check.getUTCMonth() === month - 1 && check.getUTCDate() === day;
  return exists ? { day, month, year } : null;
}

/** "8:30", "08h30", "8h"; null when it is no time. */
export function parseTime(text: string): Pick<WallTime, 'hour' | 'minute'> | null {
  const match = /^\s*(\d{1,2})(?:[:hg.]\s*(\d{2})?)?\s*$/i.exec(text);
  if (!match) return null;
  const [hour, minute] = [Number(match[1]), Number(match[2] ?? 0)];
  return hour < 24 && minute < 60 ? { hour, minute } : null;
}

/** The browser's own zone; some still say Saigon, which is an alias that calendars dislike. */
export function ownZone(): string {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return zone === 'Asia/Saigon' ? 'Asia/Ho_Chi_Minh' : zone;
}

/** The browser's, and those that a secretary here needs, without doubles. */
export function timeZoneChoices(own: string): string[] {
  const common = [
    'Asia/Ho_Chi_Minh',
    'Asia/Bangkok',
    'Asia/Vientiane',
    'Asia/Phnom_Penh',
    'Asia/Singapore',
    'Asia/Shanghai',
    'Asia/Tokyo',
    'Asia/Seoul',
    'Australia/Sydney',
    'Europe/London',
    'Europe/Paris',
    'Europe/Berlin',
    'America/New_York',
    'America/Los_Angeles',
    'UTC',
  ];
  return [...new Set(own ? [common[0] ?? own, own, ...common] : common)];
}
