import { describe, expect, it } from 'vitest';
import { endsNextDay, formOf, readForm } from './meetings';

describe('the meeting form', () => {
  const now = Date.parse('2026-11-23T01:20:00Z');

  it('begins with the next full hour, in the zone of the secretary', () => {
    expect(formOf(null, 'Asia/Ho_Chi_Minh', now)).toMatchObject({
      date: '23/11/2026',
      start: '09:00',
      end: '10:00',
    });
  });

  it('is read into UTC and back', () => {
    const form = { ...formOf(null, 'Asia/Ho_Chi_Minh', now), title: ' Giao ban ' };
    const { draft } = readForm(form);
    expect(draft).toEqual({
      title: 'Giao ban',
      description: '',
      starts_at: '2026-11-23T02:00:00Z',
      ends_at: '2026-11-23T03:00:00Z',
      time_zone: 'Asia/Ho_Chi_Minh',
    });
  });

  it('lets a meeting end after midnight', () => {
    const form = {
      ...formOf(null, 'Asia/Ho_Chi_Minh', now),
      title: 'x',
      date: '31/12/2026',
      start: '22:00',
      end: '1:00',
    };
    expect(endsNextDay(form)).toBe(true);
    expect(readForm(form).draft).toMatchObject({
      starts_at: '2026-12-31T15:00:00Z',
      ends_at: '2026-12-31T18:00:00Z',
    });
  });

  it('says what is wrong, all at once', () => {
    const form = {
      ...formOf(null, 'Asia/Ho_Chi_Minh', now),
      title: '  ',
      date: '31/02/2026',
      end: '25:00',
    };
    const { draft, errors } = readForm(form);
    expect(draft).toBeNull();
    expect(Object.keys(errors ?? {}).sort()).toEqual(['date', 'end', 'title']);
  });
});
