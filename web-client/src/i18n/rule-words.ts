// A repetition in plain words: "Hằng tuần vào thứ Hai và thứ Năm, đến hết 31/12/2026".

export interface RuleWords {
  /** From Monday. */
  weekdays: readonly string[];
  short: readonly string[];
  and: string;
  once: string;
  every: Record<'daily' | 'weekly' | 'monthly' | 'yearly', (n: number) => string>;
  onDays: (days: string) => string;
  onMonthDay: (day: number) => string;
  onMonthWeekday: (week: string, day: string) => string;
  onYearDay: (day: number, month: number) => string;
  weeks: (week: number) => string;
  until: (date: string) => string;
  count: (n: number) => string;
}

export function joinWords(words: readonly string[], and: string): string {
  if (words.length < 2) return words[0] ?? '';
  return `${words.slice(0, -1).join(', ')} ${and} ${words[words.length - 1]}`;
}
