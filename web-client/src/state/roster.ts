// Who is in the meeting, as the server says, and who is heard, as the sound itself says.

import { batch, computed, signal } from '@preact/signals';
import type {
  Knock,
  MediaState,
  Participant,
  ParticipantChange,
  PictureSource,
  RoomInfo,
  Slot,
  Snapshot,
  Verdict,
  Voice,
} from '../protocol/messages';

/** A voice counts as heard this long after its last packet. */
export const heardForMs = 450;
/** Below this (−50 dB, of 1) somebody only breathes. */
const faintest = 0.003;

/** Who is in the sound that arrives; `level` 0..1 where the browser tells it. */
export interface Heard {
  mixed: readonly { csrc: number; level: number | undefined }[];
  /** Voice slots on which something arrives. */
  voices: readonly { voice: number; level: number | undefined }[];
}

export class Roster {
  readonly room = signal<RoomInfo | null>(null);
  readonly you = signal('');
  readonly people = signal<ReadonlyMap<string, Participant>>(new Map());
  /** Who waits to be let in; empty for those who cannot. */
  readonly lobby = signal<readonly Knock[]>([]);
  readonly slots = signal<readonly Slot[]>([]);
  /** From the server; empty while the WebSocket is away. */
  readonly spoken = signal<ReadonlySet<string>>(new Set());
  /** From the CSRC list of the mix, and from the voice slots. */
  readonly heard = signal<ReadonlySet<string>>(new Set());
  /** Who has the floor, as the relay judges; null in silence and while the WebSocket is away. */
  readonly dominant = signal<string | null>(null);
  readonly voices = signal<readonly Voice[]>([]);
  /** Whose microphone is too quiet or too loud: one's own; all for moderators. */
  readonly verdicts = signal<ReadonlyMap<string, Verdict>>(new Map());
  /** The sound itself has told who is in it: then it is believed before the server. */
  readonly #soundTells = signal(false);

  readonly self = computed(() => this.people.value.get(this.you.value) ?? null);
  /** Chair and organizer: roles, and the end of the meeting. */
  readonly isChair = computed(() => isChair(this.self.value));
  readonly isModerator = computed(() => isModerator(this.self.value));
  /** An observer only watches. */
  readonly maySend = computed(() => this.self.value?.role !== 'observer');
  readonly speaking = computed<ReadonlySet<string>>(() => {
    const trusted = this.#soundTells.value && this.room.value?.audio.policy !== 'forward';
    const spoken = [...this.spoken.value].filter((id) => !trusted || !this.isInMyMix(id));
    return new Set([...spoken, ...this.heard.value]);
  });
  /** Names of the halls in which somebody sits, each once. */
  readonly halls = computed(() => {
    const names = new Map<string, string>();
    for (const { hall } of this.people.value.values())
      if (hall && !names.has(hall.toLocaleLowerCase())) names.set(hall.toLocaleLowerCase(), hall);
    return [...names.values()].sort((a, b) => a.localeCompare(b, 'vi', { numeric: true }));
  });
  /** Who stands in for the chair. */
  readonly acting = computed(
    () => [...this.people.value.values()].find((person) => person.acting) ?? null,
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
      this.lobby.value = snapshot.lobby;
      this.slots.value = snapshot.slots;
      this.voices.value = snapshot.voices;
      this.spoken.value = new Set();
      this.dominant.value = null;
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
      if (this.verdicts.value.has(id)) this.setVerdict(id, 'ok');
      if (this.dominant.value === id) this.dominant.value = null;
    });
    return person;
  }

  setSpoken(ids: string[], dominant: string | null = null): void {
    batch(() => {
      if (!sameSet(this.spoken.value, ids)) this.spoken.value = new Set(ids);
      this.dominant.value = dominant;
    });
  }

  /** What arrived within the last heardForMs. */
  setHeard({ mixed, voices }: Heard): void {
    const loud = ({ level }: { level: number | undefined }): boolean =>
      level === undefined || level >= faintest;
    const ids = new Set<string>();
    const csrcs = new Set(mixed.filter(loud).map(({ csrc }) => csrc));
    if (csrcs.size > 0)
      for (const person of this.people.value.values())
        if (csrcs.has(person.csrc)) ids.add(person.id);
    for (const { voice } of voices.filter(loud)) {
      const owner = this.voices.value.find((known) => known.voice === voice);
      if (owner?.source === 'microphone') ids.add(owner.participant);
    }
    batch(() => {
      if (mixed.length > 0) this.#soundTells.value = true;
      if (!sameSet(this.heard.value, [...ids])) this.heard.value = ids;
    });
  }

  setVerdict(id: string, verdict: Verdict): void {
    const verdicts = new Map(this.verdicts.value);
    if (verdict === 'ok') verdicts.delete(id);
    else verdicts.set(id, verdict);
    this.verdicts.value = verdicts;
  }

  /** Oneself is not in one's own mix, nor who sits in the same hall. */
  isInMyMix(id: string): boolean {
    if (id === this.you.value) return false;
    return !this.sharesHall(id);
  }

  sharesHall(id: string): boolean {
    const own = this.self.value?.hall?.toLocaleLowerCase();
    if (!own || id === this.you.value) return false;
    return this.people.value.get(id)?.hall?.toLocaleLowerCase() === own;
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
  return person !== null && (person.acting || leads(person));
}

function isModerator(person: Participant | null): boolean {
  return isChair(person) || person?.role === 'secretary';
}

/** A secretary has no power over chair and organizer, nor who stands in over who leads. */
export function mayModerate(self: Participant | null, other: Participant): boolean {
  if (!self || !isModerator(self) || self.id === other.id) return false;
  if (self.acting && leads(other)) return false;
  return isChair(self) || !isChair(other);
}

function leads({ role }: Participant): boolean {
  return role === 'chair' || role === 'organizer';
}

function merge(before: MediaState, change: Partial<MediaState> | undefined): MediaState {
  return change ? { ...before, ...change } : before;
}

function sameSet(set: ReadonlySet<string>, ids: readonly string[]): boolean {
  return set.size === ids.length && ids.every((id) => set.has(id));
}
