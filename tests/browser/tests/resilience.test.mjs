// Lost lines: a cut WebSocket, a killed server, a firewall without UDP, a laptop that changes networks.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertHears, assertSees } from '../lib/assert.mjs';
import { chromiumFor } from '../lib/browsers.mjs';
import { Hopd } from '../lib/hopd.mjs';
import { PEOPLE } from '../lib/media.mjs';
import { Netns } from '../lib/netns.mjs';
import { Proxy } from '../lib/proxy.mjs';
import { until } from '../lib/until.mjs';

const inbound = async (p) => {
  const list = (await p.stats()).filter((s) => s.type === 'inbound-rtp' && s.packetsReceived > 0);
  const sum = (k, kind) => list.filter((s) => !kind || s.kind === kind).reduce((n, s) => n + (s[k] ?? 0), 0);
  return { packets: sum('packetsReceived'), lost: sum('packetsLost'), frames: sum('framesDecoded', 'video'),
    freezes: sum('freezeCount', 'video') };
};

async function meeting(options, urlOf, browserOptions = {}) {
  const hopd = await new Hopd(options).start();
  const code = await hopd.newRoom('Họp khẩn');
  const people = await Promise.all(PEOPLE.slice(0, 2).map((p, i) => chromiumFor(p, i === 0 ? browserOptions : {})));
  await people[0].join(urlOf(hopd, `/m/${code}`));
  await people[1].join(hopd.url(`/m/${code}`));
  const [a, b] = people;
  await Promise.all([assertHears(a, [b.name]), assertHears(b, [a.name])]);
  await Promise.all([assertSees(a, [b.name]), assertSees(b, [a.name])]);
  return { hopd, code, a, b, end: async () => {
    await Promise.all(people.map((p) => p.close()));
    await hopd.remove();
  } };
}

test('a cut WebSocket resumes within 2 s, media uninterrupted', { timeout: 120000 }, async () => {
  let proxy;
  const hopd = await new Hopd().start();
  proxy = await new Proxy(hopd.ports.http).listen();
  const code = await hopd.newRoom();
  const [a, b] = await Promise.all(PEOPLE.slice(0, 2).map((p) => chromiumFor(p)));
  try {
    await a.join(proxy.url(`/m/${code}`));
    await b.join(hopd.url(`/m/${code}`));
    await assertHears(a, [b.name]);
    await assertSees(a, [b.name]);
    // watched from inside the page: the outside polls too slowly to see a short interruption
    await a.evaluate(() => {
      window.__states = [];
      const e = document.querySelector('[data-testid="connection-state"]');
      const note = () => window.__states.push([performance.now(), e.dataset.state]);
      new MutationObserver(note).observe(e, { attributes: true, attributeFilter: ['data-state'] });
      note();
    });
    const before = await inbound(a);
    const t0 = await a.evaluate(() => performance.now());
    proxy.cut();
    await until('the page noticed and is back', 10000, () => a.evaluate(() =>
      window.__states.length >= 3 && window.__states.at(-1)[1] === window.__states[0][1]));
    const back = await a.evaluate((t) => window.__states.at(-1)[0] - t, t0);
    console.log(`# back after ${Math.round(back)} ms: ${JSON.stringify(await a.evaluate(() => window.__states.map((s) => s[1])))}`);
    assert.ok(back <= 2000, `resumed after ${back} ms`);
    const now = await inbound(a);
    assert.ok(now.packets > before.packets && now.frames > before.frames, 'media went on');
    assert.equal(now.freezes, before.freezes, 'no picture froze');
    assert.ok(now.lost - before.lost <= 2, 'no packet was lost');
    await assertHears(a, [b.name]);
    await assertHears(b, [a.name]);
  } finally {
    await Promise.all([a.close(), b.close()]);
    proxy.close();
    await hopd.remove();
  }
});

test('kill -9 and a restart: all are back within 5 s of its start, chat intact', { timeout: 120000 }, async () => {
  const m = await meeting({}, (h, p) => h.url(p));
  try {
    await m.a.click('open-chat');
    await m.a.fill('chat-input', 'Biên bản số 12');
    await m.a.click('chat-send');
    await m.b.click('open-chat');
    await until('the text is there', 10000, async () => (await m.b.texts('chat-message')).some((t) => t.includes('Biên bản số 12')));
    await m.hopd.stop('SIGKILL');
    await until('the pages notice', 20000, async () =>
      (await m.a.state()) !== 'up' && (await m.b.state()) !== 'up');
    await m.hopd.start();
    const t0 = Date.now();
    await until('both are connected', 20000, async () =>
      (await m.a.state()) === 'up' && (await m.b.state()) === 'up', 50);
    const signaling = Date.now() - t0;
    await Promise.all([assertHears(m.a, [m.b.name]), assertHears(m.b, [m.a.name]), assertSees(m.a, [m.b.name]), assertSees(m.b, [m.a.name])]);
    const media = Date.now() - t0;
    console.log(`# after the restart: connected in ${signaling} ms, heard and seen (measured) in ${media} ms`);
    assert.ok(signaling <= 5000, `signaling back after ${signaling} ms`);
    // the measurement itself takes over a second: the spectrum's window and counting of frames
    assert.ok(media <= 7000, `media back after ${media} ms`);
    for (const p of [m.a, m.b])
      assert.equal((await p.texts('chat-message')).filter((t) => t.includes('Biên bản số 12')).length, 1, 'chat intact');
  } finally {
    await m.end();
  }
});

test('UDP blocked: the same meeting over ICE-TCP', { timeout: 120000 }, async () => {
  const ns = new Netns('fw', '10.98.1');
  ns.blockUdp();
  const m = await meeting({ address: ns.server }, (h, p) => `https://${ns.server}:${h.ports.https}${p}`,
    { netns: ns.name });
  try {
    const stats = await m.a.stats();
    const pair = stats.find((s) => s.type === 'candidate-pair' && s.state === 'succeeded' && s.nominated);
    assert.equal(stats.find((s) => s.id === pair.localCandidateId).protocol, 'tcp');
  } finally {
    await m.end();
    ns.remove();
  }
});

/** Until pictures come again after `change`, over an address of the client's new line, in ms. */
async function backAfter(m, ns, change) {
  let seen = (await inbound(m.a)).frames;
  const t0 = Date.now();
  change();
  const ms = await until('frames come over the new address', 15000, async () => {
    const [now, stats] = [(await inbound(m.a)).frames, await m.a.stats()];
    const pair = stats.find((s) => s.id === stats.find((t) => t.type === 'transport')?.selectedCandidatePairId);
    const local = stats.find((s) => s.id === pair?.localCandidateId);
    const moving = now > seen;
    seen = now;
    return local?.address === ns.client && moving && Date.now() - t0;
  }, 50);
  await Promise.all([assertHears(m.a, [m.b.name]), assertHears(m.b, [m.a.name])]);
  await assertSees(m.b, [m.a.name]);
  return ms;
}

test('the client moves from one line to another: media is back within 2 s', { timeout: 180000 }, async () => {
  const times = [];
  for (const n of [3, 5, 7]) { // thrice: one hiccup of a busy machine is not the line's
    const ns = new Netns(`move${'abc'[(n - 3) / 2]}`, `10.98.${n}`);
    ns.addLine(`10.98.${n + 1}`);
    const m = await meeting({ address: ns.server }, (h, p) => `https://${ns.server}:${h.ports.https}${p}`, { netns: ns.name });
    try {
      times.push(await backAfter(m, ns, () => ns.loseFirstLine()));
    } finally {
      await m.end();
      ns.remove();
    }
  }
  console.log(`# media back after ${times.join(', ')} ms`);
  assert.ok([...times].sort((x, y) => x - y)[1] <= 2000, `media back after ${times} ms`);
});

test('the address of its only line changes: media comes back by ICE restart', { timeout: 120000 }, async () => {
  const ns = new Netns('roam', '10.98.2');
  const m = await meeting({ address: ns.server }, (h, p) => `https://${ns.server}:${h.ports.https}${p}`, { netns: ns.name });
  try {
    const times = [];
    for (const last of [77, 78, 79]) times.push(await backAfter(m, ns, () => ns.changeAddress(last)));
    // Chromium itself looks at its interfaces 1.5 to 2 s after a change: the page offers the restart
    // at once, and the rest is that wait
    console.log(`# media back after ${times.join(', ')} ms`);
    assert.ok([...times].sort((x, y) => x - y)[1] <= 2000, `media back after ${times} ms`);
  } finally {
    await m.end();
    ns.remove();
  }
});
