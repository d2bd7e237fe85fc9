import { describe, expect, it } from 'vitest';
import { actionFor, type KeyContext, type KeyPress } from './shortcuts';

describe('shortcuts', () => {
  const press = (code: string, change: Partial<KeyPress> = {}): KeyPress => ({
    key: code.replace('Key', '').toLowerCase(),
    code,
    ctrlKey: false,
    metaKey: false,
    shiftKey: false,
    altKey: false,
    repeat: false,
    ...change,
  });
  const free: KeyContext = {
    typing: false,
    onControl: false,
    scrolls: false,
    singleKeys: true,
    holdToTalk: true,
  };

  it.each([
    [press('KeyD', { ctrlKey: true }), free, 'microphone'],
    [press('KeyE', { metaKey: true }), free, 'camera'],
    [press('KeyH', { ctrlKey: true, shiftKey: true }), free, 'hand'],
    [press('KeyH', { ctrlKey: true }), free, null],
    [press('KeyD', { ctrlKey: true, repeat: true }), free, null],
    [press('KeyD', { ctrlKey: true }), { ...free, typing: true }, 'microphone'],
    [press('KeyV'), free, 'view'],
    [press('KeyV'), { ...free, typing: true }, null],
    [press('KeyV'), { ...free, singleKeys: false }, null],
    [press('Slash', { key: '?', shiftKey: true }), free, 'list'],
    [press('Space', { key: ' ' }), free, 'talk'],
    [press('Space', { key: ' ' }), { ...free, holdToTalk: false }, null],
    [press('Space', { key: ' ' }), { ...free, onControl: true }, null],
    [press('KeyD', { ctrlKey: true, altKey: true }), free, null],
    [press('PageUp'), free, 'previous'],
    [press('PageDown'), { ...free, singleKeys: false }, 'next'],
    [press('PageDown'), { ...free, scrolls: true }, null],
    [press('PageDown'), { ...free, typing: true }, null],
  ])('%#', (key, context, action) => expect(actionFor(key, context)).toBe(action));
});
