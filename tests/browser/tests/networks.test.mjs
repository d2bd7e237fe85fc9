// Networks as offices have them: real browsers behind firewalls that let almost nothing through.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertHears, assertSees } from '../lib/assert.mjs';
import { chromiumFor, firefoxFor } from '../lib/browsers.mjs';
import { Hopd } from '../lib/hopd.mjs';
import { PEOPLE } from '../lib/media.mjs';
import { Netns } from '../lib/netns.mjs';

let ns, hopd, code, inside, pages;

/** The selected candidates of a page's line, as it sees them. */
async function path(page) {
  const stats = await page.stats();
  const transport = stats.find((s) => s.type === 'transport' && s.selectedCandidatePairId);
  const pair = stats.find((s) => s.id === transport?.selectedCandidatePairId) ??
    stats.find((s) => s.type === 'candidate-pair' && s.state === 'succeeded' && s.nominated);
  return { local: stats.find((s) => s.id === pair.localCandidateId), remote: stats.find((s) => s.id === pair.remoteCandidateId) };
}

before(async () => {
  ns = new Netns('only', '203.0.113'); // Chromium takes candidates on port 443 at public addresses only
  hopd = await new Hopd({ address: ns.server, ports: { https: 443 } }).start();
  code = await hopd.newRoom('Mạng cơ quan');
  inside = await chromiumFor(PEOPLE[0]);
  await inside.join(hopd.url(`/m/${code}`));
  pages = await Promise.all([chromiumFor(PEOPLE[1], { netns: ns.name }), firefoxFor(PEOPLE[2], { netns: ns.name })]);
}, { timeout: 120000 });

after(async () => {
  await Promise.all([inside, ...(pages ?? [])].map((p) => p?.close()));
  await hopd?.remove();
  ns?.remove();
});

test('all but TCP 443 blocked: page, signaling and media over the one port, in both browsers', { timeout: 120000 }, async () => {
  ns.allowOnly('tcp dport 443');
  await Promise.all(pages.map((p) => p.join(`https://${ns.server}/m/${code}`)));
  const all = [inside, ...pages];
  for (const p of all) {
    const others = all.filter((q) => q !== p).map((q) => q.name);
    await assertHears(p, others);
    await assertSees(p, others);
  }
  for (const p of pages) {
    const { remote } = await path(p);
    assert.equal(remote.protocol, 'tcp', p.name);
    assert.equal(remote.port, 443, p.name);
  }
});
