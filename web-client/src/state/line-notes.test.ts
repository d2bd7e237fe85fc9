import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LineNews, Slot } from '../protocol/messages';
import { LineNotes, tellAfterMs, tileNote } from './line-notes';

const line = (limited: boolean, down_kbps: number | null = 800): LineNews => ({
  quality: limited ? 'poor' : 'good',
  down_kbps,
  loss: 0.02,
  rtt_ms: 80,
  limited,
});

describe('LineNotes', () => {
  let notes: LineNotes;
  beforeEach(() => {
    vi.useFakeTimers();
    notes = new LineNotes();
  });
  afterEach(() => {
    notes.dispose();
    vi.useRealTimers();
  });

  it('says what the line carries once it has lasted, and what it carries now', () => {
    notes.takeLine(line(true));
    expect(notes.notice.value).toBeNull();
    vi.advanceTimersByTime(tellAfterMs / 2);
    notes.takeLine(line(true, 640));
    vi.advanceTimersByTime(tellAfterMs / 2);
    expect(notes.notice.value).toEqual({ kbps: 640 });
    notes.takeLine(line(false, 4_000));
    expect(notes.notice.value).toBeNull();
  });

  it('says nothing of a dip that is over', () => {
    notes.takeLine(line(true));
    vi.advanceTimersByTime(tellAfterMs - 1);
    notes.takeLine(line(false));
    vi.advanceTimersByTime(60_000);
    expect(notes.notice.value).toBeNull();
  });

  it('is silent once read, until the next time', () => {
    notes.takeLine(line(true));
    vi.advanceTimersByTime(tellAfterMs);
    notes.dismiss();
    notes.takeLine(line(true, 500));
    expect(notes.notice.value).toBeNull();
    notes.takeLine(line(false));
    notes.takeLine(line(true, 300));
    vi.advanceTimersByTime(tellAfterMs);
    expect(notes.notice.value).toEqual({ kbps: 300 });
  });

  it('keeps the newest decisions, newest first', () => {
    for (let i = 0; i < 100; i++)
      notes.takeDecision({ at: String(i), what: 'layer', reason: 'line', layer: 0 });
    expect(notes.decisions.value).toHaveLength(64);
    expect(notes.decisions.value[0]?.at).toBe('99');
  });

  it('forgets with the session', () => {
    notes.takeLine(line(true));
    vi.advanceTimersByTime(tellAfterMs);
    notes.reset();
    expect(notes.notice.value).toBeNull();
    expect(notes.quality.value).toBe('good');
  });
});

describe('tileNote', () => {
  const slot: Slot = { slot: 0, participant: 'p2', source: 'camera', layer: 0 };
  it.each([
    [undefined, null, null],
    ['live', null, null],
    ['live', 'line', 'reduced'],
    ['live', 'cap', 'reduced'],
    ['paused', 'line', 'paused_line'],
    ['paused', 'cap', 'paused_cap'],
    ['paused', null, 'paused'],
    ['waiting', 'key_frame', 'waiting'],
    ['waiting', 'publisher', 'waiting_publisher'],
  ] as const)('%s because of %s: %s', (state, reason, note) => {
    expect(tileNote({ ...slot, ...(state ? { state } : {}), reason })).toBe(note);
  });
  it('has nothing to say without a slot', () => {
    expect(tileNote(undefined)).toBeNull();
  });
});
