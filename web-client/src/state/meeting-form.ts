// A meeting as its editor has it: what is typed stays text until it is saved. What is wrong is told
// by field; what is unsaved is kept in this browser.

import { formatDate, formatTime, tidy } from '../i18n/format';
import { parseDate, parseTime, toInstant } from '../i18n/zones';
import {
  type Allowance,
  allowances,
  type Invitee,
  type InviteeDraft,
  type InviteeKind,
  type InviteeRole,
  inviteeKinds,
  inviteeRoles,
  type Lobby,
  lobbies,
  type Meeting,
  type MeetingDraft,
} from '../protocol/meetings';
import {
  array,
  bool,
  nullable,
  num,
  object,
  oneOf,
  oneOfOr,
  optional,
  type Shape,
  str,
} from '../protocol/shape';
import {
  addDays,
  compareDays,
  type Day,
  type Ends,
  type Frequency,
  frequencies,
  mostCount,
  mostInterval,
  type Repeat,
  readRule,
  type Weekday,
  weekdayOf,
  weeklyOn,
  writeRule,
} from './recurrence';
import { browserStorage, load, type Storage, save } from './store';
import { sayDay, words } from './words';

export interface FormInvitee {
  /** Names the row on the page; never sent. */
  key: string;
  id?: number;
  kind: InviteeKind;
  ref: number | null;
  name: string;
  title: string;
  unitName: string;
  email: string;
  language: string;
  role: InviteeRole;
  attendees: string;
}

export interface MeetingForm {
  title: string;
  description: string;
  place: string;
  date: string;
  start: string;
  end: string;
  /** Empty: the same day, or the next one when the end is before the start on the clock. */
  endDate: string;
  allDay: boolean;
  timeZone: string;
  repeat: 'none' | 'custom' | Frequency;
  /** The rule that `custom` keeps. */
  rule: string;
  interval: string;
  days: Weekday[];
  monthly: 'day' | 'weekday';
  ends: Ends['kind'];
  count: string;
  until: string;
  unit: number | null;
  resources: number[];
  invitees: FormInvitee[];
  muted: boolean;
  cameraOff: boolean;
  lobby: Lobby;
  opens: boolean;
  share: Allowance;
  unmute: Allowance;
  recording: boolean;
  password: string;
  passwordOff: boolean;
}

const hourMs = 3_600_000;
let lastKey = 0;
export const newKey = (): string => `k${++lastKey}-${Date.now().toString(36)}`;

const firstHour = 8;
const lastHour = 17;

/** The next full hour of a working day there. */
export function nextWorkingHour(nowMs: number, zone: string): number {
  let at = Math.ceil(nowMs / hourMs) * hourMs;
  for (let tries = 0; tries < 24 * 4; tries++, at += hourMs) {
    const iso = new Date(at).toISOString();
    const hour = Number(formatTime(iso, zone).slice(0, 2));
    const day = readDay(formatDate(iso, zone));
    if (day && weekdayOf(day) < 5 && hour >= firstHour && hour < lastHour) break;
  }
  return at;
}

/** Empty for a new one: the next working hour, one hour long, guests wait. */
export function newForm(
  zone: string,
  nowMs: number,
  startMs?: number,
  endMs?: number,
): MeetingForm {
  const starts = new Date(startMs ?? nextWorkingHour(nowMs, zone));
  const ends = new Date(endMs ?? starts.getTime() + hourMs);
  const date = formatDate(starts.toISOString(), zone);
  const day = readDay(date) ?? { day: 1, month: 1, year: 2000 };
  const endDate = formatDate(ends.toISOString(), zone);
  return {
    title: '',
    description: '',
    place: '',
    date,
    start: formatTime(starts.toISOString(), zone),
    end: formatTime(ends.toISOString(), zone),
    endDate: endDate === date || sayDay(addDays(day, 1)) === endDate ? '' : endDate,
    allDay: false,
    timeZone: zone,
    repeat: 'none',
    rule: '',
    interval: '1',
    days: [weekdayOf(day)],
    monthly: 'day',
    ends: 'never',
    count: '10',
    until: '',
    unit: null,
    resources: [],
    invitees: [],
    muted: false,
    cameraOff: false,
    lobby: 'guests',
    opens: true,
    share: 'all',
    unmute: 'all',
    recording: true,
    password: '',
    passwordOff: false,
  };
}

export function formInvitee(of: Invitee): FormInvitee {
  return {
    key: newKey(),
    id: of.id,
    kind: of.kind,
    ref: of.ref,
    name: of.name,
    title: of.title,
    unitName: of.unit_name,
    email: of.email,
    language: of.language,
    role: of.role,
    attendees: String(of.attendees),
  };
}

export function formOf(meeting: Meeting): MeetingForm {
  const zone = meeting.time_zone;
  const start = new Date(meeting.starts_at).getTime();
  const end = new Date(meeting.ends_at).getTime();
  const form = newForm(zone, start, start, end);
  const day = readDay(form.date);
  const rows = meeting.invitees.filter((one) => one.via === null).map(formInvitee);
  if (meeting.all_day) {
    const last = formatDate(new Date(end - 1_000).toISOString(), zone);
    Object.assign(form, { allDay: true, start: '08:00', end: '17:00' });
    form.endDate = last === form.date ? '' : last;
  }
  return {
    ...form,
    ...(day ? repeatFields(meeting.rrule, day, zone) : {}),
    title: meeting.title,
    description: meeting.description,
    place: meeting.place,
    unit: meeting.unit,
    resources: [...meeting.resources],
    invitees: withOffices(rows, meeting),
    muted: meeting.settings.muted,
    cameraOff: meeting.settings.camera_off,
    lobby: meeting.settings.lobby,
    opens: meeting.settings.opens_by_itself,
    share: meeting.settings.share,
    unmute: meeting.settings.unmute,
    recording: meeting.settings.recording,
  };
}

/** Chair and secretary who are not in the list of those invited stand in it here. */
function withOffices(rows: FormInvitee[], meeting: Meeting): FormInvitee[] {
  const out = [...rows];
  for (const role of ['secretary', 'chair'] as const) {
    const holder = meeting[role];
    if (!holder) continue;
    const at = out.findIndex((row) => row.kind === 'user' && row.ref === holder.id);
    const found = out[at];
    if (found) out[at] = { ...found, role };
    else out.unshift(userRow(holder.id, holder.name, '', '', role));
  }
  return out;
}

export function userRow(
  ref: number,
  name: string,
  title: string,
  unitName: string,
  role: InviteeRole = 'delegate',
): FormInvitee {
  const key = newKey();
  return {
    key,
    kind: 'user',
    ref,
    name,
    title,
    unitName,
    email: '',
    language: '',
    role,
    attendees: '1',
  };
}

function repeatFields(rule: string | null, day: Day, zone: string): Partial<MeetingForm> {
  if (!rule) return { repeat: 'none' };
  const repeat = readRule(rule, day, zone);
  if (!repeat) return { repeat: 'custom', rule };
  return {
    repeat: repeat.frequency,
    rule: '',
    interval: String(repeat.interval),
    days: repeat.days,
    monthly: repeat.monthly,
    ends: repeat.ends.kind,
    ...(repeat.ends.kind === 'count' ? { count: String(repeat.ends.count) } : {}),
    ...(repeat.ends.kind === 'until' ? { until: sayDay(repeat.ends.date) } : {}),
  };
}

// ---- reading it

export type FieldName = keyof MeetingForm | `${string}.${'name' | 'email' | 'attendees'}`;
export type FormErrors = Partial<Record<FieldName, string>>;

export const readDay = (text: string): Day | null => parseDate(text);

export interface FormTimes {
  starts_at: string;
  ends_at: string;
}

const iso = (at: Date): string => at.toISOString().replace(/\.\d{3}Z$/, 'Z');

/** null while a date or time is no such thing, or the end is not after the start. */
export function readTimes(form: MeetingForm): FormTimes | null {
  const day = readDay(form.date);
  const endDay = form.endDate ? readDay(form.endDate) : day;
  if (!day || !endDay) return null;
  if (form.allDay) {
    if (compareDays(endDay, day) < 0) return null;
    const midnight = { hour: 0, minute: 0 };
    const starts = toInstant({ ...day, ...midnight }, form.timeZone);
    const ends = toInstant({ ...addDays(endDay, 1), ...midnight }, form.timeZone);
    return { starts_at: iso(starts), ends_at: iso(ends) };
  }
  const start = parseTime(form.start);
  const end = parseTime(form.end);
  if (!start || !end) return null;
  const starts = toInstant({ ...day, ...start }, form.timeZone);
  let ends = toInstant({ ...endDay, ...end }, form.timeZone);
  if (ends < starts && !form.endDate)
    ends = toInstant({ ...addDays(endDay, 1), ...end }, form.timeZone);
  return ends > starts ? { starts_at: iso(starts), ends_at: iso(ends) } : null;
}

/** The end is before the start on the clock: it belongs to the next day. */
export function endsNextDay(form: MeetingForm): boolean {
  const start = parseTime(form.start);
  const end = parseTime(form.end);
  if (form.allDay || form.endDate || !start || !end) return false;
  return end.hour * 60 + end.minute < start.hour * 60 + start.minute;
}

const whole = (text: string, least: number, most: number): number | null => {
  const n = /^\s*\d{1,6}\s*$/.test(text) ? Number(text) : Number.NaN;
  return n >= least && n <= most ? n : null;
};

/** What is chosen of the repetition; null: none, or it is not right yet. */
export function readRepeat(form: MeetingForm): Repeat | null {
  const day = readDay(form.date);
  if (!day || form.repeat === 'none' || form.repeat === 'custom') return null;
  const interval = whole(form.interval, 1, mostInterval);
  const count = whole(form.count, 1, mostCount);
  const until = readDay(form.until);
  if (interval === null || (form.ends === 'count' && count === null)) return null;
  if (form.ends === 'until' && (!until || compareDays(until, day) < 0)) return null;
  if (form.repeat === 'weekly' && form.days.length === 0) return null;
  const ends: Ends =
    form.ends === 'count' && count !== null
      ? { kind: 'count', count }
      : form.ends === 'until' && until
        ? { kind: 'until', date: until }
        : { kind: 'never' };
  const days = form.repeat === 'weekly' ? form.days : weeklyOn(day).days;
  return { frequency: form.repeat, interval, days, monthly: form.monthly, ends };
}

export function readRrule(form: MeetingForm): string | null {
  if (form.repeat === 'custom') return form.rule;
  const day = readDay(form.date);
  const repeat = readRepeat(form);
  return day && repeat ? writeRule(repeat, day, form.timeZone) : null;
}

export const isEmail = (text: string): boolean =>
  /^[^\s@<>,;"]+@[^\s@<>,;"]+\.[^\s@<>,;".]{2,}$/.test(text.trim());

export function checkForm(form: MeetingForm): FormErrors {
  const { editor, rule } = words.value;
  const errors: FormErrors = {};
  const day = readDay(form.date);
  if (!tidy(form.title)) errors.title = editor.titleMissing;
  if (!day) errors.date = editor.dateInvalid;
  if (form.endDate && !readDay(form.endDate)) errors.endDate = editor.dateInvalid;
  if (!form.allDay) {
    if (!parseTime(form.start)) errors.start = editor.timeInvalid;
    if (!parseTime(form.end)) errors.end = editor.timeInvalid;
  }
  if (Object.keys(errors).every((key) => key === 'title') && !readTimes(form))
    errors[form.endDate ? 'endDate' : 'end'] = editor.endsBeforeStart;
  if (day && form.repeat !== 'none' && form.repeat !== 'custom') {
    if (whole(form.interval, 1, mostInterval) === null) errors.interval = editor.intervalInvalid;
    if (form.ends === 'count' && whole(form.count, 1, mostCount) === null)
      errors.count = editor.countInvalid;
    const until = readDay(form.until);
    if (form.ends === 'until' && !until) errors.until = editor.dateInvalid;
    else if (form.ends === 'until' && until && compareDays(until, day) < 0)
      errors.until = editor.untilInvalid;
    if (form.repeat === 'weekly') {
      const weekday = weekdayOf(day);
      if (form.days.length === 0) errors.days = editor.onDaysMissing;
      else if (!form.days.includes(weekday))
        errors.days = editor.startNotOnDay(rule.weekdays[weekday] ?? '');
    }
  }
  for (const row of form.invitees) Object.assign(errors, checkInvitee(row));
  return errors;
}

function checkInvitee(row: FormInvitee): FormErrors {
  const { editor } = words.value;
  const errors: FormErrors = {};
  if (row.kind !== 'guest' && row.kind !== 'site') return errors;
  const email = row.email.trim();
  if (!tidy(row.name) && !(row.kind === 'guest' && email))
    errors[`${row.key}.name`] = editor.nameMissing;
  if (email ? !isEmail(email) : row.kind === 'guest')
    errors[`${row.key}.email`] = editor.emailInvalid;
  if (row.kind === 'site' && whole(row.attendees, 1, 10_000) === null)
    errors[`${row.key}.attendees`] = editor.attendeesInvalid;
  return errors;
}

export function draftInvitee(row: FormInvitee): InviteeDraft {
  const known = { ...(row.id === undefined ? {} : { id: row.id }), role: row.role };
  if (row.kind === 'user' || row.kind === 'group' || row.kind === 'unit')
    return { ...known, kind: row.kind, ref: row.ref ?? 0, attendees: 1 };
  const email = row.email.trim();
  return {
    ...known,
    kind: row.kind,
    name: tidy(row.name) || email.split('@')[0] || email,
    title: tidy(row.title),
    unit_name: tidy(row.unitName),
    email,
    ...(row.language ? { language: row.language } : {}),
    attendees: whole(row.attendees, 1, 10_000) ?? 1,
  };
}

/** What the server is told; only of a form without errors. */
export function draftOf(form: MeetingForm, template = false): MeetingDraft | null {
  const times = readTimes(form);
  if (!times) return null;
  const holder = (role: InviteeRole): number | null =>
    form.invitees.find((row) => row.kind === 'user' && row.role === role)?.ref ?? null;
  const password = form.passwordOff
    ? { password: null }
    : form.password
      ? { password: form.password.normalize('NFC') }
      : {};
  return {
    title: tidy(form.title),
    description: form.description.trim().normalize('NFC'),
    place: tidy(form.place),
    ...times,
    time_zone: form.timeZone,
    all_day: form.allDay,
    rrule: readRrule(form),
    chair: holder('chair'),
    secretary: holder('secretary'),
    unit: form.unit,
    resources: form.resources,
    settings: {
      muted: form.muted,
      camera_off: form.cameraOff,
      lobby: form.lobby,
      opens_by_itself: form.opens,
      share: form.share,
      unmute: form.unmute,
      recording: form.recording,
      ...password,
    },
    invitees: form.invitees.map(draftInvitee),
    template,
  };
}

// ---- kept in this browser until it is saved

const invitee: Shape<FormInvitee> = object({
  key: str,
  id: optional(num),
  kind: oneOf(...inviteeKinds),
  ref: nullable(num),
  name: str,
  title: str,
  unitName: str,
  email: str,
  language: str,
  role: oneOf(...inviteeRoles),
  attendees: str,
}) as Shape<FormInvitee>;

const form: Shape<MeetingForm> = object({
  title: str,
  description: str,
  place: str,
  date: str,
  start: str,
  end: str,
  endDate: str,
  allDay: bool,
  timeZone: str,
  repeat: oneOf('none', 'custom', ...frequencies),
  rule: str,
  interval: str,
  days: array((value, path) => (num(value, path) % 7) as Weekday),
  monthly: oneOfOr('day', 'day', 'weekday'),
  ends: oneOf('never', 'count', 'until'),
  count: str,
  until: str,
  unit: nullable(num),
  resources: array(num),
  invitees: array(invitee),
  muted: bool,
  cameraOff: bool,
  lobby: oneOf(...lobbies),
  opens: bool,
  share: oneOf(...allowances),
  unmute: oneOf(...allowances),
  recording: bool,
  password: ((value, path) => (value === undefined ? '' : str(value, path))) as Shape<string>,
  passwordOff: bool,
});

const kept = object({ form, base: form, version: num, at: num });
export type Kept = ReturnType<typeof kept>;
const prefix = 'hop.draft.';
const keepMs = 14 * 24 * hourMs;

/** `who`: the account's name; the next person at this computer does not see it. */
export const draftKey = (who: string, id: number | 'new'): string => `${prefix}${who}.${id}`;

export function keptDraft(key: string, from: Storage = browserStorage()): Kept | null {
  const found = load(from, key, kept);
  return found && Date.now() - found.at < keepMs ? found : null;
}

/** The password is not kept: it is a secret. */
export function keepDraft(
  key: string,
  now: MeetingForm,
  base: MeetingForm,
  version: number,
  to: Storage = browserStorage(),
): void {
  save(to, key, { form: { ...now, password: '' }, base, version, at: Date.now() });
}

export function dropDraft(key: string, from: Storage = browserStorage()): void {
  from.removeItem(key);
}
