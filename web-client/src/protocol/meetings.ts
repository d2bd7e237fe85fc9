// Meetings, who is invited, resources, groups, mail and what else a secretary keeps, as the HTTP API
// gives them (docs/rest-api.md).

import {
  array,
  bool,
  type Infer,
  isObject,
  nullable,
  num,
  object,
  oneOfOr,
  type Shape,
  ShapeError,
  str,
  withDefault,
} from './shape';

const id: Shape<number> = (value, path) =>
  typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : num(value, path);
const text = withDefault(str, '');
const time = withDefault(nullable(str), null);
const no = withDefault(bool, false);
const ids = withDefault(array(id), []);

const ref = object({ id, name: text });
export type Ref = Infer<typeof ref>;
const refOrNull = withDefault(nullable(ref), null);

export const lobbies = ['off', 'guests', 'all'] as const;
export type Lobby = (typeof lobbies)[number];
export const allowances = ['all', 'moderators'] as const;
export type Allowance = (typeof allowances)[number];

export const meetingSettings = object({
  muted: no,
  camera_off: no,
  lobby: withDefault(oneOfOr('off', ...lobbies), 'off'),
  opens_by_itself: withDefault(bool, true),
  share: withDefault(oneOfOr('all', ...allowances), 'all'),
  unmute: withDefault(oneOfOr('all', ...allowances), 'all'),
  recording: withDefault(bool, true),
  password: no,
});
export type MeetingSettings = Infer<typeof meetingSettings>;

export const inviteeKinds = ['user', 'group', 'unit', 'guest', 'site'] as const;
export type InviteeKind = (typeof inviteeKinds)[number];
export const inviteeRoles = [
  'chair',
  'secretary',
  'delegate',
  'guest',
  'observer',
  'technician',
] as const;
export type InviteeRole = (typeof inviteeRoles)[number];
export const rsvps = ['none', 'accepted', 'declined', 'tentative'] as const;
export type Rsvp = (typeof rsvps)[number];
export const mailStates = ['none', 'queued', 'sent', 'failed', 'delayed'] as const;
export type MailState = (typeof mailStates)[number];

export const invitee = object({
  id,
  kind: oneOfOr('user', ...inviteeKinds),
  ref: withDefault(nullable(id), null),
  via: withDefault(nullable(id), null),
  name: text,
  title: text,
  unit_name: text,
  email: text,
  language: text,
  role: withDefault(oneOfOr('delegate', ...inviteeRoles), 'delegate'),
  attendees: withDefault(num, 1),
  rsvp: withDefault(oneOfOr('none', ...rsvps), 'none'),
  rsvp_note: text,
  mail: withDefault(oneOfOr('none', ...mailStates), 'none'),
  link: withDefault(nullable(str), null),
});
export type Invitee = Infer<typeof invitee>;

export const meetingStates = ['draft', 'scheduled', 'open', 'ended', 'cancelled'] as const;
export type MeetingState = (typeof meetingStates)[number];

const listed = {
  id,
  code: text,
  url: text,
  version: withDefault(num, 1),
  title: text,
  place: text,
  status: oneOfOr('scheduled', ...meetingStates),
  template: no,
  starts_at: str,
  ends_at: str,
  time_zone: withDefault(str, 'Asia/Ho_Chi_Minh'),
  all_day: no,
  rrule: withDefault(nullable(str), null),
  organizer: refOrNull,
  chair: refOrNull,
  secretary: refOrNull,
  unit: withDefault(nullable(id), null),
  resources: ids,
};

/** One time at which a meeting takes place, as lists and calendars show it. */
export const occurrence = object({
  ...listed,
  /** The start by the rule, which names it; null for a single meeting. */
  occurrence: time,
  conflict: no,
});
export type Occurrence = Infer<typeof occurrence>;
export const occurrenceList = object({ meetings: array(occurrence), more: no });

export const meeting = object({
  ...listed,
  description: text,
  /** The times that were cancelled, … */
  exdates: withDefault(array(str), []),
  /** … and those that differ; null is as in the series. */
  changes: withDefault(
    array(
      object({
        occurrence: str,
        starts_at: str,
        ends_at: str,
        title: withDefault(nullable(str), null),
        description: withDefault(nullable(str), null),
        place: withDefault(nullable(str), null),
      }),
    ),
    [],
  ),
  may_change: no,
  sequence: withDefault(num, 0),
  settings: withDefault(meetingSettings, meetingSettings({})),
  invitees: withDefault(array(invitee), []),
  created_at: text,
  changed_at: text,
});
export type Meeting = Infer<typeof meeting>;

export interface InviteeDraft {
  id?: number;
  kind: InviteeKind;
  ref?: number;
  name?: string;
  title?: string;
  unit_name?: string;
  email?: string;
  language?: string;
  role: InviteeRole;
  attendees: number;
}

export interface MeetingDraft {
  title: string;
  description: string;
  place: string;
  starts_at: string;
  ends_at: string;
  time_zone: string;
  all_day: boolean;
  rrule: string | null;
  chair: number | null;
  secretary: number | null;
  unit: number | null;
  resources: number[];
  settings: Omit<MeetingSettings, 'password'> & { password?: string | null };
  invitees: InviteeDraft[];
  template: boolean;
}

/** What can be different about one time of a series. */
export interface OccurrenceDraft {
  title?: string;
  description?: string;
  place?: string;
  starts_at?: string;
  ends_at?: string;
}

export const conflict = object({
  kind: oneOfOr('user', 'user', 'resource'),
  id,
  name: text,
  meeting: withDefault(nullable(object({ id, title: text })), null),
  starts_at: str,
  ends_at: str,
});
export type Conflict = Infer<typeof conflict>;
export const conflictList = object({ conflicts: array(conflict) });

const span: Shape<[string, string]> = (value, path = '') => {
  if (!Array.isArray(value) || value.length !== 2) throw new ShapeError(path, 'a span');
  return [str(value[0], path), str(value[1], path)];
};
const busyOne = object({ id, busy: withDefault(array(span), []) });
export const freeBusy = object({
  users: withDefault(array(busyOne), []),
  resources: withDefault(array(busyOne), []),
});
export type FreeBusy = Infer<typeof freeBusy>;

export const resourceKinds = ['room', 'hall', 'equipment'] as const;
export type ResourceKind = (typeof resourceKinds)[number];
export const resource = object({
  id,
  name: str,
  kind: oneOfOr('room', ...resourceKinds),
  seats: withDefault(num, 0),
  place: text,
  unit: withDefault(nullable(id), null),
  version: withDefault(num, 1),
});
export type Resource = Infer<typeof resource>;
export const resourceList = object({ resources: array(resource) });
export type ResourceDraft = Omit<Resource, 'id' | 'version'>;

export const group = object({
  id,
  name: str,
  members: withDefault(array(id), []),
  version: withDefault(num, 1),
});
export type Group = Infer<typeof group>;
export const groupList = object({ groups: array(group) });

const room = object({ code: str, url: text });
export type PersonalRoom = Infer<typeof room>;
export const personalRoom = object({ room: nullable(room) });

const missingOne = object({
  id,
  name: text,
  title: text,
  unit_name: text,
  role: withDefault(oneOfOr('delegate', ...inviteeRoles), 'delegate'),
});

export const soonMeeting = object({
  ...listed,
  occurrence: time,
  missing: withDefault(array(missingOne), []),
  waiting: withDefault(num, 0),
  here: withDefault(num, 0),
});
export type SoonMeeting = Infer<typeof soonMeeting>;
export const dashboard = object({ soon: array(soonMeeting) });

export const invitation = object({
  title: text,
  starts_at: str,
  ends_at: str,
  time_zone: withDefault(str, 'Asia/Ho_Chi_Minh'),
  place: text,
  all_day: no,
  rrule: withDefault(nullable(str), null),
  cancelled: no,
  name: text,
  role: withDefault(oneOfOr('delegate', ...inviteeRoles), 'delegate'),
  rsvp: withDefault(oneOfOr('none', ...rsvps), 'none'),
  meeting_url: text,
});
export type Invitation = Infer<typeof invitation>;

export const feed = object({ url: withDefault(nullable(str), null) });

export const tokenScopes = [
  'meetings:read',
  'meetings:write',
  'users:read',
  'users:write',
  'ops:read',
  'itip',
] as const;
export type TokenScope = (typeof tokenScopes)[number];
export const apiToken = object({
  id,
  name: text,
  scopes: withDefault(array(str), []),
  created_at: text,
  used_at: time,
  /** The secret, in the answer that made it. */
  token: withDefault(nullable(str), null),
});
export type ApiToken = Infer<typeof apiToken>;
export const tokenList = object({ tokens: array(apiToken) });

export const mailItem = object({
  id,
  state: withDefault(oneOfOr('queued', ...mailStates), 'queued'),
  to: text,
  subject: text,
  error: text,
  attempts: withDefault(num, 0),
  next_at: time,
  created_at: text,
  meeting: withDefault(nullable(id), null),
  invitee: withDefault(nullable(id), null),
});
export type MailItem = Infer<typeof mailItem>;
export const mailList: Shape<{ mail: MailItem[]; more: boolean }> = (value, path = '') => {
  if (!isObject(value)) throw new ShapeError(path, 'an object');
  return { mail: array(mailItem)(value.mail, 'mail'), more: value.more === true };
};

export const attendanceStates = ['present_room', 'present_online', 'absent', 'not_marked'] as const;
export type AttendanceState = (typeof attendanceStates)[number];

export const attendee = object({
  person: str,
  name: text,
  title: text,
  unit: text,
  role: withDefault(oneOfOr('guest', ...inviteeRoles), 'guest'),
  state: withDefault(oneOfOr('not_marked', ...attendanceStates), 'not_marked'),
  reason: text,
  attendees: withDefault(num, 1),
  here: no,
  first_joined_at: time,
  last_left_at: time,
  seconds: withDefault(num, 0),
});
export type Attendee = Infer<typeof attendee>;
export const attendance = object({ people: array(attendee) });
export type Attendance = Infer<typeof attendance>;

const maybeBool = withDefault(nullable(bool), null);
const maybeNum = withDefault(nullable(num), null);
const testResult = object({
  microphone: maybeBool,
  camera: maybeBool,
  speaker: maybeBool,
  up_kbps: maybeNum,
  down_kbps: maybeNum,
  rtt_ms: maybeNum,
  loss_up: maybeNum,
  loss_down: maybeNum,
});
export const lineTest = object({
  invitee: withDefault(nullable(id), null),
  name: text,
  unit: text,
  at: str,
  result: withDefault(testResult, testResult({})),
});
export type LineTest = Infer<typeof lineTest>;
export const lineTestList = object({ tests: array(lineTest) });
