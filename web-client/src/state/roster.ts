// Who is in the meeting, as the server says, and who is heard, as the sound itself says.

import { batch, computed, signal } from '@preact/signals';
import type {
  MediaState,
  Participant,
  ParticipantChange,
  PictureSource,
  RoomInfo,
  Slot,
  Snapshot,
} from '../protocol/messages';

/** A voice counts as heard this long after its last packet. */
export const heardForMs = 450;

export class Roster {
  readonly room = signal<RoomInfo | null>(null);
  readonly you = signal('');
  readonly people = signal<ReadonlyMap<string, Participant>>(new Map());
  readonly slots = signal<readonly Slot[]>([]);
  /** From the server; empty while the WebSocket is away. */
  readonly spoken = signal<ReadonlySet<string>>(new Set());
  /** From the CSRC list of the mix. */
  readonly heard = signal<ReadonlySet<string>>(new Set());

  readonly self = computed(() => this.people.value.get(this.you.value) ?? null);
  /** Chair and organizer: roles, and the end of the meeting. */
  readonly isChair = computed(() => isChair(this.self.value));
  readonly isModerator = computed(() => isModerator(this.self.value));
  /** An observer only watches. */
  readonly maySend = computed(() => this.self.value?.role !== 'observer');
  readonly speaking = computed<ReadonlySet<string>>(
    () => new Set([...this.spoken.value, ...this.heard.value]),
  );
  readonly hands = computed(() =>
    [...this.people.value.values()]
      .filter((person) => person.hand !== null)
      .sort((a, b) => (a.hand ?? '').localeCompare(b.hand ?? '')),
  );
  /** People, not connections: a site may be a hall. */
  readonly headcount = computed(() =>
    [...this.people.value.values()].reduce((sum, { site }) => sum + Math.max(1, site), 0),
  );

  replace(snapshot: Snapshot): void {
    batch(() => {
      this.room.value = snapshot.room;
      this.you.value = snapshot.you;
      this.people.value = new Map(snapshot.participants.map((person) => [person.id, person]));
      this.slots.value = snapshot.slots;
      this.spoken.value = new Set();
    });
  }

  add(person: Participant): void {
    this.people.value = new Map(this.people.value).set(person.id, person);
  }

  change(change: ParticipantChange): { before: Participant; after: Participant } | null {
    const before = this.people.value.get(change.id);
    if (!before) return null;
    const { media, active, muted, ...plain } = change;
    const after: Participant = {
      ...before,
      ...plain,
      media: merge(before.media, media),
      active: merge(before.active, active),
      muted: merge(before.muted, muted),
    };
    this.add(after);
    return { before, after };
  }

  remove(id: string): Participant | null {
    const person = this.people.value.get(id);
    if (!person) return null;
    const people = new Map(this.people.value);
    people.delete(id);
    batch(() => {
      this.people.value = people;
      this.slots.value = this.slots.value.filter((slot) => slot.participant !== id);
    });
    return person;
  }

  setSpoken(ids: string[]): void {
    if (!sameSet(this.spoken.value, ids)) this.spoken.value = new Set(ids);
  }

  /** `csrcs`: heard within the last heardForMs. */
  setHeard(csrcs: readonly number[]): void {
    const ids: string[] = [];
    if (csrcs.length > 0) {
      const wanted = new Set(csrcs);
      for (const person of this.people.value.values())
        if (wanted.has(person.csrc)) ids.push(person.id);
    }
    if (!sameSet(this.heard.value, ids)) this.heard.value = new Set(ids);
  }

  nameOf(id: string): string {
    return this.people.value.get(id)?.name ?? '';
  }

  slotOf(participant: string, source: PictureSource): Slot | undefined {
    return this.slots.value.find(
      (slot) => slot.participant === participant && slot.source === source,
    );
  }
}

function isChair(person: Participant | null): boolean {
  return person?.role === 'chair' || person?.role === 'organizer';
}

function isModerator(person: Participant | null): boolean {
  return isChair(person) || person?.role === 'secretary';
}

/** A secretary has no power over chair and organizer. */
export function mayModerate(self: Participant | null, other: Participant): boolean {
  return isModerator(self) && self?.id !== other.id && (isChair(self) || !isChair(other));
}

function merge(before: MediaState, change: Partial<MediaState> | undefined): MediaState {
  return change ? { ...before, ...change } : before;
}

function sameSet(set: ReadonlySet<string>, ids: readonly string[]): boolean {
  return set.size === ids.length && ids.every((id) => set.has(id));
}
