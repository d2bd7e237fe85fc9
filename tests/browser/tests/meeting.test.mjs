// Three Chromium and one Firefox in one room: who is heard and who is seen, from the media itself.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertAllHeard, assertAllSeen } from '../lib/assert.mjs';
import { chromiumFor, firefoxFor } from '../lib/browsers.mjs';
import { Hopd } from '../lib/hopd.mjs';
import { PEOPLE } from '../lib/media.mjs';
import { until } from '../lib/until.mjs';

let hopd, code, people;

before(async () => {
  hopd = await new Hopd().start();
  code = await hopd.newRoom('Giao ban tuần');
  people = await Promise.all([...PEOPLE.slice(0, 3).map((p) => chromiumFor(p)), firefoxFor(PEOPLE[3])]);
  for (const p of people) await p.join(hopd.url(`/m/${code}`));
}, { timeout: 120000 });

after(async () => {
  await Promise.all((people ?? []).map((p) => p.close()));
  await hopd?.remove();
});

test('each hears all the others and not himself', { timeout: 90000 }, () => assertAllHeard(people));
test('each sees each other under the right name', { timeout: 90000 }, () => assertAllSeen(people));

test('the negotiated SRTP suite is AES-GCM in both browsers', { timeout: 30000 }, async () => {
  const cookie = await hopd.signIn();
  const live = (await hopd.api('GET', '/ops/live', undefined, cookie)).json;
  for (const p of people) {
    const line = live.rooms.flatMap((r) => r.participants).find((q) => q.name === p.name);
    assert.equal(line.srtp, 'AEAD_AES_128_GCM', p.name);
    const transport = (await p.stats()).find((s) => s.type === 'transport');
    assert.match(transport.srtpCipher, /^(SRTP_)?AEAD_AES_128_GCM$/, p.name);
  }
});

test('when one leaves and comes back, names, pictures and voices are right', { timeout: 180000 }, async () => {
  const gone = people[1];
  const rest = people.filter((p) => p !== gone);
  await gone.click('leave');
  await until('he is gone from everywhere', 10000, async () =>
    (await Promise.all(rest.map((p) => p.tiles()))).flat().every((t) => t.name !== gone.name));
  await assertAllHeard(rest);
  await assertAllSeen(rest);
  await gone.join(hopd.url(`/m/${code}`));
  await assertAllSeen(people);
  await assertAllHeard(people);
});
