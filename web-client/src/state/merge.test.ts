import { describe, expect, it } from 'vitest';
import type { InviteeDraft, MeetingDraft } from '../protocol/meetings';
import { differences, merged } from './merge';

const person = (ref: number, more: Partial<InviteeDraft> = {}): InviteeDraft => ({
  kind: 'user',
  ref,
  role: 'delegate',
  attendees: 1,
  ...more,
});
const base: MeetingDraft = {
  title: 'Giao ban',
  description: '',
  place: 'Phòng 1',
  starts_at: '2026-11-23T01:00:00Z',
  ends_at: '2026-11-23T02:00:00Z',
  time_zone: 'Asia/Ho_Chi_Minh',
  all_day: false,
  rrule: null,
  chair: null,
  secretary: null,
  unit: null,
  resources: [1],
  settings: {
    muted: false,
    camera_off: false,
    lobby: 'off',
    opens_by_itself: true,
    share: 'all',
    unmute: 'all',
    recording: true,
  },
  invitees: [person(1, { id: 11 }), person(2, { id: 12 })],
  template: false,
};
const but = (part: Partial<MeetingDraft>): MeetingDraft => ({ ...base, ...part });
const by = (mine: MeetingDraft, theirs: MeetingDraft) =>
  differences(base, mine, theirs).map((one) => `${one.field}:${one.by}`);

describe('merging', () => {
  it('different fields: both are kept', () => {
    const mine = but({ title: 'Giao ban tuần' });
    const theirs = but({ place: 'Phòng 2', ends_at: '2026-11-23T03:00:00Z' });
    expect(by(mine, theirs)).toEqual(['title:mine', 'time:theirs', 'place:theirs']);
    expect(merged(base, mine, theirs)).toEqual(
      but({ title: 'Giao ban tuần', place: 'Phòng 2', ends_at: '2026-11-23T03:00:00Z' }),
    );
  });

  it('the same field: somebody chooses', () => {
    const mine = but({ title: 'A' });
    const theirs = but({ title: 'B' });
    expect(by(mine, theirs)).toEqual(['title:both']);
    expect(merged(base, mine, theirs, { title: 'theirs' }).title).toBe('B');
    expect(merged(base, mine, theirs, { title: 'mine' }).title).toBe('A');
    expect(by(mine, but({ title: 'A' }))).toEqual(['title:theirs']);
  });

  it('a time is one thing: not the start of one and the end of the other', () => {
    const mine = but({ starts_at: '2026-11-23T00:00:00Z' });
    const theirs = but({ ends_at: '2026-11-23T05:00:00Z' });
    expect(by(mine, theirs)).toEqual(['time:both']);
    const out = merged(base, mine, theirs, { time: 'theirs' });
    expect([out.starts_at, out.ends_at]).toEqual(['2026-11-23T01:00:00Z', '2026-11-23T05:00:00Z']);
  });

  it('people: who was added by either is there, who was taken out by either is not', () => {
    const mine = but({ invitees: [person(1, { id: 11 }), person(2, { id: 12 }), person(3)] });
    const theirs = but({ invitees: [person(2, { id: 12 }), person(4, { id: 14 })] });
    expect(by(mine, theirs)).toEqual(['invitees:theirs', 'invitees:mine']);
    expect(merged(base, mine, theirs).invitees.map((row) => row.ref)).toEqual([2, 4, 3]);
  });

  it('people: the same one added by both stands once, under the number he has', () => {
    const mine = but({ invitees: [...base.invitees, person(3)] });
    const theirs = but({ invitees: [...base.invitees, person(3, { id: 13 })] });
    expect(merged(base, mine, theirs).invitees).toEqual([...base.invitees, person(3, { id: 13 })]);
  });

  it('people: taken out here, made chair there: somebody chooses; the chair follows', () => {
    const mine = but({ invitees: [person(2, { id: 12 })] });
    const chair = person(1, { id: 11, role: 'chair' });
    const theirs = but({ invitees: [chair, person(2, { id: 12 })], chair: 1 });
    expect(by(mine, theirs)).toEqual(['invitees:both']);
    expect(merged(base, mine, theirs, { invitees: 'theirs' }).chair).toBe(1);
    expect(merged(base, mine, theirs, { invitees: 'mine' }).chair).toBeNull();
  });

  it('settings are merged one by one', () => {
    const mine = but({ settings: { ...base.settings, muted: true } });
    const theirs = but({ settings: { ...base.settings, lobby: 'all' } });
    expect(by(mine, theirs)).toEqual(['settings:theirs', 'settings:mine']);
    expect(merged(base, mine, theirs).settings).toMatchObject({ muted: true, lobby: 'all' });
  });
});
