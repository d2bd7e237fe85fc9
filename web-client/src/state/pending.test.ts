import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HopError } from '../protocol/errors';
import { finishPending, later, type Undoable } from './pending';
import { dismiss, toasts } from './toasts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  for (const { id } of toasts.value) dismiss(id);
  vi.useRealTimers();
});

function act(run: () => Promise<void> = async () => {}) {
  const log: string[] = [];
  const what: Undoable = {
    text: 'gone soon',
    undo: 'Undo',
    undoneText: 'undone',
    run: async () => {
      log.push('run');
      await run();
    },
    hide: () => log.push('hide'),
    show: () => log.push('show'),
    done: () => log.push('done'),
  };
  later(what);
  return log;
}

describe('what can be undone', () => {
  it('happens after a while, once', async () => {
    const log = act();
    await vi.advanceTimersByTimeAsync(6_900);
    expect(log).toEqual(['hide']);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(log).toEqual(['hide', 'run', 'done']);
  });
  it('does not happen when it is undone', async () => {
    const log = act();
    toasts.value[0]?.action?.run();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(log).toEqual(['hide', 'show']);
  });
  it('happens at once when the page goes', async () => {
    const log = act();
    await finishPending({ keepalive: true });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(log).toEqual(['hide', 'run', 'done']);
  });
  it('is shown again when the server refuses', async () => {
    const log = act(() => Promise.reject(new HopError('permission.denied')));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(log).toEqual(['hide', 'run', 'show']);
    expect(toasts.value.some(({ tone }) => tone === 'bad')).toBe(true);
  });
});
