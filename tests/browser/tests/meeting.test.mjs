// Three Chromium and one Firefox in one room: who is heard and who is seen, from the media itself.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chromiumFor, firefoxFor } from '../lib/browsers.mjs';
import { Hopd } from '../lib/hopd.mjs';
import { PEOPLE } from '../lib/media.mjs';
import { whose } from '../lib/page.mjs';
import { until } from '../lib/until.mjs';

const FLOOR_DB = 40;
let hopd, code, people;

before(async () => {
  hopd = await new Hopd().start();
  code = await hopd.newRoom('Giao ban tuần');
  people = await Promise.all([...PEOPLE.slice(0, 3).map((p) => chromiumFor(p)), firefoxFor(PEOPLE[3])]);
  for (const p of people) await p.join(hopd.url(`/m/${code}`));
});

after(async () => {
  await Promise.all((people ?? []).map((p) => p.close()));
  await hopd?.remove();
});

/** Each one there hears all the others, himself and the absent at least 40 dB below. */
async function assertHeard(present) {
  const all = PEOPLE.map((p) => p.tone);
  for (const p of present) {
    let seen;
    await until(`${p.name} hears the others and not himself`, 20000, async () => {
      const levels = await p.tones(all);
      if (!levels) return false;
      seen = Object.fromEntries(PEOPLE.map((q, i) => [q.name, Math.round(levels[i])]));
      const others = PEOPLE.filter((q) => q.name !== p.name && present.some((r) => r.name === q.name));
      const quiet = PEOPLE.filter((q) => !others.includes(q));
      const least = Math.min(...others.map((q) => seen[q.name]));
      return least > -60 && quiet.every((q) => seen[q.name] <= least - FLOOR_DB);
    }, 250).catch((e) => {
      throw new Error(`${e.message}; levels in dB: ${JSON.stringify(seen)}`);
    });
    console.log(`# ${p.name} hears (dB): ${JSON.stringify(seen)}`);
  }
}

/** Each one there sees each other in the tile that bears that name, in a slot of its own, moving. */
async function assertSeen(present) {
  for (const p of present) {
    const others = present.filter((q) => q !== p).map((q) => q.name).sort();
    let seen;
    const check = async () => {
      seen = (await p.tiles()).filter((t) => !t.self && t.source === 'camera');
      const right = seen.filter((t) => whose(t.colour, PEOPLE)?.name === t.name && t.slot !== null);
      return new Set(right.map((t) => t.slot)).size === others.length &&
        JSON.stringify(right.map((t) => t.name).sort()) === JSON.stringify(others) && seen.length === others.length;
    };
    await until(`${p.name} sees ${others}`, 20000, check, 250).catch((e) => {
      throw new Error(`${e.message}; tiles: ${JSON.stringify(seen)}`);
    });
    const before = Object.fromEntries(seen.map((t) => [t.name, t.frames]));
    await until(`${p.name}'s pictures move`, 10000, async () =>
      (await p.tiles()).filter((t) => !t.self && t.source === 'camera').every((t) => t.frames > before[t.name] + 5));
  }
}

test('each hears all the others and not himself', () => assertHeard(people));
test('each sees each other under the right name', () => assertSeen(people));

test('the negotiated SRTP suite is AES-GCM in both browsers', async () => {
  for (const p of people) {
    const transport = (await p.stats()).find((s) => s.type === 'transport');
    // Firefox does not report srtpCipher: the relay's own word counts there
    const cookie = await hopd.signIn();
    const live = (await hopd.api('GET', '/ops/live', undefined, cookie)).json;
    const line = live.rooms.flatMap((r) => r.participants).find((q) => q.name === p.name);
    assert.equal(line.srtp, 'AEAD_AES_128_GCM', p.name);
    if (transport?.srtpCipher) assert.equal(transport.srtpCipher, 'AEAD_AES_128_GCM');
  }
});

test('when one leaves and comes back, names, pictures and voices are right', async () => {
  const gone = people[1];
  await gone.click('leave');
  await until('he is gone from everywhere', 10000, async () => {
    const tiles = await Promise.all(people.filter((p) => p !== gone).map((p) => p.tiles()));
    return tiles.flat().every((t) => t.name !== gone.name);
  });
  const rest = people.filter((p) => p !== gone);
  await assertHeard(rest);
  await assertSeen(rest);
  await gone.join(hopd.url(`/m/${code}`));
  await assertSeen(people);
  await assertHeard(people);
});
