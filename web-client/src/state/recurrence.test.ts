import { describe, expect, it } from 'vitest';
import { type Day, nextDays, type Repeat, readRule, weekOfMonth, writeRule } from './recurrence';

const zone = 'Asia/Ho_Chi_Minh';
const at = (text: string): Day => {
  const [day = 0, month = 0, year = 0] = text.split('/').map(Number);
  return { day, month, year };
};
const show = ({ day, month, year }: Day): string => `${day}/${month}/${year}`;
const repeat = (part: Partial<Repeat>): Repeat => ({
  frequency: 'weekly',
  interval: 1,
  days: [0],
  monthly: 'day',
  ends: { kind: 'never' },
  ...part,
});
const days = (rule: Repeat, start: string, most = 4): string[] =>
  nextDays(rule, at(start), most).days.map(show);

describe('rules', () => {
  it.each([
    ['FREQ=DAILY', '23/11/2026'],
    ['FREQ=WEEKLY;BYDAY=MO', '23/11/2026'],
    ['FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,FR;COUNT=10', '23/11/2026'],
    ['FREQ=MONTHLY;BYDAY=4MO', '23/11/2026'],
    ['FREQ=MONTHLY;BYDAY=-1MO', '30/11/2026'],
    ['FREQ=YEARLY;INTERVAL=5;COUNT=3', '29/2/2028'],
    ['FREQ=WEEKLY;BYDAY=MO;UNTIL=20261231T165959Z', '23/11/2026'],
  ])('%s is read and written as it was', (rule, start) => {
    const read = readRule(rule, at(start), zone);
    expect(read).not.toBeNull();
    expect(read && writeRule(read, at(start), zone)).toBe(rule);
  });

  it('until is a day where the meeting is, not in UTC', () => {
    const read = readRule('FREQ=DAILY;UNTIL=20261231T165959Z', at('1/12/2026'), zone);
    expect(read?.ends).toEqual({ kind: 'until', date: at('31/12/2026') });
  });

  it.each([
    'FREQ=HOURLY',
    'FREQ=WEEKLY;BYDAY=2MO',
    'FREQ=MONTHLY;BYDAY=1TU',
    'FREQ=MONTHLY;BYMONTHDAY=1,15',
    'FREQ=DAILY;BYSETPOS=1',
    'FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=MO',
    'FREQ=DAILY;COUNT=0',
    'COUNT=3',
    'FREQ',
    '',
  ])('%j is more than the form can say', (rule) => {
    expect(readRule(rule, at('23/11/2026'), zone)).toBeNull();
  });
});

describe('days', () => {
  it('every second week on two days', () => {
    expect(days(repeat({ interval: 2, days: [3, 0] }), '26/11/2026')).toEqual([
      '26/11/2026',
      '7/12/2026',
      '10/12/2026',
      '21/12/2026',
    ]);
  });
  it('a month without that day is left out (RFC 5545 §3.3.10)', () => {
    expect(days(repeat({ frequency: 'monthly' }), '31/1/2027')).toEqual([
      '31/1/2027',
      '31/3/2027',
      '31/5/2027',
      '31/7/2027',
    ]);
  });
  it('the last Friday; the second Tuesday', () => {
    const monthly = repeat({ frequency: 'monthly', monthly: 'weekday' });
    expect(days(monthly, '27/11/2026')).toEqual([
      '27/11/2026',
      '25/12/2026',
      '29/1/2027',
      '26/2/2027',
    ]);
    expect(days(monthly, '10/11/2026', 3)).toEqual(['10/11/2026', '8/12/2026', '12/1/2027']);
    expect(weekOfMonth(at('22/11/2026'))).toBe(4);
    expect(weekOfMonth(at('29/11/2026'))).toBe(-1);
  });
  it('leap days', () => {
    expect(days(repeat({ frequency: 'yearly' }), '29/2/2028', 2)).toEqual([
      '29/2/2028',
      '29/2/2032',
    ]);
  });
  it('count and until end it', () => {
    expect(nextDays(repeat({ ends: { kind: 'count', count: 2 } }), at('23/11/2026'), 5)).toEqual({
      days: [at('23/11/2026'), at('30/11/2026')],
      more: false,
    });
    const until = repeat({ ends: { kind: 'until', date: at('7/12/2026') } });
    expect(days(until, '23/11/2026', 9)).toEqual(['23/11/2026', '30/11/2026', '7/12/2026']);
    expect(nextDays(repeat({}), at('23/11/2026'), 3).more).toBe(true);
  });
});
