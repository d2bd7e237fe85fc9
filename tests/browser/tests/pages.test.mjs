// The secretary schedules, early comers wait and are let in, the operator watches; from home to a
// meeting by a code. All on the real pages.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertHears, assertSees } from '../lib/assert.mjs';
import { chromiumFor } from '../lib/browsers.mjs';
import { ADMIN_PASSWORD, Hopd } from '../lib/hopd.mjs';
import { PEOPLE } from '../lib/media.mjs';
import { until } from '../lib/until.mjs';

const TITLE = 'Họp giao ban Sở Nội vụ';
let hopd, secretary, official;

before(async () => {
  hopd = await new Hopd({ config: '\n[meetings]\nopen-early=0\n' }).start();
  [secretary, official] = await Promise.all(PEOPLE.slice(0, 2).map((p) => chromiumFor(p)));
}, { timeout: 60000 });

after(async () => {
  await Promise.all([secretary?.close(), official?.close()]);
  await hopd?.remove();
});

const pad = (n) => String(n).padStart(2, '0');
const rows = (p) => p.evaluate(() => [...document.querySelectorAll('[data-testid="meeting-row"]')]
  .map((r) => ({ code: r.dataset.code, text: r.textContent })));

/** Hours and minutes in Viet Nam, `minutes` from now. */
function hanoi(minutes) {
  const t = new Date(Date.now() + (7 * 60 + minutes) * 60000);
  return { date: `${pad(t.getUTCDate())}/${pad(t.getUTCMonth() + 1)}/${t.getUTCFullYear()}`,
    time: `${pad(t.getUTCHours())}:${pad(t.getUTCMinutes())}` };
}

test('a wrong password is refused, the right one opens the list', { timeout: 60000 }, async () => {
  await secretary.goto(hopd.url('/meetings'));
  await secretary.fill('username', 'admin');
  await secretary.fill('password', 'sai mật khẩu');
  await secretary.click('sign-in');
  await secretary.waitFor('sign-in-error');
  await secretary.fill('password', ADMIN_PASSWORD);
  await until('signed in', 20000, async () => {
    await secretary.evaluate(() => document.querySelector('[data-testid="sign-in"]')?.click());
    return secretary.evaluate(() => !!document.querySelector('[data-testid="meeting-create"]'));
  }, 1000);
});

test('the secretary schedules, changes and cancels; the .ics follows', { timeout: 60000 }, async () => {
  const { date, time } = hanoi(90);
  await secretary.click('meeting-create');
  await secretary.fill('meeting-title', TITLE);
  await secretary.fill('meeting-date', date);
  await secretary.fill('meeting-start', time);
  await secretary.fill('meeting-end', hanoi(150).time);
  await secretary.click('meeting-save');
  await secretary.waitFor('meeting-page');
  await secretary.goto(hopd.url('/meetings/list'));
  const row = await until('it is listed', 10000, async () => (await rows(secretary)).find((r) => r.text.includes(TITLE)));
  assert.match(row.text, new RegExp(time), 'the time of the meeting\'s own zone');

  const cookie = await hopd.signIn();
  const meeting = (await hopd.api('GET', '/meetings', undefined, cookie)).json.meetings.find((m) => m.code === row.code);
  assert.equal(meeting.time_zone, 'Asia/Ho_Chi_Minh');
  const ics = async () => (await hopd.api('GET', `/meetings/${meeting.id}/invite.ics`, undefined, cookie)).text.replace(/\r\n[ \t]/g, '');
  const first = await ics();
  assert.match(first, /SEQUENCE:0/);
  const uid = /UID:(\S+)/.exec(first)[1];

  await secretary.click('meeting-menu');
  await secretary.click('meeting-edit');
  await secretary.fill('meeting-title', `${TITLE} mở rộng`);
  await secretary.click('meeting-save');
  await secretary.waitFor('meeting-page');
  const second = await ics();
  assert.match(second, /SEQUENCE:1/);
  assert.ok(second.includes(`UID:${uid}`) && second.includes('mở rộng'));

  await secretary.goto(hopd.url('/meetings/list'));
  await until('the new title is listed', 10000, async () => (await rows(secretary)).some((r) => r.text.includes('mở rộng')));
  await secretary.click('meeting-menu');
  await secretary.click('meeting-cancel');
  await secretary.click('meeting-cancel-confirm');
  await until('it is cancelled, after the time in which it can be undone', 20000, async () =>
    (await hopd.api('GET', `/rooms/${meeting.code}`)).json.status === 'cancelled');
  assert.match(await ics(), /METHOD:CANCEL[\s\S]*STATUS:CANCELLED/);
  await official.goto(hopd.url(`/m/${meeting.code}`));
  await official.waitFor('unavailable-cancelled');
});

test('who comes early waits, and is in when the meeting opens', { timeout: 90000 }, async () => {
  const cookie = await hopd.signIn();
  const starts = new Date(Date.now() + 8000);
  const made = await hopd.api('POST', '/meetings', { title: 'Họp đúng giờ', starts_at: starts.toISOString().replace(/\.\d+Z/, 'Z'),
    ends_at: new Date(Date.now() + 3600000).toISOString().replace(/\.\d+Z/, 'Z'), time_zone: 'Asia/Ho_Chi_Minh', send: true }, cookie);
  assert.equal(made.status, 201, made.text);
  await official.goto(hopd.url(`/m/${made.json.code}`));
  const early = await until('he waits, or may ask to', 10000, () => official.evaluate(() =>
    document.querySelector('[data-testid="waiting"]') ? 'waiting' : document.querySelector('[data-testid="join-name"]') ? 'name' : null));
  if (early === 'name') {
    await official.fill('join-name', official.name);
    await official.click('join-button');
    await official.waitFor('waiting');
  }
  assert.ok(Date.now() < starts.getTime(), 'he waited before the start');
  await until('he is in, or may go in', 30000, () => official.evaluate(() => {
    if (document.querySelector('[data-testid="meeting"]')) return true;
    const b = document.querySelector('[data-testid="join-button"]');
    if (b && !b.disabled) b.click();
    return false;
  }), 300);
  assert.ok(Date.now() >= starts.getTime() - 1500, 'not before it opened');
  await official.click('leave');
});

test('from home: start a meeting, the other joins by its code; the operator sees both', { timeout: 90000 }, async () => {
  await secretary.goto(hopd.url('/'));
  await secretary.click('home-start');
  await secretary.waitFor('join-button');
  const code = /\/m\/([a-z-]+)/.exec(await secretary.evaluate(() => location.pathname))[1];
  await secretary.join(hopd.url(`/m/${code}`)).catch(async (e) => {
    // signed in, his name is fixed
    if (!(await secretary.evaluate(() => !!document.querySelector('[data-testid="meeting"]')))) throw e;
  });
  await official.goto(hopd.url('/'));
  await official.fill('home-code', code);
  await official.click('home-join');
  await official.fill('join-name', official.name);
  await official.click('join-button');
  await official.waitFor('meeting', 20000);
  await assertHears(official, [PEOPLE[0].name]);
  const operator = await secretary.context.newPage();
  await operator.goto(hopd.url('/ops'));
  const seen = await until('the room with both and the workers are shown', 15000, () => operator.evaluate((c) => {
    const room = document.querySelector(`[data-testid="ops-room"][data-code="${c}"]`);
    const people = room ? [...room.querySelectorAll('[data-testid="ops-participant"]')].map((r) => r.textContent) : [];
    const workers = document.querySelectorAll('[data-testid="ops-worker"]').length;
    return people.length === 2 && workers > 0 && people.every((t) => /\d/.test(t)) ? people : null;
  }, code));
  assert.ok(seen.some((t) => t.includes(official.name)));
  const metrics = await (await fetch(`http://127.0.0.1:${hopd.ports.http}/metrics`)).text();
  assert.match(metrics, /^hop\w*participants\w*(\{.*\})? 2$/m);
  await operator.close();
});

test('H.264 by configuration: the same pictures, decoded', { timeout: 90000 }, async () => {
  const h264 = await new Hopd({ config: '\nvideo-codecs=H264;VP8\n' }).start();
  const pair = await Promise.all(PEOPLE.slice(2, 4).map((p) => chromiumFor(p)));
  try {
    const code = await h264.newRoom();
    for (const p of pair) await p.join(h264.url(`/m/${code}`));
    await assertSees(pair[0], [pair[1].name]);
    await assertSees(pair[1], [pair[0].name]);
    const stats = await pair[0].stats();
    const video = stats.find((s) => s.type === 'inbound-rtp' && s.kind === 'video' && s.framesDecoded > 0);
    assert.equal(stats.find((s) => s.id === video.codecId).mimeType, 'video/H264');
  } finally {
    await Promise.all(pair.map((p) => p.close()));
    await h264.remove();
  }
});
