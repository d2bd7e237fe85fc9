// Which page is shown, from the address.

import { signal } from '@preact/signals';

export const meetingTabs = ['today', 'list', 'calendar', 'mail'] as const;
export type MeetingTab = (typeof meetingTabs)[number];

export type Route =
  | { page: 'home' }
  | { page: 'room'; code: string }
  | { page: 'test'; code: string }
  | { page: 'meetings'; tab: MeetingTab }
  | { page: 'meeting'; id: number }
  | { page: 'editor'; id: number | 'new'; occurrence: string | null }
  | { page: 'people' }
  | { page: 'groups' }
  | { page: 'resources' }
  | { page: 'account' }
  | { page: 'ops' }
  | { page: 'invitation' }
  | { page: 'not-found' };

const plain = {
  people: 'people',
  groups: 'groups',
  resources: 'resources',
  account: 'account',
  ops: 'ops',
  i: 'invitation',
} as const;

export function readRoute(path: string): Route {
  const parts = path.split('/').filter(Boolean).map(decode);
  const [first = '', second = '', third = '', fourth = ''] = parts;
  if (parts.length === 0 || path === '/index.html') return { page: 'home' };
  if (parts.length === 1) {
    const page = Object.hasOwn(plain, first) ? plain[first as keyof typeof plain] : undefined;
    if (page) return { page };
    // Where the schedule was before.
    if (first === 'admin') return { page: 'meetings', tab: 'today' };
  }
  if (first === 'meetings') return readMeetings(parts.length, second, third, fourth);
  const code = first === 'm' ? readCode(second) : null;
  if (code && parts.length === 2) return { page: 'room', code };
  return code && third === 'test' && parts.length === 3
    ? { page: 'test', code }
    : { page: 'not-found' };
}

function readMeetings(length: number, second: string, third: string, fourth: string): Route {
  const tab = meetingTabs.find((name) => name === (second || 'today'));
  if (tab && length <= 2) return { page: 'meetings', tab };
  if (second === 'new' && length === 2) return { page: 'editor', id: 'new', occurrence: null };
  if (!/^[1-9]\d{0,14}$/.test(second)) return { page: 'not-found' };
  const id = Number(second);
  if (length === 2) return { page: 'meeting', id };
  if (third !== 'edit' || length > 4) return { page: 'not-found' };
  if (length === 3) return { page: 'editor', id, occurrence: null };
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(fourth)
    ? { page: 'editor', id, occurrence: fourth }
    : { page: 'not-found' };
}

/** The token of a personal link: behind the #, so that no server sees it in an address. */
export function readInvite(hash: string): string | null {
  return /^#(?:.*&)?t=([A-Za-z0-9_-]{16,128})(?:&|$)/.exec(hash)?.[1] ?? null;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

/** A meeting's code from what a person pasted: a link, or the code with or without dashes. */
export function readCode(text: string): string | null {
  const trimmed = text.trim();
  const inLink = /\/m\/([A-Za-z0-9-]+)/.exec(trimmed)?.[1];
  const code = (inLink ?? trimmed).toLowerCase();
  if (/^[a-z]{10}$/.test(code)) return `${code.slice(0, 3)}-${code.slice(3, 7)}-${code.slice(7)}`;
  return /^[a-z0-9]+(-[a-z0-9]+)*$/.test(code) && code.length >= 3 && code.length <= 32
    ? code
    : null;
}

export const route = signal<Route>(
  readRoute(typeof location === 'undefined' ? '/' : location.pathname),
);

/** `path` may carry a query. */
export function go(path: string, replace = false): void {
  if (replace) history.replaceState(null, '', path);
  else history.pushState(null, '', path);
  route.value = readRoute(path.replace(/[?#].*$/, ''));
  scrollTo(0, 0);
}

export function watchAddress(): void {
  addEventListener('popstate', () => {
    route.value = readRoute(location.pathname);
  });
}
