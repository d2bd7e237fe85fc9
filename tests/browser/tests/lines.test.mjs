// Bad lines: what must still work, not how well (that is ./dev bench video). One page sits behind
// hop-line, the others do not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertHears, assertSees } from '../lib/assert.mjs';
import { chromiumFor } from '../lib/browsers.mjs';
import { Hopd } from '../lib/hopd.mjs';
import { Line } from '../lib/line.mjs';
import { PEOPLE } from '../lib/media.mjs';

/** A meeting of n; the first one's page is behind the line. */
async function meeting(n) {
  const line = await Line.open('both delay=20ms');
  const hopd = await new Hopd().start();
  const code = await hopd.newRoom('Đường truyền kém');
  const pages = await Promise.all(PEOPLE.slice(0, n).map((p, i) => chromiumFor(p, i === 0 ? { netns: line.name } : {})));
  const [far, ...near] = pages;
  await Promise.all([far.join(`https://${hopd.address}:${hopd.ports.https}/m/${code}`), ...near.map((p) => p.join(hopd.url(`/m/${code}`)))]);
  await assertSees(far, near.map((p) => p.name));
  return { line, far, near, end: async () => {
    await Promise.all(pages.map((p) => p.close()));
    await hopd.remove();
    await line.close();
  } };
}

test('a fifth of all packets is lost: sound and pictures come, and the right ones', { timeout: 120000 }, async () => {
  const { line, far, near: [other], end } = await meeting(2);
  try {
    await line.set('both loss=20%');
    await line.reset();
    await Promise.all([assertHears(far, [other.name]), assertHears(other, [far.name]),
      assertSees(far, [other.name]), assertSees(other, [far.name])]);
    const { down, up } = await line.stats();
    for (const way of [down, up]) assert.ok(way.lost.packets > 0.1 * way.in.packets, `the line was that bad: ${JSON.stringify(way)}`);
  } finally {
    await end();
  }
});
