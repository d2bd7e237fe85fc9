// Which tiles are shown, where, and how large: pure functions, tested without a browser.

import type { Participant, PictureSource, ViewTile } from '../protocol/messages';

export interface TileRef {
  /** Stable over time, "p3/camera". */
  key: string;
  participant: string;
  source: PictureSource;
}

export function tileOf(participant: string, source: PictureSource): TileRef {
  return { key: `${participant}/${source}`, participant, source };
}

export interface Grid {
  columns: number;
  rows: number;
  /** CSS pixels. */
  width: number;
  height: number;
}

const ratio = 16 / 9;

/** The arrangement of `n` tiles of 16:9 that makes them largest; side by side where that costs little. */
export function fitGrid(n: number, width: number, height: number, gap: number): Grid {
  let best: Grid = { columns: 1, rows: Math.max(1, n), width: 0, height: 0 };
  for (let columns = 1; columns <= Math.max(1, n); columns++) {
    const rows = Math.ceil(Math.max(1, n) / columns);
    const cellWidth = (width - gap * (columns - 1)) / columns;
    const cellHeight = (height - gap * (rows - 1)) / rows;
    const tileWidth = Math.max(0, Math.floor(Math.min(cellWidth, cellHeight * ratio)));
    if (tileWidth > best.width || (tileWidth > 0 && tileWidth >= best.width * 0.95))
      best = { columns, rows, width: tileWidth, height: Math.floor(tileWidth / ratio) };
  }
  return best;
}

/** On a phone held upright tiles may be taller than 16:9 to use the screen. */
export function fitPortrait(n: number, width: number, height: number, gap: number): Grid {
  const columns = n <= 2 ? 1 : 2;
  const rows = Math.ceil(Math.max(1, n) / columns);
  const cellWidth = Math.floor((width - gap * (columns - 1)) / columns);
  const cellHeight = Math.floor((height - gap * (rows - 1)) / rows);
  return {
    columns,
    rows,
    width: Math.max(0, cellWidth),
    height: Math.max(0, Math.min(cellHeight, Math.round(cellWidth * 1.6))),
  };
}

/** Tiles in a grid that are still worth looking at: not narrower than this. */
const leastWidth = 236;
const mostAuto = 25;
export const mostTiles = 49;

/** How many tiles one page of the grid holds; `wish`: the person's own number, or "auto". */
export function gridCapacity(width: number, height: number, wish: string): number {
  const given = Number(wish);
  if (given > 0) return Math.min(mostTiles, given);
  if (width < 640) return height > width ? 6 : 4;
  let most = 4;
  for (let n = most; n <= mostAuto; n++)
    if (fitGrid(n, width, height, 8).width >= leastWidth) most = n;
  return most;
}

export interface Order {
  you: string;
  pinned: string | null;
  /** When each was last heard, ms; absent: never. */
  lastHeard: ReadonlyMap<string, number>;
  capacity: number;
}

const rank = (person: Participant, order: Order): number => {
  if (order.pinned?.startsWith(`${person.id}/`)) return 0;
  if (person.media.screen) return 1;
  if (person.hand !== null) return 2;
  if (person.role === 'chair') return 3;
  if (person.role === 'secretary') return 4;
  return 5;
};

/**
 * Everyone but oneself, most important first. The order is stable while people talk: someone who
 * spoke comes onto the first page only if he is not there yet, in the place of the one there who has
 * been silent longest.
 */
export function orderPeople(people: Iterable<Participant>, order: Order): Participant[] {
  const sorted = [...people]
    .filter((person) => person.id !== order.you)
    .sort(
      (a, b) =>
        rank(a, order) - rank(b, order) ||
        (a.hand ?? '').localeCompare(b.hand ?? '') ||
        a.joined_at.localeCompare(b.joined_at) ||
        a.id.localeCompare(b.id, 'en', { numeric: true }),
    );
  return promoteTalkers(sorted, order);
}

function promoteTalkers(sorted: Participant[], order: Order): Participant[] {
  const { capacity, lastHeard } = order;
  if (sorted.length <= capacity) return sorted;
  const heardAt = (person: Participant): number => lastHeard.get(person.id) ?? 0;
  const ordinary = (person: Participant): boolean => rank(person, order) === 5;
  const out = [...sorted];
  const talkers = out
    .map((person, index) => ({ person, index }))
    .slice(capacity)
    .filter(({ person }) => ordinary(person) && heardAt(person) > 0)
    .sort((a, b) => heardAt(b.person) - heardAt(a.person));
  for (const { person, index } of talkers) {
    let quietest = -1;
    for (let i = 0; i < capacity; i++) {
      const there = out[i];
      if (!there || !ordinary(there)) continue;
      const best = out[quietest];
      if (!best || heardAt(there) <= heardAt(best)) quietest = i;
    }
    const loser = out[quietest];
    if (!loser || heardAt(loser) >= heardAt(person)) break;
    out[quietest] = person;
    out[index] = loser;
  }
  return out;
}

export type Mode = 'grid' | 'speaker';

export interface Arrangement {
  main: TileRef | null;
  strip: TileRef[];
  page: number;
  pages: number;
}

export interface ArrangeInput {
  people: readonly Participant[];
  you: string;
  mode: Mode;
  pinned: string | null;
  /** Who fills the stage when nothing else does. */
  speaker: string | null;
  page: number;
  /** Tiles beside the stage, or in the grid, per page. */
  capacity: number;
  /** One's own tile is among the tiles (else it floats over them). */
  selfInside: boolean;
}

/** `people`: the others in order. Shares and pins take the stage. */
export function arrange(input: ArrangeInput): Arrangement {
  const { people, you, mode, pinned, capacity, selfInside } = input;
  const cameras = people.map(({ id }) => tileOf(id, 'camera'));
  const screens = people.filter(({ media }) => media.screen).map(({ id }) => tileOf(id, 'screen'));
  const self = tileOf(you, 'camera');
  const everything = [...screens, ...cameras, self];
  const pinnedTile = everything.find(({ key }) => key === pinned) ?? null;

  let main: TileRef | null = pinnedTile ?? screens[0] ?? null;
  if (!main && mode === 'speaker')
    main = cameras.find(({ participant }) => participant === input.speaker) ?? cameras[0] ?? null;

  const others = [...screens, ...cameras].filter(({ key }) => key !== main?.key);
  const withSelf = selfInside && main?.key !== self.key;
  const perPage = Math.max(1, capacity - (withSelf ? 1 : 0));
  const pages = Math.max(1, Math.ceil(others.length / perPage));
  const page = Math.min(Math.max(0, input.page), pages - 1);
  const strip = others.slice(page * perPage, (page + 1) * perPage);
  // Oneself is always in sight, on every page.
  if (withSelf) strip.push(self);
  return { main, strip, page, pages };
}

/** What the server is told: the stage first, then the page; never oneself. */
export function viewOf(
  shown: Arrangement,
  you: string,
  heights: { main: number; strip: number },
  options: { pinned: string | null; saveData: boolean },
): ViewTile[] {
  const tiles: ViewTile[] = [];
  const add = (tile: TileRef, height: number): void => {
    if (tile.participant === you) return;
    if (options.saveData && tile.source === 'camera') return;
    tiles.push({
      participant: tile.participant,
      source: tile.source,
      height: Math.max(1, Math.min(4320, Math.round(height))),
      pinned: tile.key === options.pinned,
    });
  };
  if (shown.main) add(shown.main, heights.main);
  for (const tile of shown.strip) add(tile, heights.strip);
  return tiles.slice(0, 64);
}

/** Whoever starts to talk must go on this long before the stage moves to him. */
export const takeStageMs = 900;

/** `since`: when each who is speaking now began; null when nobody. The present one stays while he talks. */
export function pickSpeaker(
  present: string | null,
  since: ReadonlyMap<string, number>,
  nowMs: number,
): string | null {
  if (present !== null && since.has(present)) return present;
  let best: string | null = null;
  let bestSince = Number.POSITIVE_INFINITY;
  for (const [id, began] of since) {
    if (began < bestSince && (present === null || nowMs - began >= takeStageMs)) {
      best = id;
      bestSince = began;
    }
  }
  return best ?? present;
}
