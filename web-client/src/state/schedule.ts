// What can be done with meetings from every page that shows them, with its undo.

import { signal } from '@preact/signals';
import { HopError } from '../protocol/errors';
import type { Meeting, MeetingState, Occurrence } from '../protocol/meetings';
import { meetingsApi } from '../session/meetings-api';
import { has } from './account';
import { later } from './pending';
import { words } from './words';

/** Cancelled or removed as far as the person is concerned; the server is told in a moment. */
export const going = signal<ReadonlySet<string>>(new Set());

export const keyOf = (id: number, stamp: string | null): string =>
  stamp ? `${id}/${stamp}` : `${id}`;

export const isGoing = (of: Pick<Occurrence, 'id' | 'occurrence'>): boolean =>
  going.value.has(keyOf(of.id, null)) || going.value.has(keyOf(of.id, of.occurrence));

function mark(key: string, on: boolean): void {
  const next = new Set(going.value);
  if (on) next.add(key);
  else next.delete(key);
  going.value = next;
}

export interface Cancellable {
  id: number;
  title: string;
  status: MeetingState;
}

/** The meeting, or one time of it. `done` when the server has done it. */
export function cancelMeeting(of: Cancellable, stamp: string | null, done: () => void): void {
  const { meeting } = words.value;
  const key = keyOf(of.id, stamp);
  later({
    text: (of.status === 'draft' ? meeting.removing : meeting.cancelling)(of.title),
    undo: meeting.undo,
    undoneText: meeting.undone,
    hide: () => mark(key, true),
    show: () => mark(key, false),
    run: (options) =>
      stamp
        ? meetingsApi.cancelOccurrence(of.id, stamp, options)
        : meetingsApi.cancel(of.id, options),
    done: () => {
      mark(key, false);
      done();
    },
  });
}

export const mayPlan = (): boolean => has('administrator', 'secretary');

export const isOver = (status: MeetingState): boolean =>
  status === 'cancelled' || status === 'ended';

/** Asked again and again until the list is whole, or too long to show. */
export async function listAll(
  of: Parameters<typeof meetingsApi.list>[0],
  most = 1_500,
): Promise<{ meetings: Occurrence[]; more: boolean }> {
  const meetings: Occurrence[] = [];
  for (;;) {
    const answer = await meetingsApi.list({ ...of, offset: meetings.length, limit: 500 });
    meetings.push(...answer.meetings);
    if (!answer.more || answer.meetings.length === 0) return { meetings, more: false };
    if (meetings.length >= most) return { meetings, more: true };
  }
}

export const notThere = (error: unknown): boolean =>
  error instanceof HopError && error.code === 'meeting.not_found';

/**
 * The list with the resources of each, which the server's lists leave out: it is asked for each
 * resource what takes it up, a few at a time.
 */
export async function listWithResources(
  of: { from: string; to: string },
  resources: readonly { id: number }[],
): Promise<{ meetings: Occurrence[]; more: boolean }> {
  const all = await listAll(of);
  const taken = new Map<string, number[]>();
  for (let i = 0; i < resources.length; i += atOnce)
    await Promise.all(
      resources.slice(i, i + atOnce).map(async ({ id }) => {
        const { meetings } = await listAll({ ...of, resource: id });
        for (const one of meetings) {
          const key = keyOf(one.id, one.occurrence);
          taken.set(key, [...(taken.get(key) ?? []), id]);
        }
      }),
    );
  const meetings = all.meetings.map((one) => ({
    ...one,
    resources: taken.get(keyOf(one.id, one.occurrence)) ?? one.resources,
  }));
  return { ...all, meetings };
}
const atOnce = 6;

/** Times of a series, from yesterday on or up to now: its code is its own, and is searched. */
export async function occurrencesOf(
  meeting: Pick<Meeting, 'id' | 'code' | 'starts_at'>,
  which: { until: 'now' } | { most: number },
): Promise<{ meetings: Occurrence[]; more: boolean }> {
  const dayMs = 86_400_000;
  const iso = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z/, 'Z');
  const search = meeting.code;
  const answer =
    'until' in which
      ? await listAll({
          search,
          from: iso(new Date(meeting.starts_at).getTime() - dayMs),
          to: iso(Date.now() + dayMs / 24),
        })
      : await meetingsApi.list({ search, from: iso(Date.now() - dayMs), limit: which.most });
  return { ...answer, meetings: answer.meetings.filter((one) => one.id === meeting.id) };
}
