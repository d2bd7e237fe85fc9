// The administrator's people: an account from its first password to a second factor, and a whole
// spreadsheet at once. All on the real pages.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { after, before, test } from 'node:test';
import { chromiumFor, firefoxFor } from '../lib/browsers.mjs';
import { ADMIN_PASSWORD, Hopd } from '../lib/hopd.mjs';
import { PEOPLE } from '../lib/media.mjs';
import { until } from '../lib/until.mjs';

let hopd, admin, secretary;
const PASSWORD = 'hoa sen nở sớm';
const SHOTS = process.env.HOP_TEST_SHOTS; // a directory: pictures of the pages on the way

before(async () => {
  hopd = await new Hopd().start();
  [admin, secretary] = await Promise.all([chromiumFor(PEOPLE[0]), firefoxFor(PEOPLE[1])]);
}, { timeout: 60000 });

after(async () => {
  await Promise.all([admin?.close(), secretary?.close()]);
  await hopd?.remove();
});

const shot = (page, name) => SHOTS && page.page.screenshot({ path: `${SHOTS}/${name}.png` });
const has = (page, id) => page.evaluate((testid) => !!document.querySelector(`[data-testid="${testid}"]`), id);
const rows = (page) => page.evaluate(() =>
  [...document.querySelectorAll('[data-testid="account-row"]')].map((r) => r.dataset.username));

async function signIn(page, username, password, code) {
  await page.fill('username', username);
  await page.fill('password', password);
  await page.click('sign-in');
  if (code === undefined) return;
  await page.waitFor('code');
  await page.fill('code', await code());
  await page.click('sign-in');
}

/** RFC 6238, beside the server's own. */
function totp(base32) {
  const bits = [...base32.replace(/\s/g, '')].map((c) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => Number.parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000)));
  const mac = crypto.createHmac('sha1', key).update(counter).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1000000).padStart(6, '0');
}

let first;

test('an administrator makes a unit and a secretary in it', { timeout: 60000 }, async () => {
  await admin.goto(hopd.url('/people'));
  await signIn(admin, 'admin', ADMIN_PASSWORD);
  await admin.click('people-units');
  await admin.fill('unit-name', 'Sở Y tế');
  await admin.click('unit-save');
  await until('the unit is listed', 10000, () => admin.evaluate(() =>
    document.querySelector('[data-testid="units-dialog"]')?.textContent.includes('Sở Y tế')));
  await shot(admin, 'units');
  await admin.page.keyboard.press('Escape');
  await admin.click('people-add');
  await admin.fill('account-name', 'Trần Thị Bình');
  await admin.fill('account-username', 'bình');
  await admin.click('account-role-secretary');
  await admin.click('account-save');
  await until('the wrong account name is told at its field', 5000, () => admin.evaluate(() =>
    document.querySelector('[data-testid="account-username"]')?.getAttribute('aria-invalid') === 'true'));
  await shot(admin, 'account-wrong');
  await admin.fill('account-username', 'binh');
  await admin.click('account-save');
  await admin.waitFor('first-password');
  [first] = await admin.texts('first-password');
  await shot(admin, 'first-password');
  await admin.click('password-done');
  await until('she is listed', 10000, async () => (await rows(admin)).includes('binh'));
  await admin.fill('people-search', 'tran thi');
  await until('search ignores diacritics', 10000, async () => (await rows(admin)).join() === 'binh');
  await admin.fill('people-search', '');
  await shot(admin, 'people');
});

test('she chooses her own password, and schedules', { timeout: 60000 }, async () => {
  await secretary.goto(hopd.url('/meetings'));
  await signIn(secretary, 'binh', first);
  await secretary.waitFor('first-password-change');
  await secretary.fill('password-new', 'password123');
  await secretary.fill('password-again', 'password123');
  await secretary.click('password-save');
  await secretary.waitFor('password-problem');
  await shot(secretary, 'choose-password');
  await secretary.fill('password-new', PASSWORD);
  await secretary.fill('password-again', PASSWORD);
  await secretary.click('password-save');
  await secretary.waitFor('meeting-create', 20000);
  assert.equal(await secretary.evaluate(() => !!document.querySelector('a[href="/people"]')), false,
    'accounts are not hers to keep');
});

test('a second factor is asked for from then on, and a recovery code does', { timeout: 90000 }, async () => {
  await secretary.goto(hopd.url('/account'));
  await secretary.click('totp-begin');
  await secretary.waitFor('totp-secret');
  await shot(secretary, 'totp');
  const [secret] = await secretary.texts('totp-secret');
  await secretary.fill('totp-code', totp(secret));
  await secretary.fill('totp-password', PASSWORD);
  await secretary.click('totp-save');
  await secretary.waitFor('recovery-codes', 20000);
  await shot(secretary, 'recovery');
  const code = await secretary.evaluate(() => document.querySelector('[data-testid="recovery-codes"] li').textContent);
  await secretary.click('sign-out');
  await signIn(secretary, 'binh', PASSWORD, () => code.toUpperCase());
  await secretary.waitFor('sign-out', 20000);
  await secretary.click('sign-out');
  await signIn(secretary, 'binh', PASSWORD, () => code);
  await secretary.waitFor('sign-in-error', 20000);
});

test('a spreadsheet is shown with what is wrong, then imported whole', { timeout: 90000 }, async () => {
  const choose = (text) => admin.evaluate((csv) => {
    const input = document.querySelector('[data-testid="import-file"]');
    const data = new DataTransfer();
    data.items.add(new File([csv], 'can-bo.csv', { type: 'text/csv' }));
    input.files = data.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  }, text);
  const lines = Array.from({ length: 300 }, (_, i) => `canbo${i};Cán bộ số ${i};Sở Y tế;Chuyên viên`);
  await admin.click('people-import');
  await choose(`Tài khoản;Họ và tên;Đơn vị;Chức vụ\n${lines.join('\n')}\ncanbo1;;Không có;\n`);
  await until('the wrong line is told', 10000, async () => (await admin.texts('import-summary'))[0]?.startsWith('300 '));
  await shot(admin, 'import-wrong');
  assert.equal(await admin.evaluate(() => document.querySelector('[data-testid="import-apply"]').disabled), true);
  await choose(`Tài khoản;Họ và tên;Đơn vị;Chức vụ\n${lines.join('\n')}\n`);
  await until('all are right', 10000, () => admin.evaluate(() =>
    document.querySelector('[data-testid="import-apply"]')?.disabled === false));
  await admin.click('import-apply');
  await admin.waitFor('import-done', 20000);
  await shot(admin, 'import-done');
  await admin.page.keyboard.press('Escape');
  await admin.fill('people-search', 'can bo so 299');
  await until('found', 10000, async () => (await rows(admin)).join() === 'canbo299');
});

test('a shut account is out of its page at once', { timeout: 60000 }, async () => {
  const cookie = await hopd.signIn();
  const { id } = (await hopd.api('GET', '/users?search=canbo7', undefined, cookie)).json.users.find((u) => u.username === 'canbo7');
  const { password } = (await hopd.api('POST', `/users/${id}/password`, {}, cookie)).json;
  await secretary.goto(hopd.url('/account'));
  await signIn(secretary, 'canbo7', password);
  await secretary.waitFor('first-password-change', 20000);
  await secretary.fill('password-new', PASSWORD);
  await secretary.fill('password-again', PASSWORD);
  await secretary.click('password-save');
  await secretary.waitFor('sign-out', 20000);
  await admin.fill('people-search', 'canbo7');
  await until('found', 10000, async () => (await rows(admin))[0] === 'canbo7');
  await admin.click('account-menu');
  await admin.click('account-shut');
  await admin.click('account-shut-confirm');
  await until('signed out by the server', 10000, async () => {
    const r = await secretary.evaluate(async () => (await fetch('/api/v1/me')).status);
    return r === 401;
  });
  await secretary.goto(hopd.url('/account'));
  await until('the sign-in form is back', 10000, () => has(secretary, 'sign-in'));
});
