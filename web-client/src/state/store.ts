// What this browser remembers. Everything read back is checked: another version of the page, or a
// person, may have written it.

import type { Shape } from '../protocol/shape';

export interface Storage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** Stands in where the browser refuses storage (private windows, policies). */
class Memory implements Storage {
  #items = new Map<string, string>();
  getItem(key: string): string | null {
    return this.#items.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.#items.set(key, value);
  }
  removeItem(key: string): void {
    this.#items.delete(key);
  }
}

export function browserStorage(): Storage {
  try {
    const probe = 'hop.probe';
    localStorage.setItem(probe, '1');
    localStorage.removeItem(probe);
    return localStorage;
  } catch {
    return new Memory();
  }
}

export function load<T>(storage: Storage, key: string, shape: Shape<T>): T | undefined {
  const text = storage.getItem(key);
  if (text === null) return undefined;
  try {
    return shape(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export function save(storage: Storage, key: string, value: unknown): void {
  try {
    storage.setItem(key, JSON.stringify(value));
  } catch {
    // Full or forbidden: forgetting is better than failing.
  }
}
