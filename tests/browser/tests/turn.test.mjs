// Networks in which only a TURN server is reached: Debian's coturn, credentials from hop, real browsers.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { assertHears, assertSees } from '../lib/assert.mjs';
import { chromiumFor, firefoxFor } from '../lib/browsers.mjs';
import { Coturn } from '../lib/coturn.mjs';
import { Hopd } from '../lib/hopd.mjs';
import { PEOPLE } from '../lib/media.mjs';
import { Netns } from '../lib/netns.mjs';

const SECRET = 'bí mật của hai máy chủ';
let ns, hopd, coturn, code, inside, chromium, firefox;

/** How a page's line goes: the kind of its own candidate, and how it speaks to the TURN server. */
async function path_(page) {
  const stats = await page.stats();
  const transport = stats.find((s) => s.type === 'transport' && s.selectedCandidatePairId);
  const pair = stats.find((s) => s.id === transport?.selectedCandidatePairId) ??
    stats.find((s) => s.type === 'candidate-pair' && s.state === 'succeeded' && s.nominated);
  return stats.find((s) => s.id === pair.localCandidateId);
}

before(async () => {
  ns = new Netns('turn', '10.98.12');
  const at = ns.server;
  hopd = new Hopd({ address: at, ports: { https: 443 }, config: `ice-tcp=false

[turn]
urls=turn:${at}:3478;turn:${at}:3478?transport=tcp;turns:${at}:5349?transport=tcp
secret-file=SECRET` });
  const secret = path.join(hopd.dir, 'turn-secret');
  fs.writeFileSync(secret, `${SECRET}\n`);
  hopd.options.config = hopd.options.config.replace('SECRET', secret);
  await hopd.start();
  const state = path.join(hopd.dir, 'state');
  coturn = await new Coturn({ address: at, secret: SECRET, peers: [at],
    certificate: path.join(state, 'own-certificate.pem'), key: path.join(state, 'own-key.pem') }).start();
  code = await hopd.newRoom('Mạng cơ quan');
  inside = await chromiumFor(PEOPLE[0]);
  await inside.join(hopd.url(`/m/${code}`));
  [chromium, firefox] = await Promise.all([
    // turns: is TLS, too, and the test's certificate is its own authority's
    chromiumFor(PEOPLE[1], { netns: ns.name, args: ['--ignore-certificate-errors'] }),
    firefoxFor(PEOPLE[2], { netns: ns.name })]);
}, { timeout: 120000 });

after(async () => {
  await Promise.all([inside, chromium, firefox].map((p) => p?.close()));
  await coturn?.remove();
  await hopd?.remove();
  ns?.remove();
});

/** Joins through the firewall; the line has to be a relayed one of that protocol. */
async function meets(page, protocol, ...allowed) {
  ns.allowOnly('tcp dport 443', ...allowed);
  try {
    await page.join(`https://${ns.server}/m/${code}`);
    await assertHears(page, [inside.name]);
    await assertHears(inside, [page.name]);
    await assertSees(page, [inside.name]);
    await assertSees(inside, [page.name]);
    const local = await path_(page);
    assert.equal(local.candidateType, 'relay');
    assert.equal(local.relayProtocol, protocol);
  } finally {
    await page.click('leave');
    ns.allowAll();
  }
}

test('UDP to the TURN server only: Chromium', { timeout: 60000 }, () => meets(chromium, 'udp', 'udp dport 3478'));
test('TCP to the TURN server only: Chromium', { timeout: 60000 }, () => meets(chromium, 'tcp', 'tcp dport 3478'));
test('TLS to the TURN server only: Chromium', { timeout: 60000 }, () => meets(chromium, 'tls', 'tcp dport 5349'));
test('TCP to the TURN server only: Firefox', { timeout: 60000 }, () => meets(firefox, 'tcp', 'tcp dport 3478'));

test('who reaches hop by himself needs no relay', { timeout: 60000 }, async () => {
  const before_ = coturn.allocations();
  await chromium.join(`https://${ns.server}/m/${code}`);
  await assertHears(chromium, [inside.name]);
  assert.equal((await path_(chromium)).candidateType === 'relay', false);
  assert.equal(coturn.allocations(), before_);
});
