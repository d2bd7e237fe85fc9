// What the tests say about a meeting, measured in what each page receives.
import { PEOPLE } from './media.mjs';
import { whose } from './page.mjs';
import { until } from './until.mjs';

const FLOOR_DB = 40;
const AUDIBLE_DB = -60;

async function hearing(page) {
  const levels = await page.tones(PEOPLE.map((p) => p.tone));
  return levels && Object.fromEntries(PEOPLE.map((p, i) => [p.name, Math.round(levels[i])]));
}

/** `page` hears exactly the people of these names; all else is at least 40 dB below them. */
export async function assertHears(page, names, ms = 20000) {
  let seen;
  const check = async () => {
    seen = await hearing(page);
    if (!seen) return false;
    const least = names.length ? Math.min(...names.map((n) => seen[n])) : AUDIBLE_DB;
    return least >= AUDIBLE_DB && PEOPLE.filter((p) => !names.includes(p.name))
      .every((p) => seen[p.name] <= (names.length ? least - FLOOR_DB : AUDIBLE_DB - 20));
  };
  await until(`${page.name} hears [${names}] and nobody else`, ms, check, 250).catch((e) => {
    throw new Error(`${e.message}; levels in dB: ${JSON.stringify(seen)}`);
  });
  return seen;
}

/** Each page hears all the others, himself and the absent at least 40 dB below. */
export async function assertAllHeard(pages) {
  for (const p of pages) {
    const seen = await assertHears(p, pages.filter((q) => q !== p).map((q) => q.name));
    console.log(`# ${p.name} hears (dB): ${JSON.stringify(seen)}`);
  }
}

/** `page` sees exactly these people's cameras, each under his own name in a slot of its own, moving. */
export async function assertSees(page, names, ms = 20000) {
  const want = JSON.stringify([...names].sort());
  let seen;
  const check = async () => {
    seen = (await page.tiles()).filter((t) => !t.self && t.source === 'camera');
    const right = seen.filter((t) => whose(t.colour, PEOPLE)?.name === t.name && t.slot !== null);
    return new Set(right.map((t) => t.slot)).size === names.length && seen.length === names.length &&
      JSON.stringify(right.map((t) => t.name).sort()) === want;
  };
  await until(`${page.name} sees [${names}]`, ms, check, 250).catch((e) => {
    throw new Error(`${e.message}; tiles: ${JSON.stringify(seen)}`);
  });
  const before = Object.fromEntries(seen.map((t) => [t.name, t.frames]));
  await until(`${page.name}'s pictures move`, 10000, async () =>
    (await page.tiles()).filter((t) => !t.self && t.source === 'camera').every((t) => t.frames > before[t.name] + 5));
}

export async function assertAllSeen(pages) {
  for (const p of pages) await assertSees(p, pages.filter((q) => q !== p).map((q) => q.name));
}
