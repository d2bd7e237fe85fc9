// The HTTP API (docs/rest-api.md) as typed calls. Failures are HopErrors with the server's code.

import { asErrorCode, HopError } from '../protocol/errors';
import {
  type ClientInfo,
  clientInfo,
  type Live,
  live,
  type Meeting,
  type MeetingDraft,
  meeting,
  meetingList,
  newRoom,
  type RoomStatus,
  readRestError,
  roomStatus,
  sessionAnswer,
  type User,
} from '../protocol/rest';
import type { Shape } from '../protocol/shape';

const base = '/api/v1';
type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

async function send(method: Method, path: string, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = {};
  if (method !== 'GET') headers['X-Hop'] = '1';
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(base + path, {
      method,
      headers,
      credentials: 'same-origin',
      cache: 'no-store',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new HopError('connection.lost', `${method} ${path}`);
  }
  if (response.ok) return response;
  throw await refusal(response);
}

async function refusal(response: Response): Promise<HopError> {
  const body: unknown = await response.json().catch(() => null);
  const { code, message } = readRestError(body);
  const retry = Number(response.headers.get('Retry-After'));
  const fallback = response.status === 401 ? 'auth.required' : 'unknown';
  const known = asErrorCode(code);
  return new HopError(
    known === 'unknown' ? fallback : known,
    message,
    retry > 0 ? retry : undefined,
  );
}

async function call<T>(shape: Shape<T>, method: Method, path: string, body?: unknown): Promise<T> {
  const response = await send(method, path, body);
  try {
    return shape(await response.json());
  } catch (error) {
    throw new HopError('connection.bad_answer', String(error));
  }
}

const part = encodeURIComponent;

export const api = {
  client: (): Promise<ClientInfo> => call(clientInfo, 'GET', '/client'),
  signIn: async (username: string, password: string): Promise<User> =>
    (await call(sessionAnswer, 'POST', '/session', { username, password })).user,
  signOut: async (): Promise<void> => void (await send('DELETE', '/session')),
  newRoom: (title?: string) => call(newRoom, 'POST', '/rooms', title ? { title } : {}),
  room: (code: string): Promise<RoomStatus> => call(roomStatus, 'GET', `/rooms/${part(code)}`),
  meetings: async (): Promise<Meeting[]> => (await call(meetingList, 'GET', '/meetings')).meetings,
  createMeeting: (draft: MeetingDraft): Promise<Meeting> =>
    call(meeting, 'POST', '/meetings', draft),
  changeMeeting: (id: string, change: Partial<MeetingDraft>): Promise<Meeting> =>
    call(meeting, 'PATCH', `/meetings/${part(id)}`, change),
  cancelMeeting: (id: string): Promise<Meeting> => call(meeting, 'DELETE', `/meetings/${part(id)}`),
  inviteUrl: (id: string): string => `${base}/meetings/${part(id)}/invite.ics`,
  live: (): Promise<Live> => call(live, 'GET', '/ops/live'),
};

export type Api = typeof api;

/** True when the server answers and takes connections. */
export async function probeServer(): Promise<boolean> {
  try {
    const response = await fetch('/readyz', {
      cache: 'no-store',
      signal: AbortSignal.timeout(1_500),
    });
    return response.ok;
  } catch {
    return false;
  }
}

export function meetUrl(location: { protocol: string; host: string }): string {
  return `${location.protocol === 'http:' ? 'ws' : 'wss'}://${location.host}${base}/meet`;
}
