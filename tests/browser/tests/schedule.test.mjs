// A secretary's work on the real pages: a weekly meeting for a unit, guests from outside and a site,
// one date changed, another cancelled; two secretaries at the same meeting; by keyboard alone; texts
// that would be scripts.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chromiumFor, firefoxFor } from '../lib/browsers.mjs';
import { Hopd } from '../lib/hopd.mjs';
import { PEOPLE } from '../lib/media.mjs';
import { until } from '../lib/until.mjs';

const PASSWORD = 'hoa sen nở sớm';
const SCRIPT = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';
let hopd, cookie, one, two, unit, hall;

/** The n-th Monday from next week on, where the meeting is: as people write it, and 08:00 of it in UTC. */
function monday(n) {
  const now = new Date(Date.now() + 7 * 3600e3);
  const ahead = 14 - ((now.getUTCDay() + 6) % 7) + 7 * n;
  const day = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + ahead));
  const iso = day.toISOString().slice(0, 10);
  return { date: iso.split('-').reverse().join('/'), stamp: `${iso}T01:00:00Z`, at: (time) => `${iso}T${time}:00Z` };
}
const mondays = [0, 1, 2].map(monday);

before(async () => {
  hopd = await new Hopd().start();
  cookie = await hopd.signIn();
  unit = (await hopd.api('POST', '/units', { name: 'Sở Y tế', parent: null }, cookie)).json.id;
  const lines = Array.from({ length: 300 }, (_, i) => `canbo${i};Cán bộ số ${i};${i < 12 ? 'Sở Y tế' : ''};Chuyên viên`);
  const csv = `Tài khoản;Họ và tên;Đơn vị;Chức vụ\n${lines.join('\n')}\n`;
  assert.equal((await hopd.api('POST', '/users/import', { csv, apply: true }, cookie)).status, 201);
  for (const [username, name] of [['binh', 'Trần Thị Bình'], ['hoa', 'Lê Thị Hoa']])
    await hopd.account(cookie, { username, name, title: 'Thư ký', unit, roles: ['secretary'] }, PASSWORD);
  hall = (await hopd.api('POST', '/resources', { name: 'Hội trường A', kind: 'hall', seats: 200, place: 'Tầng 1', unit: null }, cookie)).json.id;
  [one, two] = await Promise.all([chromiumFor(PEOPLE[0]), firefoxFor(PEOPLE[1])]);
  for (const [page, username] of [[one, 'binh'], [two, 'hoa']]) {
    await page.goto(hopd.url('/meetings'));
    await page.fill('username', username);
    await page.fill('password', PASSWORD);
    await page.click('sign-in');
    await page.waitFor('meeting-create', 20000);
  }
}, { timeout: 90000 });

after(async () => {
  await Promise.all([one?.close(), two?.close()]);
  await hopd?.remove();
});

const count = (page, id) => page.evaluate((testid) => document.querySelectorAll(`[data-testid="${testid}"]`).length, id);
const where = (page) => page.evaluate(() => location.pathname);

/** A <select> has no input event of its own. */
const choose = (page, id, value) => page.evaluate(([testid, to]) => {
  const e = document.querySelector(`[data-testid="${testid}"]`);
  e.value = to;
  e.dispatchEvent(new Event('change', { bubbles: true }));
}, [id, value]);

async function invite(page, text, kind) {
  const before = await count(page, 'invitee-row');
  await page.evaluate(() => document.querySelector('[data-testid="invitee-add"]').focus());
  await page.fill('invitee-add', text);
  await until(`${text} is offered`, 10000, () => page.evaluate((k) => {
    const option = [...document.querySelectorAll('[data-testid="picker-option"]')].find((o) => o.dataset.kind === k);
    option?.click();
    return !!option;
  }, kind));
  await until(`${text} is invited`, 5000, async () => (await count(page, 'invitee-row')) > before);
}

const meetingOf = async (id) => (await hopd.api('GET', `/meetings/${id}`, undefined, cookie)).json;
let id;

test('a weekly meeting for a unit, two guests and a site of 30', { timeout: 60000 }, async () => {
  await one.click('meeting-create');
  await one.fill('meeting-title', 'Giao ban tuần');
  await one.fill('meeting-date', mondays[0].date);
  await one.fill('meeting-start', '8h');
  await one.fill('meeting-end', '9h30');
  await choose(one, 'meeting-repeat', 'weekly');
  await choose(one, 'repeat-ends', 'count');
  await one.fill('repeat-count', '10');
  await until('it is said in words', 5000, async () =>
    (await one.texts('repeat-words'))[0] === 'Hằng tuần vào thứ Hai, trong 10 lần');
  assert.ok((await one.texts('repeat-next'))[0].includes(mondays.map((m) => m.date).join(', ')));
  await invite(one, 'so y te', 'unit');
  await invite(one, 'khach1@cong-ty.vn, khach2@cong-ty.vn', 'guests');
  await invite(one, 'Huyện Mù Cang Chải', 'site');
  await one.evaluate(() => {
    const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
    const field = document.querySelector('[data-testid="invitee-attendees"]');
    set.call(field, '30');
    field.dispatchEvent(new Event('input', { bubbles: true }));
  });
  await one.click(`meeting-resource-${hall}`);
  await until('nobody is taken', 15000, () => one.evaluate(() =>
    !!document.querySelector('[data-testid="conflicts"] .no-conflicts')));
  // what is unsaved outlives the page
  await until('it is kept', 5000, () => one.evaluate(() => localStorage.getItem('hop.draft.binh.new')?.includes('Mù Cang Chải')));
  await one.goto(hopd.url('/meetings/new'));
  await one.waitFor('draft-restored');
  assert.equal(await count(one, 'invitee-row'), 5, 'herself, the unit, two guests, the site');
  await one.click('meeting-save');
  await one.waitFor('meeting-page', 20000);
  id = Number((await where(one)).split('/').pop());
  const meeting = await meetingOf(id);
  assert.deepEqual(meeting.rrule.split(';').sort(), ['BYDAY=MO', 'COUNT=10', 'FREQ=WEEKLY']);
  assert.equal(meeting.starts_at, mondays[0].stamp);
  assert.equal(meeting.status, 'scheduled');
  assert.equal(meeting.secretary?.name, 'Trần Thị Bình');
  assert.deepEqual(meeting.resources, [hall]);
  assert.equal(meeting.invitees.find((i) => i.kind === 'site').attendees, 30);
  assert.equal(meeting.invitees.filter((i) => i.kind === 'guest').length, 2);
  assert.ok(meeting.invitees.filter((i) => i.via).length >= 12, 'the people of the unit');
  await until('its page shows them', 10000, async () => (await count(one, 'invitee')) >= 15);
});

test('one date is changed, another is cancelled, and that undone before it is done', { timeout: 60000 }, async () => {
  const [, { stamp: second }, { stamp: third }] = mondays;
  const row = (stamp) => one.evaluate((at) => document.querySelector(
    `[data-testid="meeting-date-row"][data-occurrence="${at}"]`)?.dataset.status ?? null, stamp);
  const menu = (stamp, entry) => one.evaluate(([at, what]) => {
    const line = document.querySelector(`[data-testid="meeting-date-row"][data-occurrence="${at}"]`);
    line.querySelector('[data-testid="meeting-menu"]').click();
    return new Promise((done) => setTimeout(() => {
      line.querySelector(`[data-testid="${what}"]`)?.click();
      done();
    }, 100));
  }, [stamp, entry]);
  await until('the dates are listed', 10000, () => row(second));
  await menu(second, 'meeting-edit-one');
  await one.waitFor('occurrence-editor');
  await one.fill('meeting-start', '14:00');
  await one.fill('meeting-end', '15:30');
  await one.fill('meeting-place', 'Hội trường B');
  await one.click('meeting-save');
  await one.waitFor('meeting-page');
  const [change] = (await meetingOf(id)).changes;
  assert.deepEqual([change.occurrence, change.starts_at, change.place], [second, mondays[1].at('07:00'), 'Hội trường B']);

  await until('the dates are listed', 10000, () => row(third));
  await menu(third, 'meeting-cancel-one');
  await one.click('meeting-cancel-confirm');
  await until('it is gone from the list', 5000, async () => (await row(third)) === null);
  await one.evaluate(() => document.querySelector('[data-testid="toasts"] .link').click());
  await until('it is back', 5000, () => row(third));
  assert.deepEqual((await meetingOf(id)).exdates, []);
  await menu(third, 'meeting-cancel-one');
  await one.click('meeting-cancel-confirm');
  await one.goto(hopd.url('/meetings/list')); // who leaves the page means it
  await until('it is cancelled', 10000, async () => (await meetingOf(id)).exdates.join() === third);
});

test('two secretaries at the same meeting: the second is told, and merges', { timeout: 60000 }, async () => {
  for (const page of [one, two]) {
    await page.goto(hopd.url(`/meetings/${id}/edit`));
    await page.waitFor('meeting-title');
  }
  await one.fill('meeting-title', 'Giao ban tuần toàn ngành');
  await one.fill('meeting-place', 'Phòng 1');
  await one.click('meeting-save');
  await one.waitFor('meeting-page');
  await two.fill('meeting-place', 'Phòng 2');
  await two.fill('meeting-description', 'Báo cáo tuần');
  await two.click('meeting-save');
  await two.waitFor('merge-dialog');
  assert.match((await two.texts('merge-theirs'))[0], /Giao ban tuần toàn ngành/);
  assert.match((await two.texts('merge-mine'))[0], /Báo cáo tuần/);
  assert.match((await two.texts('merge-both'))[0], /Phòng 1.*Phòng 2|Phòng 2.*Phòng 1/s);
  await two.click('merge-place-theirs');
  await two.click('merge-save');
  await two.waitFor('meeting-page', 15000);
  const meeting = await meetingOf(id);
  assert.deepEqual([meeting.title, meeting.place, meeting.description], ['Giao ban tuần toàn ngành', 'Phòng 1', 'Báo cáo tuần']);
  assert.equal(meeting.invitees.find((i) => i.kind === 'site').attendees, 30, 'nothing else is lost');
});

test('by keyboard alone: found in the calendar, planned, invited, sent', { timeout: 60000 }, async () => {
  const { keyboard } = one.page;
  const focused = () => one.evaluate(() => document.activeElement?.dataset.testid ?? '');
  const tabTo = async (testid) => {
    for (let i = 0; i < 120; i++) {
      if ((await focused()) === testid) return;
      await keyboard.press('Tab');
    }
    assert.fail(`${testid} is not reached with Tab; at ${await focused()}`);
  };
  await one.goto(hopd.url('/meetings'));
  await one.waitFor('meeting-create');
  await tabTo('meeting-create');
  await keyboard.press('Enter');
  await one.waitFor('meeting-title');
  await tabTo('meeting-title');
  await keyboard.type('Họp bằng bàn phím');
  await tabTo('invitee-add');
  await keyboard.type('can bo so 299');
  await one.waitFor('picker-option');
  await until('the account is the first', 10000, () => one.evaluate(() =>
    document.querySelector('[data-testid="picker-option"]')?.dataset.kind === 'user'));
  await keyboard.press('Enter');
  await until('he is invited', 5000, async () => (await count(one, 'invitee-row')) === 2);
  await tabTo('meeting-save');
  await keyboard.press('Enter');
  await one.waitFor('meeting-page', 15000);
  assert.ok((await one.texts('invitee')).some((t) => t.includes('Cán bộ số 299')));
  await one.goto(hopd.url('/meetings/calendar?view=month'));
  await one.waitFor('calendar');
  await until('a meeting takes the focus', 20000, async () => {
    await keyboard.press('Tab');
    return one.evaluate(() => document.activeElement?.classList.contains('meeting-event'));
  }, 20);
  await keyboard.press('Enter');
  await one.waitFor('calendar-look');
  await keyboard.press('Escape');
  await until('closed, and the focus is where it was', 5000, () => one.evaluate(() =>
    !document.querySelector('[data-testid="calendar-look"]') && document.activeElement.classList.contains('meeting-event')));
});

test('texts that would be scripts are texts on every page', { timeout: 60000 }, async () => {
  const evil = { title: SCRIPT, description: SCRIPT, place: SCRIPT, starts_at: new Date(Date.now() + 3600e3).toISOString().replace(/\.\d+/, ''),
    ends_at: new Date(Date.now() + 7200e3).toISOString().replace(/\.\d+/, ''), time_zone: 'Asia/Ho_Chi_Minh', send: true,
    invitees: [{ kind: 'guest', name: SCRIPT.slice(0, 80), email: 'x@y.vn', title: SCRIPT.slice(0, 60), role: 'guest' }] };
  const made = await hopd.api('POST', '/meetings', evil, cookie);
  assert.equal(made.status, 201, made.text);
  await hopd.api('POST', '/groups', { name: SCRIPT.slice(0, 100), members: [] }, cookie);
  await hopd.api('POST', '/resources', { name: SCRIPT.slice(0, 60), kind: 'room', seats: 1, place: SCRIPT.slice(0, 60), unit: null }, cookie);
  await hopd.api('POST', '/units', { name: SCRIPT.slice(0, 100), parent: null }, cookie);
  const admin = await one.context.browser().newContext({ ignoreHTTPSErrors: true });
  const [name, value] = cookie.split('=');
  await admin.addCookies([{ name, value, url: hopd.url('/') }]);
  const page = await admin.newPage();
  for (const path of ['/meetings', '/meetings/list', '/meetings/calendar?view=month', '/meetings/calendar?view=resources', `/meetings/${made.json.id}`,
    `/meetings/${made.json.id}/edit`, '/groups', '/resources', '/people']) {
    await page.goto(hopd.url(path));
    await until(`${path} shows it`, 10000, () => page.evaluate(() =>
      /<img src=x|units-dialog/.test(document.body.textContent + [...document.querySelectorAll('input, textarea, option')].map((e) => e.value + e.textContent).join())
      || location.pathname === '/people'));
    assert.equal(await page.evaluate(() => [window.hacked, document.querySelectorAll('img[src="x"]').length].join()), ',0', path);
  }
  await admin.close();
});
