// The HTTP API (docs/rest-api.md) as typed calls: people, the server, rooms. Failures are HopErrors
// with the server's code. Meetings are in meetings-api.ts.

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
  lineTestAnswer,
  live,
  newRoom,
  type RoomStatus,
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
import { base, call, RefusedWithLines, send } from './http';

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
  /** For choosing people: those who can sign in. */
  findAccounts: (search: string, limit: number, unitId: number | null = null) =>
    call(
      accountList,
      'GET',
      `/users?limit=${limit}&search=${part(search)}${unitId ? `&unit=${unitId}` : ''}`,
    ),
  accountOf: (id: number): Promise<Account> => call(account, 'GET', `/users/${id}`),
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
  ): Promise<string> =>
    (
      await call(lineTestAnswer, 'POST', `/rooms/${part(code)}/test`, {
        ...(invite ? { invite } : {}),
        result,
      })
    ).code,
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
