// The administrator's people: accounts, units, import.

import { signal } from '@preact/signals';
import { fold, tidy } from '../i18n/format';
import { type ErrorCode, errorCode, HopError } from '../protocol/errors';
import type { Account, AccountDraft, AccountRole, ImportAnswer, Unit } from '../protocol/rest';
import { api } from '../session/api';
import { noteSignedOut } from './account';
import { t } from './i18n';

export const accounts = signal<readonly Account[] | null>(null);
export const moreAccounts = signal(false);
export const units = signal<readonly Unit[]>([]);
export const peopleError = signal<ErrorCode | null>(null);

let asked = 0;

/** What was asked last is shown, whatever comes back first. */
export async function loadPeople(search: string, unit: number | null, more = false): Promise<void> {
  const mine = ++asked;
  const before = more ? (accounts.value ?? []) : [];
  try {
    const answer = await api.accounts(search, unit, before.length);
    if (mine !== asked) return;
    accounts.value = [...before, ...answer.users];
    moreAccounts.value = answer.more;
    peopleError.value = null;
  } catch (error) {
    noteSignedOut(error);
    if (mine === asked) peopleError.value = errorCode(error);
  }
}

export async function loadUnits(): Promise<void> {
  try {
    units.value = await api.units();
  } catch (error) {
    noteSignedOut(error);
    peopleError.value = errorCode(error);
  }
}

/** "Sở Y tế / Văn phòng"; a loop, which the server refuses, would not hang the page. */
export function unitPath(id: number | null, all: readonly Unit[]): string {
  const names: string[] = [];
  let at = all.find((unit) => unit.id === id);
  while (at && names.length < 20) {
    names.unshift(at.name);
    const { parent } = at;
    at = parent === null ? undefined : all.find((unit) => unit.id === parent);
  }
  return names.join(' / ');
}

/** Units as a list in which each stands below its parent. */
export function unitTree(all: readonly Unit[]): { unit: Unit; depth: number }[] {
  const out: { unit: Unit; depth: number }[] = [];
  const add = (parent: number | null, depth: number): void => {
    if (depth > 20) return;
    for (const unit of all.filter((u) => u.parent === parent).sort(byName)) {
      out.push({ unit, depth });
      add(unit.id, depth + 1);
    }
  };
  add(null, 0);
  return out;
}

const byName = (a: Unit, b: Unit): number => fold(a.name).localeCompare(fold(b.name));

// ---- the form

export interface AccountForm extends AccountDraft {
  username: string;
}

export type AccountErrors = Partial<Record<keyof AccountForm, string>>;

export function accountForm(account: Account | null): AccountForm {
  return {
    username: account?.username ?? '',
    name: account?.name ?? '',
    title: account?.title ?? '',
    email: account?.email ?? '',
    unit: account?.unit ?? null,
    roles: account ? [...account.roles] : ['official'],
  };
}

export function checkAccount(form: AccountForm, isNew: boolean): AccountErrors {
  const { people } = t.value;
  const errors: AccountErrors = {};
  if (!tidy(form.name)) errors.name = people.nameMissing;
  if (isNew && !/^[A-Za-z0-9._@-]{2,64}$/.test(form.username.trim()))
    errors.username = people.usernameInvalid;
  if (form.email.trim() && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(form.email.trim()))
    errors.email = people.emailInvalid;
  return errors;
}

export function toggleRole(roles: readonly AccountRole[], role: AccountRole): AccountRole[] {
  return roles.includes(role) ? roles.filter((r) => r !== role) : [...roles, role];
}

function put(account: Account): void {
  const { password: _, ...kept } = account;
  const rest = (accounts.value ?? []).filter(({ id }) => id !== account.id);
  accounts.value = [...rest, kept].sort((a, b) => fold(a.name).localeCompare(fold(b.name)));
}

export async function saveAccount(form: AccountForm, account: Account | null): Promise<Account> {
  const draft: AccountDraft = {
    name: tidy(form.name),
    title: tidy(form.title),
    email: form.email.trim(),
    unit: form.unit,
    roles: form.roles,
  };
  try {
    const saved = account
      ? await api.changeAccount(account.id, account.version, draft)
      : await api.addAccount(form.username.trim(), draft);
    put(saved);
    return saved;
  } catch (error) {
    noteSignedOut(error);
    throw error;
  }
}

export async function shutAccount(account: Account, disabled: boolean): Promise<void> {
  try {
    put(await api.changeAccount(account.id, account.version, { disabled }));
  } catch (error) {
    noteSignedOut(error);
    throw error;
  }
}

/** What the server says of one field, in words, if it named one. */
export function fieldError(error: unknown): AccountErrors {
  if (!(error instanceof HopError) || error.code !== 'request.invalid') return {};
  const { people } = t.value;
  const words: AccountErrors = {
    username: people.usernameInvalid,
    name: people.nameMissing,
    email: people.emailInvalid,
  };
  const member = error.member as keyof AccountForm;
  return words[member] ? { [member]: words[member] } : {};
}

// ---- import

/** The accounts with their first passwords, for handing out. */
export function passwordTable(answer: ImportAnswer): string {
  const { people } = t.value;
  const cell = (text: string): string => {
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n;]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
  };
  const rows = answer.lines.map((line) => [line.name, line.username, line.password ?? '']);
  return `\ufeff${[[people.name, people.username, people.firstPassword], ...rows]
    .map((row) => row.map(cell).join(','))
    .join('\r\n')}\r\n`;
}
