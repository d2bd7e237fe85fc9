// What the page makes of the sound: who speaks, halls, forwarded voices, microphones that are not right.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertHears } from '../lib/assert.mjs';
import { chromiumFor } from '../lib/browsers.mjs';
import { Hopd } from '../lib/hopd.mjs';
import { PEOPLE } from '../lib/media.mjs';
import { Proxy } from '../lib/proxy.mjs';
import { until } from '../lib/until.mjs';

const HALL = 'Hội trường A';
// −47 dBov in words, as a microphone at the far end of a table
const FAR = { ...PEOPLE[2], amplitude: 0.006, words: true };
let hopd, proxy, code, a, b, c;

before(async () => {
  hopd = await new Hopd().start();
  proxy = await new Proxy(hopd.ports.http).listen();
  code = await hopd.newRoom('Họp tổ công tác');
  [a, b, c] = await Promise.all([chromiumFor(PEOPLE[0]), chromiumFor(PEOPLE[1]), chromiumFor(FAR)]);
  await a.join(proxy.url(`/m/${code}`)); // the first one is the chair
  await b.join(hopd.url(`/m/${code}`));
  await assertHears(a, [b.name]);
}, { timeout: 120000 });

after(async () => {
  await Promise.all([a?.close(), b?.close(), c?.close()]);
  proxy?.close();
  await hopd?.remove();
});

const tile = (page, name) => page.evaluate((who) => {
  const e = [...document.querySelectorAll('[data-testid="tile"]')].find((t) => t.dataset.name === who);
  return e ? { speaking: e.dataset.speaking === 'true', label: e.ariaLabel } : null;
}, name);
const speaks = (page, name, yes, ms = 6000) =>
  until(`${page.name} sees ${name} ${yes ? 'speak' : 'silent'}`, ms, async () => (await tile(page, name))?.speaking === yes, 50);

test('who speaks is shown from the sound alone', { timeout: 60000 }, async () => {
  await speaks(a, b.name, true);
  proxy.open = false;
  proxy.cut();
  await until('the WebSocket is away', 10000, async () => (await a.state()) === 'signaling-lost', 50);
  assert.deepEqual(await a.evaluate(() => window.__hop.session.spoken), [], 'the server says nothing');
  await speaks(a, b.name, true);
  await b.click('toggle-microphone');
  await speaks(a, b.name, false);
  await b.click('toggle-microphone');
  await speaks(a, b.name, true);
  assert.equal(await a.state(), 'signaling-lost');
  proxy.open = true;
  await until('it is back', 15000, async () => (await a.state()) === 'up');
});

test('who sits in one hall is left out of the other\'s sound, and said to be there', { timeout: 90000 }, async () => {
  await b.click('participants-open');
  await b.evaluate((name) => [...document.querySelectorAll('[data-testid="participant-row"]')]
    .find((r) => r.dataset.name === name).querySelector('[data-testid="participant-menu"]').click(), b.name);
  await b.click('set-hall');
  await b.fill('hall-name', HALL);
  await b.click('hall-save');
  await a.click('participants-open');
  const row = (name) => a.evaluate((who) => [...document.querySelectorAll('[data-testid="participant-row"]')]
    .find((r) => r.dataset.name === who)?.textContent ?? '', name);
  await until('the list says where he sits', 5000, async () => (await row(b.name)).includes(HALL));
  await assertHears(a, [b.name]); // alone in his hall
  // the chair sets his own: the halls that are there are offered
  await a.evaluate((name) => [...document.querySelectorAll('[data-testid="participant-row"]')]
    .find((r) => r.dataset.name === name).querySelector('[data-testid="participant-menu"]').click(), a.name);
  await a.click('set-hall');
  await a.click('hall-known');
  await assertHears(a, []);
  await assertHears(b, []);
  await speaks(a, b.name, true); // he is seen to speak all the same
  await a.evaluate((name) => [...document.querySelectorAll('[data-testid="participant-row"]')]
    .find((r) => r.dataset.name === name).querySelector('[data-testid="participant-menu"]').click(), a.name);
  await a.click('set-hall');
  await a.click('hall-none');
  await assertHears(a, [b.name]);
  await assertHears(b, [a.name]);
});

test('the chair forwards the voices instead of mixing them, and back', { timeout: 90000 }, async () => {
  const choose = async (policy) => {
    await a.click('more');
    await a.click('open-room');
    await a.click(policy);
    await a.page.keyboard.press('Escape');
  };
  const loud = (page) => page.evaluate(async () => {
    const of = (el) => el.srcObject.getAudioTracks()[0].id;
    const receivers = window.__hop.pc.getReceivers();
    const packets = async (el) => {
      const r = receivers.find((x) => x.track.id === of(el));
      const s = [...(await r.getStats()).values()].find((x) => x.type === 'inbound-rtp');
      return s?.packetsReceived ?? 0;
    };
    return { mix: await packets(document.querySelector('[data-testid="mix"]')),
      voices: await Promise.all([...document.querySelectorAll('[data-testid="voice"]')].map(packets)) };
  });
  await choose('policy-forward');
  await until('a voice slot is taken', 10000, async () => (await a.evaluate(() => window.__hop.session.voices.length)) > 0);
  await assertHears(a, [b.name]);
  await assertHears(b, [a.name]);
  const before = await loud(a);
  await until('his packets come on a voice slot', 5000, async () =>
    (await loud(a)).voices.some((n, i) => n > before.voices[i] + 20));
  await speaks(a, b.name, true);
  await choose('policy-mix');
  await until('the voice slots are empty', 10000, async () => (await a.evaluate(() => window.__hop.session.voices.length)) === 0);
  await assertHears(a, [b.name]);
  await assertHears(b, [a.name]);
});

test('a microphone that is very quiet is told to its owner and to the chair', { timeout: 120000 }, async () => {
  await c.join(hopd.url(`/m/${code}`));
  await c.waitFor('microphone-hint', 60000);
  assert.match((await c.texts('microphone-hint'))[0], /rất nhỏ/);
  await until('the chair reads it in the list', 10000, () => a.evaluate((name) =>
    [...document.querySelectorAll('[data-testid="participant-row"]')].find((r) => r.dataset.name === name)
      ?.querySelector('[data-testid="verdict"]')?.dataset.verdict === 'quiet', c.name));
  assert.equal(await b.evaluate(() => document.querySelectorAll('[data-testid="verdict"]').length), 0, 'nobody else');
});
