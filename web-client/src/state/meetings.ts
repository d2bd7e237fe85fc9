// The secretary's meetings: the list, and the form with its checks.

import { computed, signal } from '@preact/signals';
import { formatDate, formatTime } from '../i18n/format';
import { parseDate, parseTime, toInstant } from '../i18n/zones';
import { type ErrorCode, errorCode } from '../protocol/errors';
import type { Meeting, MeetingDraft } from '../protocol/rest';
import { api } from '../session/api';
import { user } from './account';
import { t } from './i18n';

export const meetings = signal<readonly Meeting[] | null>(null);
export const meetingsError = signal<ErrorCode | null>(null);

const isOver = (meeting: Meeting): boolean =>
  meeting.status === 'cancelled' || meeting.status === 'ended';

export const upcoming = computed(() =>
  (meetings.value ?? [])
    .filter((meeting) => !isOver(meeting))
    .sort((a, b) => a.starts_at.localeCompare(b.starts_at)),
);
export const past = computed(() =>
  (meetings.value ?? []).filter(isOver).sort((a, b) => b.starts_at.localeCompare(a.starts_at)),
);

export async function loadMeetings(): Promise<void> {
  try {
    meetings.value = await api.meetings();
    meetingsError.value = null;
  } catch (error) {
    noteSignedOut(error);
    meetingsError.value = errorCode(error);
  }
}

/** The session ended meanwhile: the sign-in form comes back. */
export function noteSignedOut(error: unknown): void {
  if (errorCode(error) === 'auth.required') user.value = null;
}

function put(meeting: Meeting): void {
  meetings.value = [...(meetings.value ?? []).filter(({ id }) => id !== meeting.id), meeting];
}

export async function saveMeeting(draft: MeetingDraft, id: string | null): Promise<Meeting> {
  try {
    const saved = id ? await api.changeMeeting(id, draft) : await api.createMeeting(draft);
    put(saved);
    return saved;
  } catch (error) {
    noteSignedOut(error);
    throw error;
  }
}

export async function cancelMeeting(id: string): Promise<void> {
  try {
    put(await api.cancelMeeting(id));
  } catch (error) {
    noteSignedOut(error);
    throw error;
  }
}

// ---- the form

export interface MeetingForm {
  title: string;
  description: string;
  date: string;
  start: string;
  end: string;
  timeZone: string;
}

export type FormErrors = Partial<Record<keyof MeetingForm, string>>;

const hourMs = 3_600_000;

/** Empty for a new one: today, the next full hour, one hour long. */
export function formOf(meeting: Meeting | null, ownZone: string, nowMs: number): MeetingForm {
  const zone = meeting?.time_zone ?? ownZone;
  const next = new Date(Math.ceil(nowMs / hourMs) * hourMs).toISOString();
  const starts = meeting?.starts_at ?? next;
  const ends = meeting?.ends_at ?? new Date(new Date(starts).getTime() + hourMs).toISOString();
  return {
    title: meeting?.title ?? '',
    description: meeting?.description ?? '',
    date: formatDate(starts, zone),
    start: formatTime(starts, zone),
    end: formatTime(ends, zone),
    timeZone: zone,
  };
}

/** The end may be on the next day: a meeting from 22:00 to 01:00. */
export function readForm(
  form: MeetingForm,
): { draft: MeetingDraft; errors: null } | { draft: null; errors: FormErrors } {
  const { admin } = t.value;
  const errors: FormErrors = {};
  const date = parseDate(form.date);
  const start = parseTime(form.start);
  const end = parseTime(form.end);
  const title = form.title.trim().normalize('NFC');
  if (!title) errors.title = admin.titleMissing;
  if (!date) errors.date = admin.dateInvalid;
  if (!start) errors.start = admin.timeInvalid;
  if (!end) errors.end = admin.timeInvalid;
  if (start && end && start.hour === end.hour && start.minute === end.minute)
    errors.end = admin.endsBeforeStart;
  if (!date || !start || !end || Object.keys(errors).length > 0) return { draft: null, errors };
  const starts = toInstant({ ...date, ...start }, form.timeZone);
  let ends = toInstant({ ...date, ...end }, form.timeZone);
  if (ends <= starts) {
    const day = new Date(Date.UTC(date.year, date.month - 1, date.day + 1));
    const next = {
      year: day.getUTCFullYear(),
      month: day.getUTCMonth() + 1,
      day: day.getUTCDate(),
    };
    ends = toInstant({ ...next, ...end }, form.timeZone);
  }
  return {
    draft: {
      title,
      description: form.description.trim().normalize('NFC'),
      starts_at: isoSeconds(starts),
      ends_at: isoSeconds(ends),
      time_zone: form.timeZone,
    },
    errors: null,
  };
}

/** The end is before the start on the clock: it belongs to the next day. */
export function endsNextDay(form: MeetingForm): boolean {
  const start = parseTime(form.start);
  const end = parseTime(form.end);
  return Boolean(start && end && end.hour * 60 + end.minute < start.hour * 60 + start.minute);
}

function isoSeconds(at: Date): string {
  return at.toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** "Hôm nay", "Ngày mai" or the date, in the meeting's own zone. */
export function dayName(iso: string, timeZone: string, nowMs: number): string {
  const day = formatDate(iso, timeZone);
  if (day === formatDate(new Date(nowMs).toISOString(), timeZone)) return t.value.admin.today;
  if (day === formatDate(new Date(nowMs + 24 * hourMs).toISOString(), timeZone))
    return t.value.admin.tomorrow;
  return day;
}
