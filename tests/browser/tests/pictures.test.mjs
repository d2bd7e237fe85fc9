// What nobody looks at is not sent: layers by demand, hidden tabs, saved data, pages of a grid that
// grows. Three Chromium, and a crowd without media.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertHears, assertSees } from '../lib/assert.mjs';
import { addBots } from '../lib/bots.mjs';
import { chromiumFor } from '../lib/browsers.mjs';
import { Hopd } from '../lib/hopd.mjs';
import { PEOPLE } from '../lib/media.mjs';
import { whose } from '../lib/page.mjs';
import { until } from '../lib/until.mjs';

const VIEWPORT = { width: 1280, height: 800 };
let hopd, code, a, b;

before(async () => {
  hopd = await new Hopd().start();
  code = await hopd.newRoom('Giao ban');
  [a, b] = await Promise.all(PEOPLE.slice(0, 2).map((p) => chromiumFor(p, { context: { viewport: VIEWPORT } })));
  await a.join(hopd.url(`/m/${code}`));
  await b.join(hopd.url(`/m/${code}`));
  await assertSees(a, [b.name]);
  await assertSees(b, [a.name]);
}, { timeout: 120000 });

after(async () => {
  await Promise.all([a?.close(), b?.close()]);
  await hopd?.remove();
});

/** Bytes of each layer of the camera that a page has sent, lowest first. */
async function sent(page) {
  const layers = (await page.stats()).filter((s) => s.type === 'outbound-rtp' && s.kind === 'video' && s.rid);
  return Object.fromEntries(layers.map((s) => [s.rid, s.bytesSent]));
}

/** Which layers grow within `ms`. */
async function flowing(page, ms = 700) {
  const before = await sent(page);
  await new Promise((r) => setTimeout(r, ms));
  const now = await sent(page);
  return ['q', 'h', 'f'].filter((rid) => (now[rid] ?? 0) > (before[rid] ?? 0)).join('');
}

/** Milliseconds until exactly the layers `want` (a string, or a test of it) come out of `page`. */
async function flows(page, what, want, ms) {
  let seen;
  const t0 = Date.now();
  await until(`${page.name} sends ${what}`, ms, async () => {
    seen = await flowing(page);
    return typeof want === 'string' ? seen === want : want(seen);
  }, 50).catch((e) => {
    throw new Error(`${e.message}; sent: "${seen}"`);
  });
  return Date.now() - t0;
}

const see = (page, visible) => page.evaluate((state) => {
  Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}, visible ? 'visible' : 'hidden');

// 2 s are hop's promise; a tab counts as hidden after 1 s, and watching takes 0.7 s
const OFF_MS = 1000 + 2000 + 1500;
const ON_MS = 2000 + 1500;

test('a camera that nobody looks at is not sent, and is back at once', { timeout: 60000 }, async () => {
  await flows(b, 'its camera', (layers) => layers.includes('q'), 15000);
  await see(a, false);
  const off = await flows(b, 'nothing', '', OFF_MS + 2000);
  const before = (await a.tiles()).find((t) => t.name === b.name)?.frames ?? 0;
  const t0 = Date.now();
  await see(a, true);
  await flows(b, 'its camera again', (layers) => layers !== '', ON_MS);
  await until('its picture moves again', 5000, async () =>
    (await a.tiles()).find((t) => t.name === b.name)?.frames > before + 3, 50);
  console.log(`# off (seen) after ${off} ms, picture back after ${Date.now() - t0} ms`);
  assert.ok(off <= OFF_MS, `off after ${off} ms`);
  await assertSees(a, [b.name]);
});

test('a small tile lets the highest layer rest', { timeout: 90000 }, async () => {
  // of a 360p camera Chromium makes two; the first time it has to find its line's rate
  await flows(b, 'both layers', 'qh', 45000);
  await a.page.setViewportSize({ width: 660, height: 230 });
  await flows(b, 'the lowest', 'q', 6000);
  await a.page.setViewportSize(VIEWPORT);
  await flows(b, 'both again', 'qh', 15000);
});

test('saving data hides the others and still sends mine', { timeout: 60000 }, async () => {
  await a.click('more');
  await a.click('save-data');
  await flows(b, 'nothing', '', OFF_MS + 2000);
  await assertSees(b, [a.name]);
  await a.click('more');
  await a.click('save-data');
  await assertSees(a, [b.name]);
});

test('pages, and a page that grows', { timeout: 180000 }, async () => {
  const crowd = await b.context.newPage();
  await crowd.goto(hopd.url('/'));
  await a.evaluate(() => localStorage.setItem('hop.settings',
    JSON.stringify({ ...JSON.parse(localStorage.getItem('hop.settings')), perPage: '9' })));
  await a.click('leave');
  await a.join(hopd.url(`/m/${code}`)); // with nine on a page
  await addBots(crowd, code, Array.from({ length: 12 }, (_, i) => `Đại biểu ${i + 1}`), { camera: true });
  const late = await chromiumFor(PEOPLE[2], { context: { viewport: { width: 360, height: 700 } } });
  try {
    // silent, for who talks comes onto the first page
    await late.goto(hopd.url('/'));
    await late.evaluate(() => localStorage.setItem('hop.settings', JSON.stringify({ microphoneOn: false })));
    await late.join(hopd.url(`/m/${code}`)); // the last one: on the second page of both
    await until('there are two pages', 10000, async () => (await a.texts('page'))[0]?.endsWith('/ 2'));
    assert.ok((await a.tiles()).every((t) => t.name !== late.name), 'not on the first page');
    await see(b, false); // only `a` looks
    await flows(late, 'nothing', '', 12000);
    await a.page.keyboard.press('PageDown');
    const shown = async () => (await a.tiles()).some((t) => t.name === late.name && whose(t.colour, PEOPLE)?.name === late.name);
    await until('the second page shows his picture', 10000, shown, 50);
    await a.page.keyboard.press('PageUp');
    await flows(late, 'nothing', '', OFF_MS + 2000);

    const places = () => a.evaluate(() => window.__hop.pc.getTransceivers().filter((t) =>
      t.receiver.track.kind === 'video' && t.currentDirection === 'recvonly').length);
    assert.equal(await places(), 9);
    await a.evaluate(() => {
      window.__states = [];
      const e = document.querySelector('[data-testid="connection-state"]');
      new MutationObserver(() => window.__states.push(e.dataset.state)).observe(e, { attributes: true });
    });
    await a.click('more');
    await a.click('open-settings');
    await a.page.selectOption('[data-testid="per-page"]', '25');
    await a.page.keyboard.press('Escape');
    await until('there are more slots', 15000, async () => (await places()) === 16, 50);
    await until('all are on one page, his picture among them', 15000, async () =>
      (await a.tiles()).length === 15 && (await shown()), 50);
    assert.deepEqual(await a.evaluate(() => window.__states.filter((s) => s !== 'up')), [], 'the line stayed up');
    await see(b, true);
    await assertHears(a, [b.name]);
  } finally {
    await late.close();
    await crowd.close();
  }
});
