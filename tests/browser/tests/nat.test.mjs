// hop behind a 1:1 NAT: participants outside know the announced address only.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertHears, assertSees } from '../lib/assert.mjs';
import { chromiumFor, firefoxFor } from '../lib/browsers.mjs';
import { Hopd } from '../lib/hopd.mjs';
import { PEOPLE } from '../lib/media.mjs';
import { Netns, nat } from '../lib/netns.mjs';
import { until } from '../lib/until.mjs';

const OUTSIDE = '203.0.113.9';
let home, out, hopd, code, pages, undo;

async function remote(page) {
  const stats = await page.stats();
  const transport = stats.find((s) => s.type === 'transport' && s.selectedCandidatePairId);
  const pair = stats.find((s) => s.id === transport?.selectedCandidatePairId) ??
    stats.find((s) => s.type === 'candidate-pair' && s.state === 'succeeded' && s.nominated);
  return stats.find((s) => s.id === pair.remoteCandidateId);
}

before(async () => {
  home = new Netns('nati', '10.98.31');
  out = new Netns('nato', '198.51.100');
  for (const ns of [home, out]) ns.routeThroughUs();
  undo = nat(OUTSIDE, home.client, [[443, 8443]]);
  hopd = await new Hopd({ netns: home.name, address: home.client, ports: { https: 8443 },
    config: `announced-address=${home.client}=${OUTSIDE}\nannounced-tcp-port=443` }).start();
  code = await hopd.newRoom('Sau NAT');
  pages = await Promise.all([chromiumFor(PEOPLE[0], { netns: out.name }), firefoxFor(PEOPLE[1], { netns: out.name })]);
  await Promise.all(pages.map((p) => p.join(`https://${OUTSIDE}/m/${code}`)));
}, { timeout: 120000 });

after(async () => {
  await Promise.all((pages ?? []).map((p) => p.close()));
  await hopd?.remove();
  undo?.();
  for (const ns of [home, out]) ns?.remove();
});

async function meet() {
  const [a, b] = pages;
  await Promise.all([assertHears(a, [b.name]), assertHears(b, [a.name])]);
  await Promise.all([assertSees(a, [b.name]), assertSees(b, [a.name])]);
}

test('over UDP, by the announced address', { timeout: 60000 }, async () => {
  await meet();
  for (const p of pages) {
    const { address, protocol } = await remote(p);
    assert.deepEqual([address ?? OUTSIDE, protocol], [OUTSIDE, 'udp'], p.name);
  }
});

test('over TCP, by the announced port', { timeout: 60000 }, async () => {
  const [chromium] = pages;
  await chromium.click('leave');
  await until('he is gone', 10000, async () => (await pages[1].tiles()).every((t) => t.name !== chromium.name));
  out.exec('nft', `add table inet hop; add chain inet hop out { type filter hook output priority 0; };
    add rule inet hop out ip daddr ${OUTSIDE} meta l4proto udp drop`);
  await chromium.join(`https://${OUTSIDE}/m/${code}`);
  const { protocol, port } = await until('a line over TCP', 15000, async () => {
    const r = await remote(chromium);
    return r?.protocol === 'tcp' && r;
  });
  assert.deepEqual([protocol, port], ['tcp', 443]);
});
