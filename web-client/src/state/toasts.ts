// Short notes that go by themselves, and what a screen reader is told.

import { signal } from '@preact/signals';

export type Tone = 'info' | 'good' | 'warning' | 'bad';

export interface Toast {
  id: number;
  text: string;
  tone: Tone;
  action?: { label: string; run: () => void };
}

export const toasts = signal<readonly Toast[]>([]);
/** Read out politely; the last one wins. */
export const announcement = signal('');

let nextId = 1;
const most = 4;

export function toast(
  text: string,
  tone: Tone = 'info',
  options: { ms?: number; action?: Toast['action'] } = {},
): number {
  const id = nextId++;
  const entry: Toast = { id, text, tone, ...(options.action ? { action: options.action } : {}) };
  toasts.value = [...toasts.value.filter((other) => other.text !== text), entry].slice(-most);
  setTimeout(() => dismiss(id), options.ms ?? 5_000);
  return id;
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((entry) => entry.id !== id);
}

/** What was said in a meeting ends with it. */
export function clearToasts(): void {
  toasts.value = [];
}

export function announce(text: string): void {
  // The same text twice is read only if it differs.
  announcement.value = announcement.value === text ? `${text}\u00a0` : text;
}

/** Gathers names that come in quick succession, so that fifty joins are one sentence. */
export class Gatherer {
  #names: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #say: (first: string, more: number) => void;
  #ms: number;

  constructor(say: (first: string, more: number) => void, ms = 1_500) {
    this.#say = say;
    this.#ms = ms;
  }

  add(name: string): void {
    this.#names.push(name);
    this.#timer ??= setTimeout(() => this.#flush(), this.#ms);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#names = [];
  }

  #flush(): void {
    const [first, ...more] = this.#names;
    this.dispose();
    if (first !== undefined) this.#say(first, more.length);
  }
}
