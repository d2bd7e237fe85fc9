// What the server is, and who is signed in.

import { signal } from '@preact/signals';
import { errorCode } from '../protocol/errors';
import type { Account, AccountRole, ClientInfo, User } from '../protocol/rest';
import { api } from '../session/api';

export const client = signal<ClientInfo | null>(null);
export const user = signal<User | null>(null);

let loading: Promise<ClientInfo> | undefined;

/** Asked once; a failure may be tried again. */
export function loadClient(): Promise<ClientInfo> {
  loading ??= api.client().then(
    (info) => {
      client.value = info;
      user.value = info.user;
      return info;
    },
    (error: unknown) => {
      loading = undefined;
      throw error;
    },
  );
  return loading;
}

export async function signIn(username: string, password: string, code?: string): Promise<void> {
  user.value = await api.signIn(username.normalize('NFC'), password, code);
}

/** The first password has become his own. */
export async function choosePassword(old: string, fresh: string): Promise<void> {
  await api.changePassword(old, fresh.normalize('NFC'));
  if (user.value) user.value = { ...user.value, must_change: false };
}

export function has(...wanted: AccountRole[]): boolean {
  return user.value?.roles.some((role) => wanted.includes(role)) ?? false;
}

export async function signOut(): Promise<void> {
  await api.signOut();
  user.value = null;
}

/** The session ended meanwhile: the sign-in form comes back. */
export function noteSignedOut(error: unknown): void {
  if (errorCode(error) === 'auth.required') user.value = null;
}

let mine: { username: string | undefined; account: Promise<Account> } | undefined;

/** The own account in full; asked once for each who signs in. */
export function me(): Promise<Account> {
  const username = user.value?.username;
  if (!mine || mine.username !== username) {
    const account = api.me();
    account.catch(() => {
      mine = undefined;
    });
    mine = { username, account };
  }
  return mine.account;
}
