// Which page is shown, from the address.

import { signal } from '@preact/signals';

export type Route =
  | { page: 'home' }
  | { page: 'room'; code: string }
  | { page: 'test'; code: string }
  | { page: 'admin' }
  | { page: 'people' }
  | { page: 'account' }
  | { page: 'ops' }
  | { page: 'not-found' };

export function readRoute(path: string): Route {
  if (path === '/' || path === '/index.html') return { page: 'home' };
  if (/^\/admin\/?$/.test(path)) return { page: 'admin' };
  if (/^\/people\/?$/.test(path)) return { page: 'people' };
  if (/^\/account\/?$/.test(path)) return { page: 'account' };
  if (/^\/ops\/?$/.test(path)) return { page: 'ops' };
  const test = /^\/m\/([^/]+)\/test\/?$/.exec(path);
  const tested = test?.[1] ? readCode(decode(test[1])) : null;
  if (tested) return { page: 'test', code: tested };
  const room = /^\/m\/([^/]+)\/?$/.exec(path);
  const code = room?.[1] ? readCode(decode(room[1])) : null;
  return code ? { page: 'room', code } : { page: 'not-found' };
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

export function go(path: string): void {
  history.pushState(null, '', path);
  route.value = readRoute(path);
  scrollTo(0, 0);
}

export function watchAddress(): void {
  addEventListener('popstate', () => {
    route.value = readRoute(location.pathname);
  });
}
