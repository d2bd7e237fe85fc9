// A meeting with a door: a guest comes by his link, waits and is admitted; the chair is cut off and
// the secretary goes on; attendance afterwards. Chromium and Firefox.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chromiumFor, firefoxFor } from '../lib/browsers.mjs';
import { Hopd } from '../lib/hopd.mjs';
import { PEOPLE } from '../lib/media.mjs';
import { until } from '../lib/until.mjs';

let hopd, admin, meeting, chair, secretary, guest;
const SHOTS = process.env.HOP_TEST_SHOTS; // a directory: pictures of the pages on the way
const shot = (page, name) => SHOTS && page.page.screenshot({ path: `${SHOTS}/${name}.png` });
const [AN, BICH, CUONG] = PEOPLE.map(({ name }) => name);

const has = (page, id) => page.evaluate((testid) => !!document.querySelector(`[data-testid="${testid}"]`), id);
const text = async (page, id) => (await page.texts(id)).join(' ');
const link = (name) => {
  const { hash } = new URL(meeting.invitees.find((i) => i.name === name).link);
  return hopd.url(`/m/${meeting.code}${hash}`);
};
const reason = (page) => page.evaluate(() => document.querySelector('[data-testid="waiting"]')?.dataset.reason ?? null);

before(async () => {
  hopd = await new Hopd().start();
  admin = await hopd.signIn();
  const now = Date.now();
  const person = (name, role) => ({ kind: 'guest', name, title: 'Chuyên viên', unit_name: 'Sở Y tế', role });
  const made = await hopd.api('POST', '/meetings', {
    title: 'Thẩm định quy hoạch', time_zone: 'Asia/Ho_Chi_Minh', send: true,
    starts_at: new Date(now + 10 * 60000).toISOString(), ends_at: new Date(now + 70 * 60000).toISOString(),
    settings: { lobby: 'guests', opens_by_itself: false, muted: true },
    invitees: [person(AN, 'chair'), person(BICH, 'secretary'), person(CUONG, 'guest')],
  }, admin);
  assert.equal(made.status, 201, made.text);
  meeting = (await hopd.api('GET', `/meetings/${made.json.id}`, undefined, admin)).json;
  [chair, secretary, guest] = await Promise.all([
    chromiumFor(PEOPLE[0]), chromiumFor(PEOPLE[1]), firefoxFor(PEOPLE[2])]);
}, { timeout: 120000 });

after(async () => {
  await Promise.all([chair?.close(), secretary?.close(), guest?.close()]);
  await hopd?.remove();
});

test('a guest comes by his link, waits for the chair, and is admitted', { timeout: 60000 }, async () => {
  await guest.goto(link(CUONG));
  await guest.fill('join-name', CUONG);
  await guest.click('join-button');
  await until('he waits for somebody who leads', 15000, async () => (await reason(guest)) === 'chair');
  await shot(guest, 'waiting-chair');
  await chair.join(link(AN));
  await until('he waits to be admitted', 10000, async () => (await reason(guest)) === 'lobby');
  await chair.click('open-lobby');
  await until('the chair sees who it is', 10000, async () => {
    const row = await text(chair, 'knock');
    return row.includes(CUONG) && row.includes('Sở Y tế');
  });
  await shot(chair, 'lobby-panel');
  await chair.click('admit');
  await guest.waitFor('leave', 20000);
  await until('the lobby is empty', 10000, async () => (await text(chair, 'knock')) === '');
  // people come in with their microphones off, and may turn them on themselves
  const on = () => guest.evaluate(() => {
    const { participants, you } = window.__hop.session;
    return participants.find((p) => p.id === you)?.media.microphone;
  });
  await until('his microphone is off', 10000, async () => (await on()) === false);
  await guest.click('toggle-microphone');
  await until('his microphone is on', 10000, on);
});

test('sent back he waits again, and is refused with a word', { timeout: 60000 }, async () => {
  await chair.click('participants-open');
  await until('his row is there', 5000, () => chair.evaluate((name) =>
    !!document.querySelector(`[data-testid="participant-row"][data-name="${name}"]`), CUONG));
  await shot(chair, 'people');
  await chair.evaluate((name) => document.querySelector(
    `[data-testid="participant-row"][data-name="${name}"] [data-testid="participant-menu"]`).click(), CUONG);
  await chair.evaluate((name) => document.querySelector(
    `[data-testid="participant-row"][data-name="${name}"] [data-testid="send-back"]`).click(), CUONG);
  await until('he is before the door', 10000, async () => (await reason(guest)) === 'lobby');
  await chair.click('open-lobby');
  await chair.click('refuse');
  await chair.fill('refuse-message', 'Mời anh gọi Văn phòng');
  await shot(chair, 'lobby-refuse');
  await chair.click('refuse-confirm');
  await until('he reads it', 10000, async () =>
    (await text(guest, 'left-turned_away')).includes('Mời anh gọi Văn phòng'));
  await shot(guest, 'turned-away');
});

test('the chair is cut off, the secretary goes on, and the chair comes back', { timeout: 90000 }, async () => {
  await secretary.join(link(BICH));
  await guest.click('rejoin'); // he asks again
  await guest.waitFor('join-button');
  await until('he may', 10000, () => guest.evaluate(() => !document.querySelector('[data-testid="join-button"]').disabled));
  await guest.click('join-button');
  await until('he waits', 15000, async () => (await reason(guest)) === 'lobby');
  await chair.evaluate(() => { // no connection goes through any more
    window.__real = window.WebSocket;
    window.WebSocket = class extends window.__real {
      constructor(_url, protocols) { super('ws://127.0.0.1:9/', protocols); }
    };
    window.__hop.cut();
  });
  await until('the secretary stands in', 45000, () => has(secretary, 'acting-banner'));
  await shot(secretary, 'acting-banner');
  await secretary.click('open-lobby');
  await secretary.click('admit');
  await guest.waitFor('leave', 20000);
  await until('the others know', 10000, async () => (await text(guest, 'acting-banner')).includes(BICH));
  await chair.evaluate(() => { window.WebSocket = window.__real; });
  await until('the chair leads again', 30000, async () => !(await has(guest, 'acting-banner')));
});

test('the attendance board and the list afterwards', { timeout: 60000 }, async () => {
  await secretary.click('more');
  await secretary.click('open-attendance');
  const board = () => secretary.evaluate(() => Object.fromEntries(
    [...document.querySelectorAll('[data-testid="attendee"]')].map((r) => [r.dataset.name, r.dataset.state])));
  await until('all are on the board', 10000, async () =>
    [AN, BICH, CUONG].every(async (name) => (await board())[name] === 'present_online'));
  await shot(secretary, 'attendance-board');
  const list = (await hopd.api('GET', `/meetings/${meeting.id}/attendance`, undefined, admin)).json;
  const of = (name) => list.people.find((p) => p.name === name);
  assert.equal(of(AN).role, 'chair');
  assert.ok(of(AN).spans.length >= 1);
  assert.equal(of(CUONG).spans.length, 2); // sent back, and admitted again
  assert.equal(of(CUONG).spans[0].admitted_by, AN);
  assert.equal(of(CUONG).spans[1].admitted_by, BICH);
  assert.equal(of(CUONG).spans[0].through, 'invitation');
  const seconds = (span) => (new Date(span.left_at ?? Date.now()) - new Date(span.joined_at)) / 1000;
  for (const person of list.people) {
    const sum = person.spans.reduce((n, span) => n + seconds(span), 0);
    assert.ok(Math.abs(sum - person.seconds) <= person.spans.length + 2, `${person.name}: ${sum} ${person.seconds}`);
  }
  const csv = await hopd.api('GET', `/meetings/${meeting.id}/attendance.csv`, undefined, admin);
  assert.ok(csv.text.includes(`${CUONG},Chuyên viên,Sở Y tế,Khách mời,Có mặt trực tuyến`), csv.text);
  const pdf = await hopd.api('GET', `/meetings/${meeting.id}/attendance.pdf`, undefined, admin);
  assert.ok(pdf.text.startsWith('%PDF-'));
  assert.equal((await hopd.api('GET', `/meetings/${meeting.id}/attendance`)).status, 401);
});

test("a technician tries his site's line; the organizer sees the result", { timeout: 90000 }, async () => {
  const page = link(CUONG).replace('#', '/test#');
  await chair.goto(page);
  await until('devices are open', 15000, () => chair.evaluate(() =>
    (document.querySelector('[data-testid="preview"] video')?.videoWidth ?? 0) > 0 &&
    !!document.querySelector('[data-testid="microphone-meter"]')));
  await chair.click('line-test-run');
  await chair.waitFor('line-test-result', 40000);
  await shot(chair, 'line-test');
  const good = await chair.evaluate(() => Object.fromEntries(['microphone', 'camera', 'down'].map((name) =>
    [name, document.querySelector(`[data-testid="line-test-${name}"]`)?.dataset.good])));
  assert.deepEqual(good, { microphone: 'true', camera: 'true', down: 'true' });
  const { tests } = (await hopd.api('GET', `/meetings/${meeting.id}/tests`, undefined, admin)).json;
  assert.equal(tests.length, 1);
  assert.equal(tests[0].name, CUONG);
  assert.equal(tests[0].result.heard_back, true);
  assert.ok(tests[0].result.up_kbps > 30, JSON.stringify(tests[0]));
  assert.deepEqual([tests[0].result.udp, tests[0].result.ice_tcp, tests[0].result.turn], [true, true, undefined]);
  const [read] = await chair.texts('line-test-number');
  assert.match(read, new RegExp(`${tests[0].result.code}$`)); // what he reads out is what the operator finds
  const all = (await hopd.api('GET', '/ops/tests', undefined, admin)).json.tests;
  assert.deepEqual(all.map((t) => [t.meeting, t.result.code]), [[meeting.id, tests[0].result.code]]);
});
