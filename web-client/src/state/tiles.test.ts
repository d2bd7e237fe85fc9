import { describe, expect, it } from 'vitest';
import { person } from '../../tests/fakes/values';
import type { Participant } from '../protocol/messages';
import {
  type ArrangeInput,
  arrange,
  fitGrid,
  fitPortrait,
  orderPeople,
  pickSpeaker,
  takeStageMs,
  viewOf,
} from './tiles';

const off = { microphone: false, camera: false, screen: false };
const ids = (people: Participant[]): string => people.map(({ id }) => id).join(' ');
const many = (n: number, from = 2): Participant[] =>
  Array.from({ length: n }, (_, i) => person(`p${from + i}`));

describe('fitGrid', () => {
  it.each([
    [1, 1280, 720, 1],
    [2, 1256, 716, 2],
    [4, 1280, 720, 2],
    [6, 1280, 720, 3],
    [9, 1280, 720, 3],
    [2, 700, 1200, 1],
  ])('%i tiles in %i×%i take %i columns', (n, width, height, columns) => {
    expect(fitGrid(n, width, height, 8).columns).toBe(columns);
  });

  it('never overflows, and keeps 16:9', () => {
    for (let n = 1; n <= 25; n++)
      for (const [width, height] of [
        [1280, 720],
        [820, 600],
        [2560, 900],
        [500, 900],
      ] as const) {
        const grid = fitGrid(n, width, height, 8);
        expect(grid.columns * grid.rows).toBeGreaterThanOrEqual(n);
        expect(grid.columns * grid.width + 8 * (grid.columns - 1)).toBeLessThanOrEqual(width);
        expect(grid.rows * grid.height + 8 * (grid.rows - 1)).toBeLessThanOrEqual(height);
        expect(Math.abs(grid.width / grid.height - 16 / 9)).toBeLessThan(0.05);
      }
  });

  it('survives an area that is not there yet', () => {
    expect(fitGrid(3, 0, 0, 8)).toMatchObject({ width: 0, height: 0 });
    expect(fitPortrait(4, 0, 0, 8).width).toBe(0);
  });

  it('uses a phone’s height', () => {
    const grid = fitPortrait(4, 344, 600, 8);
    expect(grid).toMatchObject({ columns: 2, rows: 2 });
    expect(grid.height).toBeGreaterThan(grid.width);
    expect(2 * grid.height + 8).toBeLessThanOrEqual(600);
  });
});

describe('orderPeople', () => {
  const order = { you: 'p1', pinned: null, lastHeard: new Map(), capacity: 9 };

  it('puts those first who matter, and leaves oneself out', () => {
    const people = [
      person('p1'),
      person('p2'),
      person('p3', { role: 'secretary' }),
      person('p4', { role: 'chair' }),
      person('p5', { hand: '2026-11-23T08:02:00Z' }),
      person('p6', { hand: '2026-11-23T08:01:00Z' }),
      person('p7', { media: { ...off, screen: true } }),
      person('p8'),
    ];
    expect(ids(orderPeople(people, { ...order, pinned: 'p8/camera' }))).toBe(
      'p8 p7 p6 p5 p4 p3 p2',
    );
  });

  it('does not move people about who are in sight when they speak', () => {
    const people = many(5);
    const before = ids(orderPeople(people, order));
    const heard = new Map([
      ['p5', 900],
      ['p3', 1000],
    ]);
    expect(ids(orderPeople(people, { ...order, lastHeard: heard }))).toBe(before);
  });

  it('brings a speaker from a later page into the place of the one silent longest', () => {
    const people = many(6);
    const lastHeard = new Map([
      ['p2', 500],
      ['p3', 100],
      ['p4', 400],
      ['p7', 1000],
    ]);
    expect(ids(orderPeople(people, { ...order, capacity: 3, lastHeard }))).toBe(
      'p2 p7 p4 p5 p6 p3',
    );
  });

  it('never pushes the chair off the first page', () => {
    const people = [person('p2', { role: 'chair' }), ...many(4, 3)];
    const lastHeard = new Map([['p6', 1000]]);
    const first = orderPeople(people, { ...order, capacity: 2, lastHeard }).slice(0, 2);
    expect(ids(first)).toBe('p2 p6');
  });
});

describe('arrange', () => {
  const input: ArrangeInput = {
    people: many(3),
    you: 'p1',
    mode: 'grid',
    pinned: null,
    speaker: null,
    page: 0,
    capacity: 9,
    selfInside: true,
  };
  const shown = (change: Partial<ArrangeInput>): string => {
    const { main, strip } = arrange({ ...input, ...change });
    return `${main?.key ?? '-'} | ${strip.map(({ key }) => key).join(' ')}`;
  };

  it('is a grid with oneself last', () => {
    expect(shown({})).toBe('- | p2/camera p3/camera p4/camera p1/camera');
    expect(shown({ selfInside: false })).toBe('- | p2/camera p3/camera p4/camera');
  });

  it('gives a share the stage, and a pin before it', () => {
    const people = [person('p2'), person('p3', { media: { ...off, screen: true } })];
    expect(shown({ people })).toBe('p3/screen | p2/camera p3/camera p1/camera');
    expect(shown({ people, pinned: 'p2/camera' })).toBe(
      'p2/camera | p3/screen p3/camera p1/camera',
    );
  });

  it('shows the speaker, or the first one while nobody spoke', () => {
    expect(shown({ mode: 'speaker' })).toBe('p2/camera | p3/camera p4/camera p1/camera');
    expect(shown({ mode: 'speaker', speaker: 'p4' })).toBe(
      'p4/camera | p2/camera p3/camera p1/camera',
    );
  });

  it('forgets a pin of someone who left', () => {
    expect(shown({ pinned: 'p9/camera' })).toBe('- | p2/camera p3/camera p4/camera p1/camera');
  });

  it('pages without losing or doubling anyone, oneself on every page', () => {
    const people = many(20);
    const seen: string[] = [];
    const { pages } = arrange({ ...input, people });
    for (let page = 0; page < pages; page++) {
      const { strip } = arrange({ ...input, people, page });
      expect(strip.length).toBeLessThanOrEqual(9);
      expect(strip.at(-1)?.key).toBe('p1/camera');
      seen.push(...strip.slice(0, -1).map(({ participant }) => participant));
    }
    expect(seen).toEqual(people.map(({ id }) => id));
  });

  it('falls back to the last page when people left', () => {
    expect(arrange({ ...input, people: many(20), page: 99 }).page).toBe(2);
    expect(arrange({ ...input, people: [], page: 3 })).toMatchObject({ page: 0, pages: 1 });
  });
});

describe('viewOf', () => {
  const people = [person('p2', { media: { ...off, screen: true } }), person('p3')];
  const shown = arrange({
    people,
    you: 'p1',
    mode: 'grid',
    pinned: null,
    speaker: null,
    page: 0,
    capacity: 9,
    selfInside: true,
  });

  it('asks for the stage first, large, and never for oneself', () => {
    const view = viewOf(
      shown,
      'p1',
      { main: 700.4, strip: 117 },
      { pinned: 'p2/screen', saveData: false },
    );
    expect(view).toEqual([
      { participant: 'p2', source: 'screen', height: 700, pinned: true },
      { participant: 'p2', source: 'camera', height: 117, pinned: false },
      { participant: 'p3', source: 'camera', height: 117, pinned: false },
    ]);
  });

  it('asks for shares only while data is saved', () => {
    const view = viewOf(shown, 'p1', { main: 700, strip: 117 }, { pinned: null, saveData: true });
    expect(view.map(({ source }) => source)).toEqual(['screen']);
  });
});

describe('pickSpeaker', () => {
  it('takes the first who speaks at once, and keeps him while he goes on', () => {
    expect(pickSpeaker(null, new Map([['p2', 100]]), 100)).toBe('p2');
    const both = new Map([
      ['p2', 100],
      ['p3', 50],
    ]);
    expect(pickSpeaker('p2', both, 99_999)).toBe('p2');
  });

  it('changes only for somebody who has gone on for a while', () => {
    const since = new Map([['p3', 1_000]]);
    expect(pickSpeaker('p2', since, 1_000 + takeStageMs - 1)).toBe('p2');
    expect(pickSpeaker('p2', since, 1_000 + takeStageMs)).toBe('p3');
  });

  it('stays with the last one in silence', () => {
    expect(pickSpeaker('p2', new Map(), 5_000)).toBe('p2');
  });
});
