// The HTTP API of meetings, invitations, resources, groups, mail, feeds and tokens
// (docs/rest-api.md).

import {
  type ApiToken,
  type Attendance,
  type AttendanceState,
  apiToken,
  attendance,
  conflictList,
  dashboard,
  feed,
  freeBusy,
  type Group,
  group,
  groupList,
  type Invitation,
  invitation,
  invitee,
  lineTestList,
  type Meeting,
  type MeetingDraft,
  mailList,
  meeting,
  type OccurrenceDraft,
  occurrenceList,
  personalRoom,
  type Resource,
  type ResourceDraft,
  type Rsvp,
  resource,
  resourceList,
  type TokenScope,
  tokenList,
} from '../protocol/meetings';
import { base, type CallOptions, call, send } from './http';

const part = encodeURIComponent;

/** Absent members are left out. */
function query(values: Record<string, string | number | boolean | null | undefined>): string {
  const pairs = Object.entries(values)
    .filter(([, value]) => value !== undefined && value !== null && value !== '' && value !== false)
    .map(([key, value]) => `${key}=${part(String(value))}`);
  return pairs.length > 0 ? `?${pairs.join('&')}` : '';
}

export interface MeetingQuery {
  from?: string;
  to?: string;
  search?: string;
  mine?: boolean;
  unit?: number | null;
  resource?: number | null;
  status?: string;
  template?: boolean;
  offset?: number;
  limit?: number;
}

export interface ConflictQuery {
  starts_at: string;
  ends_at: string;
  time_zone: string;
  rrule: string | null;
  users: number[];
  resources: number[];
  except?: number;
}

const ofMeeting = (id: number): string => `/meetings/${id}`;
const ofOccurrence = (id: number, stamp: string): string =>
  `/meetings/${id}/occurrences/${part(stamp)}`;

export const meetingsApi = {
  list: (of: MeetingQuery) => call(occurrenceList, 'GET', `/meetings${query({ ...of })}`),
  get: (id: number): Promise<Meeting> => call(meeting, 'GET', ofMeeting(id)),
  create: (draft: MeetingDraft, sendNow: boolean): Promise<Meeting> =>
    call(meeting, 'POST', '/meetings', { ...draft, send: sendNow }),
  change: (id: number, version: number, change: Partial<MeetingDraft>): Promise<Meeting> =>
    call(meeting, 'PATCH', ofMeeting(id), change, { version }),
  /** A draft is deleted, another one cancelled. */
  cancel: async (id: number, options?: CallOptions): Promise<void> =>
    void (await send('DELETE', ofMeeting(id), undefined, options)),
  send: (id: number): Promise<Meeting> => call(meeting, 'POST', `${ofMeeting(id)}/send`, {}),
  duplicate: (id: number, starts_at?: string): Promise<Meeting> =>
    call(meeting, 'POST', `${ofMeeting(id)}/duplicate`, starts_at ? { starts_at } : {}),
  changeOccurrence: async (id: number, stamp: string, change: OccurrenceDraft): Promise<void> =>
    void (await send('PATCH', ofOccurrence(id, stamp), change)),
  cancelOccurrence: async (id: number, stamp: string, options?: CallOptions): Promise<void> =>
    void (await send('DELETE', ofOccurrence(id, stamp), undefined, options)),
  newLink: (id: number, inv: number) =>
    call(invitee, 'POST', `${ofMeeting(id)}/invitees/${inv}/link`, {}),
  inviteUrl: (id: number): string => `${base}${ofMeeting(id)}/invite.ics`,

  attendance: (id: number, stamp: string | null): Promise<Attendance> =>
    call(attendance, 'GET', `${ofMeeting(id)}/attendance${query({ occurrence: stamp })}`),
  /** ".csv" or ".pdf" */
  attendanceUrl: (id: number, stamp: string | null, form: 'csv' | 'pdf'): string =>
    `${base}${ofMeeting(id)}/attendance.${form}${query({ occurrence: stamp })}`,
  markAttendance: async (
    id: number,
    stamp: string | null,
    person: string,
    state: AttendanceState,
    reason: string,
  ): Promise<void> =>
    void (await send(
      'PATCH',
      `${ofMeeting(id)}/attendance/${part(person)}${query({ occurrence: stamp })}`,
      { state, reason },
    )),
  tests: async (id: number) => (await call(lineTestList, 'GET', `${ofMeeting(id)}/tests`)).tests,

  conflicts: async (of: ConflictQuery) =>
    (await call(conflictList, 'POST', '/conflicts', of)).conflicts,
  freeBusy: (users: number[], resources: number[], from: string, to: string) =>
    call(
      freeBusy,
      'GET',
      `/freebusy${query({ users: users.join(','), resources: resources.join(','), from, to })}`,
    ),
  dashboard: async () => (await call(dashboard, 'GET', '/dashboard')).soon,

  resources: async (): Promise<Resource[]> =>
    (await call(resourceList, 'GET', '/resources')).resources,
  addResource: (draft: ResourceDraft): Promise<Resource> =>
    call(resource, 'POST', '/resources', draft),
  changeResource: (id: number, version: number, draft: ResourceDraft): Promise<Resource> =>
    call(resource, 'PATCH', `/resources/${id}`, { version, ...draft }),
  removeResource: async (id: number, options?: CallOptions): Promise<void> =>
    void (await send('DELETE', `/resources/${id}`, undefined, options)),

  groups: async (): Promise<Group[]> => (await call(groupList, 'GET', '/groups')).groups,
  addGroup: (name: string, members: number[]): Promise<Group> =>
    call(group, 'POST', '/groups', { name, members }),
  changeGroup: (id: number, version: number, name: string, members: number[]): Promise<Group> =>
    call(group, 'PATCH', `/groups/${id}`, { version, name, members }),
  removeGroup: async (id: number, options?: CallOptions): Promise<void> =>
    void (await send('DELETE', `/groups/${id}`, undefined, options)),

  room: async () => (await call(personalRoom, 'GET', '/me/room')).room,
  makeRoom: async () => (await call(personalRoom, 'POST', '/me/room', {})).room,

  invitation: (token: string): Promise<Invitation> =>
    call(invitation, 'GET', `/invitations/${part(token)}`),
  answer: async (token: string, rsvp: Rsvp, note: string): Promise<void> =>
    void (await send('POST', `/invitations/${part(token)}`, { rsvp, ...(note ? { note } : {}) })),

  feed: async (): Promise<string | null> => (await call(feed, 'GET', '/me/feed')).url,
  makeFeed: async (): Promise<string | null> => (await call(feed, 'POST', '/me/feed', {})).url,
  endFeed: async (): Promise<void> => void (await send('DELETE', '/me/feed')),
  resourceFeed: async (id: number): Promise<string | null> =>
    (await call(feed, 'GET', `/resources/${id}/feed`)).url,
  makeResourceFeed: async (id: number): Promise<string | null> =>
    (await call(feed, 'POST', `/resources/${id}/feed`, {})).url,
  endResourceFeed: async (id: number): Promise<void> =>
    void (await send('DELETE', `/resources/${id}/feed`)),

  tokens: async (): Promise<ApiToken[]> => (await call(tokenList, 'GET', '/tokens')).tokens,
  makeToken: (name: string, scopes: TokenScope[]): Promise<ApiToken> =>
    call(apiToken, 'POST', '/tokens', { name, scopes }),
  endToken: async (id: number): Promise<void> => void (await send('DELETE', `/tokens/${id}`)),

  mail: (of: { state?: string; meeting?: number }) =>
    call(mailList, 'GET', `/mail${query({ ...of })}`),
  retryMail: async (id: number): Promise<void> =>
    void (await send('POST', `/mail/${id}/retry`, {})),
};
