// The HTTP API (docs/rest-api.md) as typed calls. Failures are HopErrors with the server's code.

import { asErrorCode, HopError } from '../protocol/errors';
import {
  type Account,
  type AccountDraft,
  account,
  accountList,
  type ClientInfo,
  clientInfo,
  firstPassword,
  type ImportAnswer,
  type Invitation,
  importAnswer,
  invitation,
  type LineTestResult,
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
  type Session,
  sessionAnswer,
  sessionList,
  totpAnswer,
  totpOffer,
  type Unit,
  type User,
  unit,
  unitList,
} from '../protocol/rest';
import { isObject, type Shape } from '../protocol/shape';

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

class RefusedWithLines extends HopError {
  readonly answer: ImportAnswer;
  constructor(answer: ImportAnswer) {
    super('request.invalid');
    this.answer = answer;
  }
}

async function refusal(response: Response): Promise<HopError> {
  const body: unknown = await response.json().catch(() => null);
  if (isObject(body) && 'lines' in body) return new RefusedWithLines(importAnswer(body));
  const { code, message, member } = readRestError(body);
  const retry = Number(response.headers.get('Retry-After'));
  const fallback = response.status === 401 ? 'auth.required' : 'unknown';
  const known = asErrorCode(code);
  return new HopError(
    known === 'unknown' ? fallback : known,
    message,
    retry > 0 ? retry : undefined,
    member,
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
  signIn: async (username: string, password: string, code?: string): Promise<User> =>
    (
      await call(sessionAnswer, 'POST', '/session', {
        username,
        password,
        ...(code ? { code } : {}),
      })
    ).user,
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
  me: (): Promise<Account> => call(account, 'GET', '/me'),
  changePassword: async (old: string, fresh: string): Promise<void> =>
    void (await send('POST', '/me/password', { old, new: fresh })),
  sessions: async (): Promise<Session[]> =>
    (await call(sessionList, 'GET', '/me/sessions')).sessions,
  endSession: async (id: string): Promise<void> =>
    void (await send('DELETE', `/me/sessions/${part(id)}`)),
  offerTotp: () => call(totpOffer, 'POST', '/me/totp', {}),
  setTotp: (secret: string, code: string, password: string) =>
    call(totpAnswer, 'POST', '/me/totp', { secret, code, password }),
  endTotp: async (password: string): Promise<void> =>
    void (await send('DELETE', '/me/totp', { password })),
  accounts: (search: string, unit: number | null, offset: number) =>
    call(
      accountList,
      'GET',
      `/users?disabled=true&limit=50&offset=${offset}&search=${part(search)}${unit ? `&unit=${unit}` : ''}`,
    ),
  addAccount: (username: string, draft: AccountDraft): Promise<Account> =>
    call(account, 'POST', '/users', { username, ...draft }),
  changeAccount: (
    id: number,
    version: number,
    change: Partial<AccountDraft> & { disabled?: boolean },
  ): Promise<Account> => call(account, 'PATCH', `/users/${id}`, { version, ...change }),
  resetAccount: async (id: number, totp: boolean): Promise<string> =>
    (await call(firstPassword, 'POST', `/users/${id}/password`, { totp })).password,
  /** Also an import that was refused line by line is an answer. */
  importAccounts: async (csv: string, apply: boolean): Promise<ImportAnswer> => {
    try {
      return await call(importAnswer, 'POST', '/users/import', { csv, apply });
    } catch (error) {
      if (error instanceof RefusedWithLines) return error.answer;
      throw error;
    }
  },
  units: async (): Promise<Unit[]> => (await call(unitList, 'GET', '/units')).units,
  addUnit: (name: string, parent: number | null): Promise<Unit> =>
    call(unit, 'POST', '/units', { name, parent }),
  changeUnit: (id: number, name: string, parent: number | null): Promise<Unit> =>
    call(unit, 'PATCH', `/units/${id}`, { name, parent }),
  removeUnit: async (id: number): Promise<void> => void (await send('DELETE', `/units/${id}`)),
  /** null: the link tells nothing, or nothing yet; the meeting itself decides. */
  invitation: (token: string): Promise<Invitation | null> =>
    call(invitation, 'GET', `/invitations/${part(token)}`).catch(() => null),
  sendLineTest: async (
    code: string,
    invite: string | null,
    result: LineTestResult,
  ): Promise<void> =>
    void (await send('POST', `/rooms/${part(code)}/test`, {
      ...(invite ? { invite } : {}),
      result,
    })),
  attendanceUrl: (
    meeting: number,
    occurrence: string | null,
    form: 'csv' | 'pdf',
    language: string,
  ): string =>
    `${base}/meetings/${meeting}/attendance.${form}?lang=${part(language)}${occurrence ? `&occurrence=${part(occurrence)}` : ''}`,
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
