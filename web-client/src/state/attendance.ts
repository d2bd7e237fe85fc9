// The attendance list while the meeting runs: read when the board is open, and again as people come.

import { signal } from '@preact/signals';
import { type ErrorCode, errorCode } from '../protocol/errors';
import type { Answer, Attendance, Attendee, Op, Presence, Requests } from '../protocol/messages';

const everyMs = 10_000;
/** People come in crowds; the list is read once for them. */
const soonMs = 700;

type Ask = <K extends Op>(op: K, data: Requests[K]) => Promise<Answer<K>>;

export interface Mark {
  state: Presence | null;
  reason: string;
  attendees: number;
}

export class AttendanceList {
  readonly list = signal<Attendance | null>(null);
  readonly error = signal<ErrorCode | null>(null);
  #ask: Ask;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOpen = false;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  open(): void {
    this.#isOpen = true;
    void this.#read();
  }

  close(): void {
    this.#isOpen = false;
    clearTimeout(this.#timer);
  }

  /** Somebody came or went. */
  soon(): void {
    if (this.#isOpen) this.#schedule(soonMs);
  }

  async mark(person: string, mark: Mark): Promise<ErrorCode | null> {
    try {
      await this.#ask('mark', { person, ...mark });
      await this.#read();
      return null;
    } catch (error) {
      return errorCode(error);
    }
  }

  #schedule(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#read(), ms);
  }

  async #read(): Promise<void> {
    try {
      this.list.value = await this.#ask('attendance', {});
      this.error.value = null;
    } catch (error) {
      this.error.value = errorCode(error);
    }
    if (this.#isOpen) this.#schedule(everyMs);
  }
}

/** Who is missing first: they are whom the secretary has to call. */
export function byUrgency(people: readonly Attendee[]): Attendee[] {
  const rank = ({ state, here }: Attendee): number =>
    state === 'not_marked' ? 0 : state === 'absent' ? 1 : here ? 3 : 2;
  return people
    .map((person, at) => ({ person, at }))
    .sort((a, b) => rank(a.person) - rank(b.person) || a.at - b.at)
    .map(({ person }) => person);
}
