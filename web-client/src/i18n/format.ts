// Dates, times, rates and names as people here write them: dd/MM/yyyy HH:mm in both languages.

const parts = (at: Date, timeZone?: string): Record<string, string> => {
  const format = new Intl.DateTimeFormat('en-GB', {
    day: '2-digit',
    month: '2-digit',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...(timeZone ? { timeZone } : {}),
  });
  return Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
};

export function formatDate(iso: string, timeZone?: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return '';
  const { day, month, year } = parts(at, timeZone);
  return `${day}/${month}/${year}`;
}

export function formatTime(iso: string, timeZone?: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return '';
  const { hour, minute } = parts(at, timeZone);
  return `${hour}:${minute}`;
}

export function formatDateTime(iso: string, timeZone?: string): string {
  const date = formatDate(iso, timeZone);
  return date && `${date} ${formatTime(iso, timeZone)}`;
}

/** "1:02:03" or "04:09". */
export function formatDuration(ms: number): string {
  const total = Math.max(0, Math.round(ms / 1000));
  const two = (n: number): string => String(n).padStart(2, '0');
  const hours = Math.floor(total / 3600);
  const rest = `${two(Math.floor((total % 3600) / 60))}:${two(total % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

export type Language = 'vi' | 'en';

/** With the language's decimal mark. */
function decimal(value: number, digits: number, language: Language): string {
  const text = value.toFixed(digits);
  return language === 'vi' ? text.replace('.', ',') : text;
}

export function formatBitRate(bps: number, language: Language = 'en'): string {
  if (bps >= 1e9) return `${decimal(bps / 1e9, 2, language)} Gbit/s`;
  if (bps >= 1e6) return `${decimal(bps / 1e6, 1, language)} Mbit/s`;
  if (bps >= 1e3) return `${Math.round(bps / 1e3)} kbit/s`;
  return `${Math.round(bps)} bit/s`;
}

export function formatBytes(bytes: number, language: Language = 'en'): string {
  if (bytes >= 1 << 30) return `${decimal(bytes / (1 << 30), 1, language)} GB`;
  return `${decimal(bytes / (1 << 20), 1, language)} MB`;
}

export function formatPercent(share: number, language: Language = 'en'): string {
  const percent = share * 100;
  const whole = percent >= 10 || percent < 0.05;
  return `${whole ? Math.round(percent) : decimal(percent, 1, language)} %`;
}

/** A name as the server keeps it: NFC, trimmed, single spaces. */
export function tidy(text: string): string {
  return text.trim().replace(/\s+/g, ' ').normalize('NFC');
}

/** For search: without marks, đ as d, lower case. */
export function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').replace(/[đĐ]/g, 'd').toLowerCase();
}

/** Family name first, given name last: "Nguyễn Văn An" is "NA". */
export function initials(name: string): string {
  const words = name
    .trim()
    .split(/\s+/)
    .filter((word) => /^\p{L}|^\p{N}/u.test(word));
  const first = words[0] ?? '';
  const last = words.length > 1 ? (words[words.length - 1] ?? '') : '';
  const letter = (word: string): string => [...word.normalize('NFC')][0] ?? '';
  return (letter(first) + letter(last)).toLocaleUpperCase('vi') || '?';
}

/** 0..n-1, the same for the same text everywhere. */
export function hueOf(text: string, n: number): number {
  let hash = 2166136261;
  for (const char of text) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 16777619);
  // The low bits alone are badly mixed.
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  hash ^= hash >>> 13;
  return (hash >>> 0) % n;
}
