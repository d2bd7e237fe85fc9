// The view model of the picture area: mode, pin, page, and what follows from the area's size.

import { computed, effect, signal } from '@preact/signals';
import type { PictureSource, Requests } from '../protocol/messages';
import type { Roster } from './roster';
import { settings } from './settings';
import {
  arrange,
  fitGrid,
  fitPortrait,
  type Grid,
  gridCapacity,
  type Mode,
  orderPeople,
  pickSpeaker,
  tileOf,
  viewOf,
} from './tiles';

export const gap = 8;
const viewSettleMs = 120;
/** Looking into another tab for a moment does not stop the pictures. */
const hiddenAfterMs = 1_000;
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
  readonly #hidden = signal(false);
  #since = new Map<string, number>();
  #roster: Roster;
  #sendView: (view: Requests['view']) => void;
  #viewTimer: ReturnType<typeof setTimeout> | undefined;
  #hideTimer: ReturnType<typeof setTimeout> | undefined;
  #lastView = '';
  #stop: () => void;

  constructor(roster: Roster, sendView: (view: Requests['view']) => void) {
    this.#roster = roster;
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
      // One's own tile has the last place.
      capacity: Math.max(
        1,
        this.#capacity.value - (this.isPhone.value && this.#hasStage.value ? 0 : 1),
      ),
    }),
  );

  readonly #hasStage = computed(
    () =>
      this.mode.value === 'speaker' ||
      this.pinned.value !== null ||
      [...this.#roster.people.value.values()].some(
        ({ id, media }) => media.screen && id !== this.#roster.you.value,
      ),
  );

  readonly stripSize = computed(() => (this.isPhone.value ? stripTilePhone : stripTile));

  /** The strip runs down the side of a wide area and along the bottom of a narrow one. */
  readonly stripSide = computed<'right' | 'bottom'>(() => {
    const { width, height } = this.#area.value;
    return width > height * 1.2 ? 'right' : 'bottom';
  });

  readonly #capacity = computed(() => {
    const { width, height } = this.#area.value;
    if (!this.#hasStage.value) return gridCapacity(width, height, settings.value.perPage);
    const size = this.stripSize.value;
    const room =
      this.stripSide.value === 'right'
        ? Math.floor((height + gap) / (size.height + gap))
        : Math.floor((width + gap) / (size.width + gap));
    return Math.max(1, Math.min(24, room));
  });

  /** Beside one large picture on a phone one's own floats; elsewhere it is a tile. */
  readonly selfFloats = computed(() => {
    const others = this.#ordered.value.length;
    return this.isPhone.value && others > 0 && (others === 1 || this.#hasStage.value);
  });

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
    // Every page has tiles of the same size, also the last one with its few.
    const { strip, pages } = this.shown.value;
    const n = pages > 1 ? this.#capacity.value : strip.length;
    return this.isPhone.value && height > width
      ? fitPortrait(n, width, height, gap)
      : fitGrid(n, width, height, gap);
  });

  /** What the server is told: exactly what is on the screen, in pixels of the screen. */
  readonly view = computed<Requests['view']>(() => {
    const shown = this.shown.value;
    const scale = typeof devicePixelRatio === 'number' ? devicePixelRatio : 1;
    const strip = shown.main ? this.stripSize.value.height : this.grid.value.height;
    const tiles = this.#hidden.value
      ? []
      : viewOf(
          shown,
          this.#roster.you.value,
          { main: this.#area.value.height * scale, strip: strip * scale },
          { pinned: this.pinned.value, saveData: this.saveData.value },
        );
    return { tiles, max_kbps: Number(settings.value.maxKbps) };
  });

  /** Pictures of this page that are being sent: each needs a slot. */
  readonly wantedSlots = computed(
    () =>
      this.view.value.tiles.filter(({ participant, source }) => {
        const person = this.#roster.people.value.get(participant);
        return person?.media[source] && !person.muted[source];
      }).length,
  );

  setArea(width: number, height: number): void {
    const before = this.#area.value;
    if (before.width !== width || before.height !== height) this.#area.value = { width, height };
  }

  setPage(page: number): void {
    this.#page.value = Math.max(0, Math.min(page, this.shown.value.pages - 1));
    this.flush();
  }

  turnPage(by: 1 | -1): void {
    this.setPage(this.shown.value.page + by);
  }

  /** The tab is in the background, or the window is minimised. */
  setHidden(hidden: boolean): void {
    clearTimeout(this.#hideTimer);
    if (hidden) {
      this.#hideTimer = setTimeout(() => this.#hide(true), hiddenAfterMs);
    } else this.#hide(false);
  }

  switchMode(): void {
    this.mode.value = this.mode.value === 'grid' ? 'speaker' : 'grid';
    if (this.mode.value === 'grid') this.pinned.value = null;
    this.#page.value = 0;
    this.flush();
  }

  togglePin(participant: string, source: PictureSource): void {
    const { key } = tileOf(participant, source);
    this.pinned.value = this.pinned.value === key ? null : key;
    this.flush();
  }

  /**
   * Who is speaking now; called a few times a second. `dominant`: who has the floor, if the server
   * says it; else whoever goes on talking takes the stage.
   */
  noteSpeakers(ids: ReadonlySet<string>, dominant: string | null, nowMs: number): void {
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
    const before = this.#speaker.peek();
    const { people, you } = this.#roster;
    const known = dominant !== null && dominant !== you.peek() && people.peek().has(dominant);
    const speaker = known ? dominant : pickSpeaker(before, this.#since, nowMs);
    if (speaker === before) return;
    this.#speaker.value = speaker;
    if (this.mode.peek() === 'speaker') this.flush();
  }

  /** Tells the server at once; with `force` even if it was told the same (after a rejoin). */
  flush(force = false): void {
    clearTimeout(this.#viewTimer);
    this.#viewTimer = undefined;
    const view = this.view.peek();
    const text = JSON.stringify(view);
    if (!force && text === this.#lastView) return;
    this.#lastView = text;
    this.#sendView(view);
  }

  dispose(): void {
    this.#stop();
    clearTimeout(this.#viewTimer);
    clearTimeout(this.#hideTimer);
  }

  #hide(hidden: boolean): void {
    this.#hidden.value = hidden;
    this.flush();
  }
}
