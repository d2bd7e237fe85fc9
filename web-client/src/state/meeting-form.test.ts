import { describe, expect, it } from 'vitest';
import { invitee, meeting as meetingShape } from '../protocol/meetings';
import {
  checkForm,
  draftKey,
  draftOf,
  dropDraft,
  endsNextDay,
  formOf,
  keepDraft,
  keptDraft,
  type MeetingForm,
  newForm,
  readTimes,
  userRow,
} from './meeting-form';

const zone = 'Asia/Ho_Chi_Minh';
const now = Date.parse('2026-11-23T02:20:00Z'); // Monday 09:20
const form = (part: Partial<MeetingForm> = {}): MeetingForm => ({
  ...newForm(zone, now),
  title: 'Giao ban',
  ...part,
});

describe('a new meeting', () => {
  it('is at the next full hour of a working day', () => {
    expect(form()).toMatchObject({ date: '23/11/2026', start: '10:00', end: '11:00' });
    const friday = newForm(zone, Date.parse('2026-11-27T10:30:00Z')); // 17:30
    expect(friday).toMatchObject({ date: '30/11/2026', start: '08:00', end: '09:00' });
    const early = newForm(zone, Date.parse('2026-11-23T21:00:00Z')); // Tuesday 04:00
    expect(early).toMatchObject({ date: '24/11/2026', start: '08:00' });
  });
  it('begins where the calendar was clicked', () => {
    const at = Date.parse('2026-12-05T13:00:00Z');
    expect(newForm(zone, now, at, at + 5_400_000)).toMatchObject({
      date: '05/12/2026',
      start: '20:00',
      end: '21:30',
      endDate: '',
    });
  });
});

describe('times', () => {
  it('an end before the start is on the next day', () => {
    const late = form({ start: '22:00', end: '01:00' });
    expect(endsNextDay(late)).toBe(true);
    expect(readTimes(late)).toEqual({
      starts_at: '2026-11-23T15:00:00Z',
      ends_at: '2026-11-23T18:00:00Z',
    });
  });
  it('whole days are those where the meeting is', () => {
    expect(readTimes(form({ allDay: true, endDate: '24/11/2026' }))).toEqual({
      starts_at: '2026-11-22T17:00:00Z',
      ends_at: '2026-11-24T17:00:00Z',
    });
    expect(readTimes(form({ endDate: '22/11/2026' }))).toBeNull();
  });
});

describe('what is wrong', () => {
  it.each([
    [{ title: ' ' }, 'title'],
    [{ date: '31/02/2026' }, 'date'],
    [{ start: '25:00' }, 'start'],
    [{ end: '10:00' }, 'end'],
    [{ endDate: '01/01/2026' }, 'endDate'],
    [{ repeat: 'weekly', interval: '0' }, 'interval'],
    [{ repeat: 'weekly', days: [] }, 'days'],
    [{ repeat: 'weekly', days: [2] }, 'days'],
    [{ repeat: 'daily', ends: 'count', count: 'x' }, 'count'],
    [{ repeat: 'daily', ends: 'until', until: '22/11/2026' }, 'until'],
  ] as [Partial<MeetingForm>, keyof MeetingForm][])('%j: at %s', (part, field) => {
    expect(Object.keys(checkForm(form(part)))).toEqual([field]);
  });
  it('guests and sites are told apart by what they need', () => {
    const row = { ...userRow(0, '', '', ''), ref: null, attendees: '0' };
    const guest = { ...row, key: 'g', kind: 'guest' as const, email: 'khach' };
    const site = { ...row, key: 's', kind: 'site' as const };
    expect(Object.keys(checkForm(form({ invitees: [guest, site] })))).toEqual([
      'g.email',
      's.name',
      's.attendees',
    ]);
    expect(checkForm(form({ invitees: [{ ...guest, email: 'khach@cty.vn' }] }))).toEqual({});
  });
});

describe('a meeting and its form', () => {
  const meeting = meetingShape({
    id: 7,
    title: 'Giao ban tuần',
    description: 'Dòng 1\nDòng 2',
    status: 'scheduled',
    starts_at: '2026-11-23T01:00:00Z',
    ends_at: '2026-11-23T02:30:00Z',
    time_zone: zone,
    rrule: 'FREQ=WEEKLY;BYDAY=MO;COUNT=10',
    chair: { id: 3, name: 'Trần Thị Bình' },
    resources: [2],
    settings: { lobby: 'all', password: true },
    invitees: [
      { id: 1, kind: 'unit', ref: 4, name: 'Sở Y tế', role: 'delegate' },
      { id: 2, kind: 'user', ref: 9, via: 1, name: 'Qua đơn vị', role: 'delegate' },
      { id: 5, kind: 'site', name: 'Mù Cang Chải', role: 'delegate', attendees: 30 },
    ],
  });

  it('nothing changes by looking at it', () => {
    const draft = draftOf(formOf(meeting));
    expect(draft).toMatchObject({
      title: meeting.title,
      description: meeting.description,
      starts_at: meeting.starts_at,
      ends_at: meeting.ends_at,
      rrule: meeting.rrule,
      chair: 3,
      resources: [2],
    });
    expect(draft?.settings).not.toHaveProperty('password');
  });
  it('those who came through a unit are not sent back, the chair stands in the list', () => {
    const rows = draftOf(formOf(meeting))?.invitees ?? [];
    expect(rows.map((row) => `${row.kind} ${row.ref ?? row.name} ${row.role}`)).toEqual([
      'user 3 chair',
      'unit 4 delegate',
      'site Mù Cang Chải delegate',
    ]);
    expect(rows[2]).toMatchObject({ id: 5, attendees: 30 });
  });
  it('what a newer server knows of those invited does no harm', () => {
    expect(invitee({ id: 1, kind: 'bot', role: 'king', mail: 'lost' })).toMatchObject({
      kind: 'user',
      role: 'delegate',
      mail: 'none',
    });
  });
});

describe('what is unsaved', () => {
  function memory() {
    const items = new Map<string, string>();
    return {
      items,
      getItem: (key: string) => items.get(key) ?? null,
      setItem: (key: string, value: string) => void items.set(key, value),
      removeItem: (key: string) => void items.delete(key),
    };
  }
  it('is kept with what it began as, without the password, for its writer', () => {
    const to = memory();
    const typed = form({ title: 'Đang soạn', password: 'bí mật' });
    keepDraft(draftKey('binh', 7), typed, form(), 3, to);
    const kept = keptDraft(draftKey('binh', 7), to);
    expect(kept?.form).toEqual({ ...typed, password: '' });
    expect(kept).toMatchObject({ version: 3, base: { title: 'Giao ban' } });
    expect([...to.items.values()].join()).not.toContain('bí mật');
    expect(keptDraft(draftKey('dung', 7), to)).toBeNull();
    dropDraft(draftKey('binh', 7), to);
    expect(to.items.size).toBe(0);
  });
  it('of another version of the page is not taken', () => {
    const to = memory();
    to.setItem(draftKey('binh', 'new'), '{"form":{"title":"x"},"at":1}');
    expect(keptDraft(draftKey('binh', 'new'), to)).toBeNull();
  });
});
