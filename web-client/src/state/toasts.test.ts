import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { dismiss, Gatherer, toast, toasts } from './toasts';

describe('notes', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('go by themselves, do not repeat and do not pile up', () => {
    for (let i = 0; i < 10; i++) toast(`n${i}`);
    toast('n9');
    expect(toasts.value.map(({ text }) => text)).toEqual(['n6', 'n7', 'n8', 'n9']);
    const id = toasts.value[0]?.id ?? 0;
    dismiss(id);
    expect(toasts.value).toHaveLength(3);
    vi.advanceTimersByTime(5_000);
    expect(toasts.value).toEqual([]);
  });

  it('make one sentence of many arrivals', () => {
    const said: string[] = [];
    const gatherer = new Gatherer((first, more) => said.push(`${first}+${more}`), 1_000);
    for (const name of ['An', 'Bình', 'Chi']) gatherer.add(name);
    vi.advanceTimersByTime(1_000);
    gatherer.add('Dũng');
    vi.advanceTimersByTime(1_000);
    expect(said).toEqual(['An+2', 'Dũng+0']);
    gatherer.add('Giang');
    gatherer.dispose();
    vi.advanceTimersByTime(5_000);
    expect(said).toHaveLength(2);
  });
});
