import { describe, expect, it } from 'vitest';
import { en } from './en';
import {
  fold,
  formatBitRate,
  formatDateTime,
  formatDuration,
  formatPercent,
  formatTime,
  hueOf,
  initials,
} from './format';
import { vi } from './vi';
import { offsetMinutes, parseDate, parseTime, timeZoneChoices, toInstant } from './zones';

describe('dates', () => {
  it('are dd/MM/yyyy HH:mm in the zone that is named', () => {
    expect(formatDateTime('2026-11-23T17:30:00Z', 'Asia/Ho_Chi_Minh')).toBe('24/11/2026 00:30');
    expect(formatTime('2026-11-23T07:05:00Z', 'UTC')).toBe('07:05');
    expect(formatDateTime('nonsense')).toBe('');
  });

  it('last as long as they do', () => {
    expect(formatDuration(249_000)).toBe('04:09');
    expect(formatDuration(3_723_000)).toBe('1:02:03');
    expect(formatDuration(-5)).toBe('00:00');
  });
});

describe('names', () => {
  it('have the family name first and the given name last', () => {
    expect(initials('Nguyễn Văn An')).toBe('NA');
    expect(initials('  đặng thùy trâm ')).toBe('ĐT');
    expect(initials('Ánh')).toBe('Á');
    expect(initials('Nguye\u0302\u0303n')).toBe('N');
    expect(initials('—')).toBe('?');
  });

  it('are found without their marks', () => {
    expect(fold('Đặng Thùy Trâm')).toBe('dang thuy tram');
  });

  it('spread over the colours', () => {
    const names = 'Lan Hoa Mai Cúc Trúc Đào An Bình Chi Dũng Giang Hà Khánh Linh Minh Nam'.split(
      ' ',
    );
    const used = new Set(names.map((name) => hueOf(name, 8)));
    expect(used.size).toBeGreaterThanOrEqual(6);
    expect(hueOf('An', 8)).toBe(hueOf('An', 8));
  });
});

describe('figures', () => {
  it('have the unit that fits', () => {
    expect([900, 64_000, 1_250_000, 2.5e9].map((value) => formatBitRate(value))).toEqual([
      '900 bit/s',
      '64 kbit/s',
      '1.3 Mbit/s',
      '2.50 Gbit/s',
    ]);
    const shares = [0, 0.0001, 0.004, 0.35];
    expect(shares.map((value) => formatPercent(value))).toEqual(['0 %', '0 %', '0.4 %', '35 %']);
  });
});

describe('time zones', () => {
  it('turn a wall clock into an instant', () => {
    const wall = { day: 23, month: 11, year: 2026, hour: 8, minute: 30 };
    expect(toInstant(wall, 'Asia/Ho_Chi_Minh').toISOString()).toBe('2026-11-23T01:30:00.000Z');
    expect(toInstant(wall, 'America/New_York').toISOString()).toBe('2026-11-23T13:30:00.000Z');
    expect(toInstant({ ...wall, month: 7 }, 'Europe/Paris').toISOString()).toBe(
      '2026-07-23T06:30:00.000Z',
    );
  });

  it('hold on the days when the clock changes', () => {
    const wall = { day: 25, month: 10, year: 2026, hour: 8, minute: 0 };
    expect(toInstant(wall, 'Europe/Berlin').toISOString()).toBe('2026-10-25T07:00:00.000Z');
    expect(offsetMinutes(new Date('2026-07-01T00:00:00Z'), 'Europe/Berlin')).toBe(120);
    expect(offsetMinutes(new Date('2026-07-01T00:00:00Z'), 'Asia/Kolkata')).toBe(330);
  });

  it('are offered once each, the country’s own first', () => {
    const zones = timeZoneChoices('Asia/Tokyo');
    expect(zones[0]).toBe('Asia/Ho_Chi_Minh');
    expect(zones[1]).toBe('Asia/Tokyo');
    expect(new Set(zones).size).toBe(zones.length);
  });
});

describe('what people type', () => {
  it.each([
    ['25/12/2026', { day: 25, month: 12, year: 2026 }],
    ['5-1-2027', { day: 5, month: 1, year: 2027 }],
    ['29/02/2028', { day: 29, month: 2, year: 2028 }],
    ['29/02/2026', null],
    ['12/25/2026', null],
    ['2026-12-25', null],
    ['', null],
  ])('date %s', (text, expected) => expect(parseDate(text)).toEqual(expected));

  it.each([
    ['8:30', { hour: 8, minute: 30 }],
    ['08h30', { hour: 8, minute: 30 }],
    ['14h', { hour: 14, minute: 0 }],
    ['9', { hour: 9, minute: 0 }],
    ['24:00', null],
    ['8:60', null],
    ['tám', null],
  ])('time %s', (text, expected) => expect(parseTime(text)).toEqual(expected));
});

describe('catalogues', () => {
  const paths = (value: object, at = ''): string[] =>
    Object.entries(value).flatMap(([key, item]) =>
      typeof item === 'object' ? paths(item as object, `${at}${key}/`) : [`${at}${key}`],
    );

  it('say the same things', () => {
    expect(paths(en).sort()).toEqual(paths(vi).sort());
  });

  it('leave nothing empty, and nothing in the wrong normal form', () => {
    const check = (value: object): void => {
      for (const item of Object.values(value)) {
        if (typeof item === 'object') check(item as object);
        else if (typeof item === 'string') {
          expect(item.trim()).not.toBe('');
          expect(item).toBe(item.normalize('NFC'));
        }
      }
    };
    check(vi);
    check(en);
  });

  it('tell what to do about every device error', () => {
    for (const code of Object.keys(vi.errors).filter((name) => name.startsWith('device.')))
      expect(vi.deviceHelp, code).toHaveProperty([code]);
  });
});
