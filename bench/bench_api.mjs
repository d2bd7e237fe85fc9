// The API of planning with the database of a large agency: 10,000 meetings, 5,000 accounts
// (lib/fill_meetings.py). Each call alone, over HTTP on loopback, from the request to the last byte.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { Hopd } from '../tests/browser/lib/hopd.mjs';
import { percentile, report } from './lib/report.mjs';

const TIMES = 40;
const BAR_MS = 100;
const DAY = 86400e3;
const now = Math.floor(Date.now() / 1000);
const iso = (ms) => new Date(ms).toISOString().replace(/\.\d+Z/, 'Z');
const range = (from, days) => `from=${iso(now * 1000 + from * DAY)}&to=${iso(now * 1000 + (from + days) * DAY)}`;

const hopd = await new Hopd().start();
await hopd.stop();
const fill = path.join(import.meta.dirname, 'lib/fill_meetings.py');
const occurrences = execFileSync('python3', [fill, path.join(hopd.dir, 'state/hop.db'), String(now)]).toString().trim();
await hopd.start();

/** An account that has changed its first password, signed in. */
async function account(admin, username, role, unit) {
  const made = await hopd.api('POST', '/users', { username, name: username, roles: [role], unit }, admin);
  const sign = async (password) => {
    const r = await hopd.api('POST', '/session', { username, password });
    return r.headers.get('set-cookie').split(';')[0];
  };
  const first = await sign(made.json.password);
  await hopd.api('POST', '/me/password', { old: made.json.password, new: 'hoa sen nở sớm' }, first);
  return sign('hoa sen nở sớm');
}

const cases = [];
async function measure(name, as, method, pathname, body) {
  const took = [];
  let bytes = 0;
  for (let i = 0; i < TIMES; i++) {
    const b = typeof body === 'function' ? body(i) : body;
    const began = performance.now();
    const r = await hopd.api(method, pathname, b, as);
    took.push(performance.now() - began);
    bytes = r.text.length;
    if (r.status >= 300) throw new Error(`${name}: ${r.status} ${r.text}`);
  }
  cases.push({ case: `${name} (${Math.ceil(bytes / 1024)} KiB)`, metric: 'p95', value: Number(percentile(took, 95).toFixed(1)), unit: 'ms', bar: BAR_MS });
}

try {
  const admin = await hopd.signIn();
  const secretary = await account(admin, 'thuky', 'secretary', 5);
  const official = await account(admin, 'quanchuc', 'official', 5);
  const users = (await hopd.api('GET', '/users?limit=200', undefined, admin)).json.users.map((u) => u.id);
  const big = (await hopd.api('GET', `/meetings?search=bench-600&from=${iso(4e10)}&to=${iso(4e12)}`, undefined, admin)).json.meetings[0];
  const whole = (await hopd.api('GET', `/meetings/${big.id}`, undefined, admin)).json;
  const get = (name, as, p) => measure(name, as, 'GET', p);

  for (const [who, as] of [['administrator', admin], ['secretary', secretary], ['official', official]]) {
    await get(`${who}: today`, as, `/meetings?${range(0, 1)}`);
    await get(`${who}: week`, as, `/meetings?${range(-3, 7)}`);
    await get(`${who}: month`, as, `/meetings?${range(-10, 31)}&limit=1000`);
    await get(`${who}: first page`, as, '/meetings?limit=50');
    await get(`${who}: search`, as, '/meetings?search=dang+uy&limit=50');
    await get(`${who}: search for nothing`, as, '/meetings?search=khong+co+gi&limit=50');
    await get(`${who}: mine`, as, '/meetings?mine=true&limit=50');
    await get(`${who}: dashboard`, as, '/dashboard');
  }
  await get('page 100', admin, '/meetings?limit=50&offset=5000');
  await get('drafts', admin, '/meetings?status=draft&limit=50');
  await get('templates', admin, '/meetings?template=true&limit=50');
  await get('one unit', admin, `/meetings?unit=3&${range(-10, 31)}`);
  await get('one hall', admin, `/meetings?resource=3&${range(-10, 31)}`);
  await get('a meeting of 500', admin, `/meetings/${big.id}`);
  await measure('change a meeting of 500', admin, 'PATCH', `/meetings/${big.id}`, (i) => ({ ...whole, title: `Tên ${i}` }));
  const plan = (i) => ({ title: `Kế hoạch ${i}`, send: true, starts_at: iso(now * 1000 + i * 3600e3 + DAY),
    ends_at: iso(now * 1000 + i * 3600e3 + DAY + 3600e3), time_zone: 'Asia/Ho_Chi_Minh',
    invitees: users.slice(0, 30).map((ref) => ({ kind: 'user', ref })) });
  await measure('plan and send', admin, 'POST', '/meetings', plan);
  await measure('plan ten years, day by day', admin, 'POST', '/meetings', (i) => ({ ...plan(i), send: false, rrule: 'FREQ=DAILY' }));
  const ask = { ...plan(2), users: users.slice(0, 30), resources: [1, 2, 3] };
  await measure('conflicts once', admin, 'POST', '/conflicts', ask);
  await measure('conflicts of a year, by weeks', admin, 'POST', '/conflicts', { ...ask, rrule: 'FREQ=WEEKLY;COUNT=52' });
  await get('free/busy, 30 people, a week', admin, `/freebusy?users=${users.slice(0, 30)}&resources=1,2,3&${range(0, 7)}`);
  await get('free/busy, 200 people, a month', admin, `/freebusy?users=${users}&${range(0, 31)}`);
  await get('people', admin, '/users?limit=200');
  await get('people: search', admin, '/users?search=duc+cuong');
  await get('people of a unit and below', admin, '/users?unit=2&limit=200');
  await get('units', admin, '/units');
  await get('groups', admin, '/groups');
  await get('resources', admin, '/resources');
  console.error(`${occurrences} occurrences`);
  report('api', cases);
} finally {
  await hopd.remove();
}
