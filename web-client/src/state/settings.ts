// A person's choices, kept in this browser.

import { signal } from '@preact/signals';
import { bool, type Infer, object, oneOf, str, withDefault } from '../protocol/shape';
import { browserStorage, load, save } from './store';

const key = 'hop.settings';

function languageOfBrowser(): 'vi' | 'en' {
  const wanted = typeof navigator === 'undefined' ? [] : navigator.languages;
  const first = wanted.find((tag) => /^(vi|en)\b/i.test(tag));
  return first?.toLowerCase().startsWith('en') ? 'en' : 'vi';
}

const shape = object({
  language: withDefault(oneOf('vi', 'en'), languageOfBrowser()),
  theme: withDefault(oneOf('auto', 'light', 'dark'), 'auto'),
  name: withDefault(str, ''),
  microphoneId: withDefault(str, ''),
  cameraId: withDefault(str, ''),
  speakerId: withDefault(str, ''),
  microphoneOn: withDefault(bool, true),
  cameraOn: withDefault(bool, true),
  quality: withDefault(oneOf('720', '360'), '720'),
  mirror: withDefault(bool, true),
  holdToTalk: withDefault(bool, false),
  singleKeys: withDefault(bool, true),
  /** Tiles on a page of the grid. */
  perPage: withDefault(oneOf('auto', '4', '9', '16', '25', '49'), 'auto'),
  /** The most that may come down, kbit/s; 0: whatever the line carries. */
  maxKbps: withDefault(oneOf('0', '250', '500', '1000', '2000'), '0'),
  /** Where this person sat with others the last time; empty: nowhere. */
  hall: withDefault(str, ''),
});
export type Settings = Infer<typeof shape>;

const storage = browserStorage();

export const settings = signal<Settings>(load(storage, key, shape) ?? shape({}));

export function change(part: Partial<Settings>): void {
  settings.value = { ...settings.value, ...part };
  save(storage, key, settings.value);
}

/** Puts the chosen language and theme on the document. */
export function applyToDocument(root: HTMLElement, now: Settings): void {
  root.lang = now.language;
  if (now.theme === 'auto') delete root.dataset.theme;
  else root.dataset.theme = now.theme;
}
