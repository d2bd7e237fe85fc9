import { describe, expect, it, vi } from 'vitest';
import { keepKey, keyFor } from './recent';
import { load, save } from './store';

class Box {
  items = new Map<string, string>();
  getItem = (key: string): string | null => this.items.get(key) ?? null;
  setItem = (key: string, value: string): void => void this.items.set(key, value);
  removeItem = (key: string): void => void this.items.delete(key);
}

describe('storage', () => {
  it('gives back what was kept, and nothing that is broken', () => {
    const box = new Box();
    save(box, 'a', { x: 1 });
    expect(load(box, 'a', (value) => value)).toEqual({ x: 1 });
    box.setItem('a', '{');
    expect(load(box, 'a', (value) => value)).toBeUndefined();
  });

  it('gives a key back only to the same name, and not for ever', () => {
    vi.useFakeTimers({ now: 0 });
    const box = new Box();
    keepKey('abc', 'An', 'k1', box);
    keepKey('def', 'An', 'k2', box);
    expect(keyFor('abc', 'An', box)).toBe('k1');
    expect(keyFor('abc', 'Bình', box)).toBeUndefined();
    vi.setSystemTime(8 * 24 * 3600 * 1000);
    expect(keyFor('abc', 'An', box)).toBeUndefined();
    keepKey('ghi', 'An', 'k3', box);
    expect(box.getItem('hop.keys')).not.toContain('k1');
    vi.useRealTimers();
  });
});
