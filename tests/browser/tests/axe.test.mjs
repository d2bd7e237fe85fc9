// Every page of the product under axe-core's WCAG 2.2 AA rules: each in light and dark, Vietnamese and
// English, so that every colour, word and page is seen.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { faults } from '../lib/axe.mjs';
import { chromiumFor } from '../lib/browsers.mjs';
import { ADMIN_PASSWORD, Hopd } from '../lib/hopd.mjs';
import { PEOPLE } from '../lib/media.mjs';
import { until } from '../lib/until.mjs';

let hopd, page, cookie, id, code, invited;
const looks = [['light', 'vi'], ['dark', 'en'], ['light', 'en'], ['dark', 'vi']];

before(async () => {
  hopd = await new Hopd().start();
  cookie = await hopd.signIn();
  const unit = (await hopd.api('POST', '/units', { name: 'Sở Y tế', parent: null }, cookie)).json.id;
  await hopd.api('POST', '/users', { username: 'binh', name: 'Trần Thị Bình', title: 'Thư ký', unit, roles: ['secretary'] }, cookie);
  const hall = (await hopd.api('POST', '/resources', { name: 'Hội trường A', kind: 'hall', seats: 9, place: '', unit: null }, cookie)).json.id;
  await hopd.api('POST', '/groups', { name: 'Ban chỉ đạo', members: [1] }, cookie);
  const at = (minutes) => new Date(Date.now() + minutes * 60e3).toISOString().replace(/\.\d+/, '');
  const made = await hopd.api('POST', '/meetings', { title: 'Giao ban tuần', description: 'Nội dung', place: 'Tầng 3', starts_at: at(5), ends_at: at(65),
    time_zone: 'Asia/Ho_Chi_Minh', rrule: 'FREQ=DAILY;COUNT=3', resources: [hall], send: true,
    invitees: [{ kind: 'unit', ref: unit, role: 'delegate' }, { kind: 'guest', name: 'Khách', email: 'khach@cty.vn', role: 'guest' }] }, cookie);
  assert.equal(made.status, 201, made.text);
  ({ id, code } = made.json);
  const token = new URL(made.json.invitees.find((i) => i.kind === 'guest').link).hash.replace('#t=', '');
  // the answer to an invitation, where this server takes it
  invited = (await hopd.api('GET', `/invitations/${token}`)).status === 200 ? [[`/i/#${token}`, 'invitation']] : [];
  await hopd.api('POST', '/me/room', {}, cookie);
  page = await chromiumFor(PEOPLE[0]);
}, { timeout: 60000 });

after(async () => {
  await page?.close();
  await hopd?.remove();
});

async function look(path, testid, [theme, language]) {
  await page.evaluate(([t, l]) => {
    const kept = JSON.parse(localStorage.getItem('hop.settings') ?? '{}');
    localStorage.setItem('hop.settings', JSON.stringify({ ...kept, theme: t, language: l }));
  }, [theme, language]);
  if (path.includes('#')) await page.goto(hopd.url('/')); // another # alone loads nothing
  await page.goto(hopd.url(path));
  await page.waitFor(testid);
  await until('nothing is loading', 10000, () => page.evaluate(() => !document.querySelector('.spinner')));
}

/** All looks on pages that matter most, else two that differ in everything. */
function pages(name, list) {
  test(name, { timeout: 120000 }, async () => {
    const found = [];
    for (const [path, testid, then] of list()) {
      for (const [i, one] of looks.entries()) {
        if (i > 1 && !['/meetings', '/meetings/new'].includes(path)) continue;
        await look(path, testid, one);
        await then?.();
        for (const fault of await faults(page)) found.push(`${path} ${one.join(' ')}: ${fault}`);
      }
    }
    assert.deepEqual(found, []);
  });
}

test('the sign-in', { timeout: 60000 }, async () => {
  await page.goto(hopd.url('/'));
  for (const one of looks) {
    await look('/meetings', 'sign-in', one);
    assert.deepEqual(await faults(page), []);
  }
  await page.fill('username', 'admin');
  await page.fill('password', ADMIN_PASSWORD);
  await page.click('sign-in');
  await page.waitFor('meeting-create', 20000);
});

pages('home, joining, waiting', () => [
  ['/', 'home-start'],
  [`/m/${code}`, 'join-button'],
  ...invited,
  ['/i/#xxxxxxxxxxxxxxxxxxxxxxxx', 'invitation-gone'],
  ['/m/abc-defg-hij', 'unavailable-not_found'],
]);

pages('the schedule', () => [
  ['/meetings', 'meeting-create'],
  ['/meetings/list', 'meeting-row'],
  ...['day', 'week', 'month', 'resources'].map((view) => [`/meetings/calendar?view=${view}`, 'calendar',
    () => until('the meeting is shown', 10000, () => page.evaluate(() => !!document.querySelector('.meeting-event')))]),
  ['/meetings/mail', 'mail-state'],
  ['/meetings/new', 'meeting-title', async () => {
    await page.evaluate(() => {
      const repeat = document.querySelector('[data-testid="meeting-repeat"]');
      repeat.value = 'weekly';
      repeat.dispatchEvent(new Event('change', { bubbles: true }));
    });
    await page.fill('meeting-title', '');
    await page.click('meeting-save');
    await page.waitFor('editor-problem');
  }],
  [`/meetings/${id}`, 'invitee'],
]);

pages('the directory, the account, operations', () => [
  ['/people', 'account-row'],
  ['/people', 'people-add', () => page.click('people-add').then(() => page.waitFor('account-dialog'))],
  ['/groups', 'group-row'],
  ['/resources', 'resource-row'],
  ['/account', 'session'],
  ['/ops', 'ops-worker'],
]);

test('in the meeting, with its panels', { timeout: 90000 }, async () => {
  const found = [];
  for (const one of looks.slice(0, 2)) {
    await look(`/m/${code}`, 'join-button', one);
    await until('in', 20000, async () => {
      await page.evaluate(() => document.querySelector('[data-testid="join-button"]')?.click());
      return page.evaluate(() => !!document.querySelector('[data-testid="meeting"]'));
    }, 500);
    for (const open of [null, 'open-chat', 'participants-open']) {
      if (open) await page.click(open);
      for (const fault of await faults(page)) found.push(`${open} ${one.join(' ')}: ${fault}`);
    }
  }
  assert.deepEqual(found, []);
});
