// The meetings that were joined from this browser, and the keys that bring a person back under the
// same id and role.

import { signal } from '@preact/signals';
import { array, num, object, record, str } from '../protocol/shape';
import { browserStorage, load, type Storage, save } from './store';

const recentKey = 'hop.recent';
const keysKey = 'hop.keys';
const most = 8;
const keepKeysMs = 7 * 24 * 3600 * 1000;

const entry = object({ code: str, title: str, at: str });
export type RecentMeeting = ReturnType<typeof entry>;

const storage = browserStorage();
export const recent = signal<readonly RecentMeeting[]>(
  load(storage, recentKey, array(entry)) ?? [],
);

export function remember(meeting: RecentMeeting): void {
  const others = recent.value.filter(({ code }) => code !== meeting.code);
  recent.value = [meeting, ...others].slice(0, most);
  save(storage, recentKey, recent.value);
}

export function forget(code: string): void {
  recent.value = recent.value.filter((meeting) => meeting.code !== code);
  save(storage, recentKey, recent.value);
}

const keys = record(object({ key: str, name: str, at: num }));

/** Only under the same name: the next person at this computer is somebody else. */
export function keyFor(code: string, name: string, from: Storage = storage): string | undefined {
  const kept = load(from, keysKey, keys)?.[code];
  return kept && kept.name === name && Date.now() - kept.at < keepKeysMs ? kept.key : undefined;
}

export function keepKey(code: string, name: string, key: string, to: Storage = storage): void {
  const now = Date.now();
  const kept = Object.entries(load(to, keysKey, keys) ?? {}).filter(
    ([, value]) => now - value.at < keepKeysMs,
  );
  save(to, keysKey, { ...Object.fromEntries(kept), [code]: { key, name, at: now } });
}
