// Two people changed the same meeting: what each of them changed since the version that both began
// with, and one meeting of both. Those invited and the settings are merged one by one; for the rest,
// and for rows that both changed, somebody has to choose.

import type { InviteeDraft, MeetingDraft } from '../protocol/meetings';

export const mergeFields = [
  'title',
  'time',
  'rrule',
  'place',
  'resources',
  'unit',
  'description',
  'settings',
  'invitees',
] as const;
export type MergeField = (typeof mergeFields)[number];
export type Side = 'mine' | 'theirs';

export interface Difference {
  field: MergeField;
  /** Who changed it; `both`: not to the same, and a choice is needed. */
  by: Side | 'both';
}

const members: Record<MergeField, readonly (keyof MeetingDraft)[]> = {
  title: ['title'],
  time: ['starts_at', 'ends_at', 'time_zone', 'all_day'],
  rrule: ['rrule'],
  place: ['place'],
  resources: ['resources'],
  unit: ['unit'],
  description: ['description'],
  settings: ['settings'],
  // The offices follow from the roles of those invited.
  invitees: ['invitees', 'chair', 'secretary'],
};

const same = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b);

/** Members in one order, what is undefined left out. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => a.localeCompare(b)))
      : inner,
  );
}

/** Who it is, whether or not the server has given the row a number yet. */
export function personKey(row: InviteeDraft): string {
  if (row.ref) return `${row.kind}:${row.ref}`;
  return `${row.kind}:${(row.email || row.name || '').toLocaleLowerCase()}`;
}

function rows(draft: MeetingDraft): Map<string, InviteeDraft> {
  // A row that was renamed is still the same row.
  return new Map(draft.invitees.map((row) => [row.id ? `#${row.id}` : personKey(row), row]));
}

const view = (row: InviteeDraft | undefined): unknown => {
  if (!row) return null;
  const { id: _, ...rest } = row;
  return rest;
};

/** Rows that both changed, and not to the same. */
function clashingRows(base: MeetingDraft, mine: MeetingDraft, theirs: MeetingDraft): string[] {
  const [b, m, o] = [rows(base), rows(mine), rows(theirs)];
  return [...new Set([...b.keys(), ...m.keys(), ...o.keys()])].filter((key) => {
    const [was, my, their] = [view(b.get(key)), view(m.get(key)), view(o.get(key))];
    return !same(was, my) && !same(was, their) && !same(my, their);
  });
}

function clashingSettings(base: MeetingDraft, mine: MeetingDraft, theirs: MeetingDraft): boolean {
  const keys = Object.keys(theirs.settings) as (keyof MeetingDraft['settings'])[];
  return keys.some((key) => {
    const [was, my, their] = [base.settings[key], mine.settings[key], theirs.settings[key]];
    return !same(was, my) && !same(was, their) && !same(my, their);
  });
}

export function differences(
  base: MeetingDraft,
  mine: MeetingDraft,
  theirs: MeetingDraft,
): Difference[] {
  const out: Difference[] = [];
  for (const field of mergeFields) {
    const differ = (a: MeetingDraft, b: MeetingDraft): boolean =>
      members[field].some((key) =>
        key === 'invitees'
          ? !same(a.invitees.map(view), b.invitees.map(view))
          : !same(a[key], b[key]),
      );
    const [my, their] = [differ(base, mine), differ(base, theirs)];
    if (!my && !their) continue;
    if (my && their && differ(mine, theirs)) {
      const mergeable =
        (field === 'invitees' && clashingRows(base, mine, theirs).length === 0) ||
        (field === 'settings' && !clashingSettings(base, mine, theirs));
      if (!mergeable) {
        out.push({ field, by: 'both' });
        continue;
      }
      out.push({ field, by: 'theirs' });
    } else if (their) {
      out.push({ field, by: 'theirs' });
      continue;
    }
    if (my) out.push({ field, by: 'mine' });
  }
  return out;
}

/** One meeting of both; `choice` decides where both changed the same. */
export function merged(
  base: MeetingDraft,
  mine: MeetingDraft,
  theirs: MeetingDraft,
  choice: Partial<Record<MergeField, Side>> = {},
): MeetingDraft {
  const out: MeetingDraft = { ...mine };
  const put = <K extends keyof MeetingDraft>(key: K, from: MeetingDraft): void => {
    out[key] = from[key];
  };
  for (const field of mergeFields) {
    const prefer = choice[field] ?? 'mine';
    if (field === 'invitees') out.invitees = mergedRows(base, mine, theirs, prefer);
    else if (field === 'settings') out.settings = mergedSettings(base, mine, theirs, prefer);
    else {
      const keys = members[field];
      const my = keys.some((key) => !same(base[key], mine[key]));
      const their = keys.some((key) => !same(base[key], theirs[key]));
      const from = my && their ? (prefer === 'mine' ? mine : theirs) : their ? theirs : mine;
      for (const key of keys) put(key, from);
    }
  }
  const holder = (role: string): number | null =>
    out.invitees.find((row) => row.kind === 'user' && row.role === role)?.ref ?? null;
  return { ...out, chair: holder('chair'), secretary: holder('secretary') };
}

function mergedRows(
  base: MeetingDraft,
  mine: MeetingDraft,
  theirs: MeetingDraft,
  prefer: Side,
): InviteeDraft[] {
  const [b, m, o] = [rows(base), rows(mine), rows(theirs)];
  const out: InviteeDraft[] = [];
  const taken = new Set<string>();
  for (const key of [...o.keys(), ...m.keys()]) {
    if (taken.has(key)) continue;
    taken.add(key);
    const [was, my, their] = [b.get(key), m.get(key), o.get(key)];
    const myChange = !same(view(was), view(my));
    const theirChange = !same(view(was), view(their));
    const kept = myChange && theirChange ? (prefer === 'mine' ? my : their) : myChange ? my : their;
    if (kept) out.push(kept);
  }
  // Both may have added the same person, one of them under a number already.
  const seen = new Map<string, InviteeDraft>();
  for (const row of out) {
    const key = personKey(row);
    const other = seen.get(key);
    if (!other || (other.id === undefined && row.id !== undefined)) seen.set(key, row);
  }
  return oneChair([...seen.values()]);
}

function oneChair(list: InviteeDraft[]): InviteeDraft[] {
  const held = new Set<string>();
  return list.map((row) => {
    if (row.role !== 'chair') return row;
    if (held.has(row.role)) return { ...row, role: 'delegate' as const };
    held.add(row.role);
    return row;
  });
}

function mergedSettings(
  base: MeetingDraft,
  mine: MeetingDraft,
  theirs: MeetingDraft,
  prefer: Side,
): MeetingDraft['settings'] {
  const out = { ...theirs.settings } as Record<string, unknown>;
  const [b, m, o] = [base.settings, mine.settings, theirs.settings] as Record<string, unknown>[];
  for (const key of new Set([...Object.keys(m ?? {}), ...Object.keys(o ?? {})])) {
    const myChange = !same(b?.[key], m?.[key]);
    const theirChange = !same(b?.[key], o?.[key]);
    if (myChange && (!theirChange || prefer === 'mine')) out[key] = m?.[key];
  }
  return out as MeetingDraft['settings'];
}

/** What became of those invited, in names: for telling it. */
export function rowChanges(
  from: MeetingDraft,
  to: MeetingDraft,
): { added: InviteeDraft[]; gone: InviteeDraft[]; altered: InviteeDraft[] } {
  const [a, b] = [rows(from), rows(to)];
  return {
    added: [...b].filter(([key]) => !a.has(key)).map(([, row]) => row),
    gone: [...a].filter(([key]) => !b.has(key)).map(([, row]) => row),
    altered: [...b]
      .filter(([key, row]) => a.has(key) && !same(view(a.get(key)), view(row)))
      .map(([, row]) => row),
  };
}
