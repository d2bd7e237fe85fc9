// The view model of the picture area: mode, pin, page, and what follows from the area's size.

import { computed, effect, signal } from '@preact/signals';
import type { PictureSource, ViewTile } from '../protocol/messages';
import type { Roster } from './roster';
import {
  arrange,
  fitGrid,
  fitPortrait,
  type Grid,
  type Mode,
  orderPeople,
  pickSpeaker,
  tileOf,
  viewOf,
} from './tiles';

export const gap = 8;
const viewSettleMs = 120;
const stripTile = { width: 208, height: 117 };
const stripTilePhone = { width: 132, height: 99 };

export class LayoutModel {
  readonly mode = signal<Mode>('grid');
  readonly pinned = signal<string | null>(null);
  readonly saveData = signal(false);
  readonly #page = signal(0);
  readonly #area = signal({ width: 1280, height: 720 });
  readonly #speaker = signal<string | null>(null);
  readonly #lastHeard = signal<ReadonlyMap<string, number>>(new Map());
  #since = new Map<string, number>();
  #roster: Roster;
  #slots: number;
  #sendView: (tiles: ViewTile[]) => void;
  #viewTimer: ReturnType<typeof setTimeout> | undefined;
  #lastView = '';
  #stop: () => void;

  constructor(roster: Roster, slots: number, sendView: (tiles: ViewTile[]) => void) {
    this.#roster = roster;
    this.#slots = slots;
    this.#sendView = sendView;
    this.#stop = effect(() => {
      this.view.value;
      this.#viewTimer ??= setTimeout(() => this.flush(), viewSettleMs);
    });
  }

  readonly isPhone = computed(() => this.#area.value.width < 640);

  readonly #ordered = computed(() =>
    orderPeople(this.#roster.people.value.values(), {
      you: this.#roster.you.value,
      pinned: this.pinned.value,
      lastHeard: this.#lastHeard.value,
      capacity: this.#slots - 1,
    }),
  );

  readonly #hasStage = computed(
    () =>
      this.mode.value === 'speaker' ||
      this.pinned.value !== null ||
      this.#ordered.value.some(({ media }) => media.screen),
  );

  readonly stripSize = computed(() => (this.isPhone.value ? stripTilePhone : stripTile));

  /** The strip runs down the side of a wide area and along the bottom of a narrow one. */
  readonly stripSide = computed<'right' | 'bottom'>(() => {
    const { width, height } = this.#area.value;
    return width > height * 1.2 ? 'right' : 'bottom';
  });

  readonly #capacity = computed(() => {
    if (!this.#hasStage.value) return this.isPhone.value ? this.#slots : Math.max(4, this.#slots);
    const { width, height } = this.#area.value;
    const size = this.stripSize.value;
    const room =
      this.stripSide.value === 'right'
        ? Math.floor((height + gap) / (size.height + gap))
        : Math.floor((width + gap) / (size.width + gap));
    return Math.max(1, Math.min(this.#slots - 1, room));
  });

  /** With few others on a phone one's own picture floats; elsewhere it is a tile. */
  readonly selfFloats = computed(() => this.isPhone.value && this.#ordered.value.length > 0);

  readonly shown = computed(() =>
    arrange({
      people: this.#ordered.value,
      you: this.#roster.you.value,
      mode: this.mode.value,
      pinned: this.pinned.value,
      speaker: this.#speaker.value,
      page: this.#page.value,
      capacity: this.#capacity.value,
      selfInside: !this.selfFloats.value,
    }),
  );

  readonly grid = computed<Grid>(() => {
    const { width, height } = this.#area.value;
    const n = this.shown.value.strip.length;
    return this.isPhone.value && height > width
      ? fitPortrait(n, width, height, gap)
      : fitGrid(n, width, height, gap);
  });

  readonly view = computed<ViewTile[]>(() => {
    const shown = this.shown.value;
    const scale = typeof devicePixelRatio === 'number' ? devicePixelRatio : 1;
    const strip = shown.main ? this.stripSize.value.height : this.grid.value.height;
    return viewOf(
      shown,
      this.#roster.you.value,
      { main: this.#area.value.height * scale, strip: strip * scale },
      { pinned: this.pinned.value, saveData: this.saveData.value },
    );
  });

  setArea(width: number, height: number): void {
    const before = this.#area.value;
    if (before.width !== width || before.height !== height) this.#area.value = { width, height };
  }

  setPage(page: number): void {
    this.#page.value = Math.max(0, Math.min(page, this.shown.value.pages - 1));
  }

  switchMode(): void {
    this.mode.value = this.mode.value === 'grid' ? 'speaker' : 'grid';
    if (this.mode.value === 'grid') this.pinned.value = null;
    this.#page.value = 0;
  }

  togglePin(participant: string, source: PictureSource): void {
    const { key } = tileOf(participant, source);
    this.pinned.value = this.pinned.value === key ? null : key;
  }

  /** Who is speaking now; called a few times a second. */
  noteSpeakers(ids: ReadonlySet<string>, nowMs: number): void {
    const others = [...ids].filter((id) => id !== this.#roster.you.value);
    for (const id of [...this.#since.keys()]) if (!ids.has(id)) this.#since.delete(id);
    for (const id of others) if (!this.#since.has(id)) this.#since.set(id, nowMs);
    if (others.length > 0) {
      const heard = new Map(this.#lastHeard.peek());
      let news = false;
      for (const id of others) {
        // Once a second is fine enough, and keeps the order from being computed all the time.
        if (nowMs - (heard.get(id) ?? 0) < 1_000) continue;
        heard.set(id, nowMs);
        news = true;
      }
      if (news) this.#lastHeard.value = heard;
    }
    this.#speaker.value = pickSpeaker(this.#speaker.peek(), this.#since, nowMs);
  }

  /** Tells the server at once; with `force` even if it was told the same (after a rejoin). */
  flush(force = false): void {
    clearTimeout(this.#viewTimer);
    this.#viewTimer = undefined;
    const tiles = this.view.value;
    const text = JSON.stringify(tiles);
    if (!force && text === this.#lastView) return;
    this.#lastView = text;
    this.#sendView(tiles);
  }

  dispose(): void {
    this.#stop();
    clearTimeout(this.#viewTimer);
  }
}
