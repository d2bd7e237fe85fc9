// What the relay says about this person's own line: how well it does, what it carries, and each
// decision about the pictures, so that "why is it blurred?" has an answer on the page.

import { batch, computed, signal } from '@preact/signals';
import type { Decision, LineNews, Quality, Slot } from '../protocol/messages';

/** As many as the server keeps. */
const mostDecisions = 64;
/** A dip that is over sooner is not worth a word. */
export const tellAfterMs = 2_500;

export class LineNotes {
  readonly news = signal<LineNews | null>(null);
  /** Newest first. */
  readonly decisions = signal<readonly Decision[]>([]);
  /** Limited for long enough to be said. */
  readonly #lasting = signal(false);
  /** The person has read it; the next time it is said again. */
  readonly #dismissed = signal(false);
  #timer: ReturnType<typeof setTimeout> | undefined;

  readonly quality = computed<Quality>(() => this.news.value?.quality ?? 'good');

  /** What the page says now about the line, with what it carries; null: all is well, or was read. */
  readonly notice = computed<{ kbps: number | null } | null>(() => {
    const news = this.news.value;
    if (!news || !this.#lasting.value || this.#dismissed.value) return null;
    return { kbps: news.down_kbps };
  });

  takeLine(news: LineNews): void {
    batch(() => {
      this.news.value = news;
      if (news.limited) {
        this.#timer ??= setTimeout(() => {
          this.#lasting.value = true;
        }, tellAfterMs);
        return;
      }
      this.#forget();
    });
  }

  takeDecision(decision: Decision): void {
    this.decisions.value = [decision, ...this.decisions.value].slice(0, mostDecisions);
  }

  dismiss(): void {
    this.#dismissed.value = true;
  }

  /** The session is new, or the WebSocket lost: what was said no longer holds. */
  reset(): void {
    batch(() => {
      this.news.value = null;
      this.#forget();
    });
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lasting.value = false;
    this.#dismissed.value = false;
  }
}

/** Why a tile that is wanted shows no picture, or not its best; null: nothing to say. */
export type TileNote =
  | 'paused_line'
  | 'paused_cap'
  | 'paused'
  | 'waiting'
  | 'waiting_publisher'
  | 'reduced'
  | null;

export function tileNote(slot: Slot | undefined): TileNote {
  if (!slot) return null;
  if (slot.state === 'paused')
    return slot.reason === 'line' ? 'paused_line' : slot.reason === 'cap' ? 'paused_cap' : 'paused';
  if (slot.state === 'waiting')
    return slot.reason === 'publisher' ? 'waiting_publisher' : 'waiting';
  return slot.reason === 'line' || slot.reason === 'cap' ? 'reduced' : null;
}
