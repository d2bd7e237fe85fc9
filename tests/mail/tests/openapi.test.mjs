// The API's description against its answers: a walk through the endpoints, each answer validated
// with the schema that stands in /api/v1/openapi.json for that path, method and status.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { plus, Server, soon } from '../lib/server.mjs';

let server;
let document;
let ajv;
const seen = new Set();

before(async () => {
  server = await new Server().start();
  document = await (await server.fetch('/api/v1/openapi.json')).json();
  ajv = new Ajv({ strict: false, allErrors: true });
  addFormats(ajv);
  ajv.addSchema(document, 'api');
});
after(() => server?.stop());

const escape = (part) => part.replace(/~/g, '~0').replace(/\//g, '~1');

/** The path as the document writes it; the most literal one that fits. */
function templateOf(path) {
  const fits = (template) => new RegExp(`^${template.replace(/\./g, '\\.').replace(/\{\w+\}/g, '[^/]+')}$`).test(path);
  const found = Object.keys(document.paths).filter(fits);
  return found.sort((a, b) => a.split('{').length - b.split('{').length)[0];
}

/** Asks, and holds the answer against the document. */
async function ask(method, path, body, status = 200, cookie = server.admin) {
  const url = `/api/v1${path}`;
  const headers = { 'x-hop': '1', ...(cookie ? { cookie } : {}) };
  const match = /^\/meetings\/\d+/.exec(path);
  if (method !== 'GET' && match) {
    const etag = (await server.fetch(`/api/v1${match[0]}`, { headers })).headers.get('etag');
    if (etag) headers['if-match'] = etag;
  }
  const answer = await server.fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const text = await answer.text();
  assert.equal(answer.status, status, `${method} ${path}: ${answer.status} ${text}`);
  const template = templateOf(url.split('?')[0]);
  assert.ok(template, `${path} is not described`);
  const operation = document.paths[template][method.toLowerCase()];
  const known = operation.responses[status] ? String(status) : 'default';
  if (known !== 'default') seen.add(`${method} ${template}`);
  const json = text.startsWith('{') ? JSON.parse(text) : null;
  if (known === 'default' || operation.responses[known].content?.['application/json']) {
    const pointer = known === 'default'
      ? 'api#/components/schemas/Error'
      : `api#/paths/${escape(template)}/${method.toLowerCase()}/responses/${known}/content/application~1json/schema`;
    const valid = ajv.validate({ $ref: pointer }, json);
    assert.ok(valid, `${method} ${path}: ${ajv.errorsText()}\n${text.slice(0, 600)}`);
  }
  return json;
}

test('accounts, units, groups', async () => {
  await ask('GET', '/client', undefined, 200, null);
  await ask('GET', '/me');
  await ask('PATCH', '/me', { language: 'vi' });
  await ask('GET', '/me/sessions');
  await ask('GET', '/me', undefined, 401, null);
  await ask('POST', '/me/totp', {});
  const unit = await ask('POST', '/units', { name: 'Văn phòng', parent: null }, 201);
  await ask('PATCH', `/units/${unit.id}`, { name: 'Văn phòng Ủy ban', parent: null });
  await ask('GET', '/units');
  const user = await ask('POST', '/users', { username: 'an', name: 'Nguyễn Văn An', email: 'an@example.org', unit: unit.id, roles: ['official'] }, 201);
  await ask('POST', '/users', { username: 'an', name: 'x' }, 409);
  await ask('POST', '/users', {}, 400);
  await ask('GET', `/users/${user.id}`);
  await ask('GET', '/users?search=nguyen');
  await ask('PATCH', `/users/${user.id}`, { version: user.version, title: 'Chuyên viên' });
  await ask('POST', `/users/${user.id}/password`, {});
  await ask('POST', '/users/import', { csv: 'username,name\nbinh,Trần Thị Bình\n', apply: false });
  const group = await ask('POST', '/groups', { name: 'Tổ công tác', members: [user.id] }, 201);
  await ask('GET', '/groups');
  await ask('GET', `/groups/${group.id}`);
  await ask('PATCH', `/groups/${group.id}`, { version: group.version, name: 'Tổ công tác 1' });
  await ask('DELETE', `/groups/${group.id}`, undefined, 204);
});

test('meetings, resources, mail', async () => {
  const room = await ask('POST', '/resources', { name: 'Phòng 1', kind: 'room', seats: 20, place: 'Tầng 1' }, 201);
  await ask('GET', '/resources');
  await ask('GET', `/resources/${room.id}`);
  await ask('PATCH', `/resources/${room.id}`, { version: room.version, seats: 25 });
  const starts_at = soon();
  const times = { starts_at, ends_at: plus(starts_at, 60), time_zone: 'Asia/Ho_Chi_Minh' };
  const made = await ask('POST', '/meetings', {
    ...times, title: 'Họp', rrule: 'FREQ=DAILY;COUNT=3', resources: [room.id],
    invitees: [{ kind: 'guest', name: 'Khách', email: 'khach@example.org', language: 'vi', role: 'guest' }] }, 201);
  const path = `/meetings/${made.id}`;
  await ask('GET', path);
  await ask('PATCH', path, { place: 'Tầng 2' });
  await ask('POST', `${path}/send`, {});
  await ask('GET', `/meetings?from=${starts_at}&limit=5`);
  await ask('PATCH', `${path}/occurrences/${plus(starts_at, 1440)}`, { title: 'Họp thêm' });
  await ask('DELETE', `${path}/occurrences/${plus(starts_at, 2880)}`);
  await ask('POST', `${path}/duplicate`, {}, 201);
  const invitee = await ask('POST', `${path}/invitees/${made.invitees[0].id}/link`, {});
  const token = invitee.link.split('#t=')[1];
  await ask('GET', `/invitations/${token}`, undefined, 200, null);
  await ask('POST', `/invitations/${token}`, { rsvp: 'tentative' }, 200, null);
  await ask('GET', path);
  await ask('POST', '/conflicts', { ...times, users: [1], resources: [room.id] });
  await ask('GET', `/freebusy?users=1&resources=${room.id}&from=${starts_at}&to=${plus(starts_at, 2000)}`);
  await ask('GET', '/dashboard');
  await ask('GET', '/mail');
  await ask('POST', '/mail/999/retry', {}, 404);
  await ask('GET', '/me/room');
  await ask('GET', `${path}/attendance`);
  await ask('GET', `${path}/tests`);
  await ask('GET', '/meetings/999', undefined, 404);
  await ask('DELETE', path);
  await ask('DELETE', `/resources/${room.id}`, undefined, 204);
});

test('feeds, tokens, rooms, operation', async () => {
  await ask('GET', '/me/feed');
  await ask('POST', '/me/feed', {}, 201);
  await ask('DELETE', '/me/feed', undefined, 204);
  const token = await ask('POST', '/tokens', { name: 'x', scopes: ['users:read'] }, 201);
  await ask('GET', '/tokens');
  await ask('DELETE', `/tokens/${token.id}`, undefined, 204);
  const room = await ask('POST', '/rooms', { title: 'Ngay' }, 201, null);
  await ask('GET', `/rooms/${room.code}`, undefined, 200, null);
  await ask('GET', '/ops/live');
});

test('most of what is described was asked', () => {
  const all = Object.entries(document.paths).flatMap(([path, item]) => Object.keys(item).map((m) => `${m.toUpperCase()} ${path}`));
  const missed = all.filter((operation) => !seen.has(operation));
  assert.ok(seen.size >= 50 && seen.size >= all.length * 0.65, `only ${seen.size} of ${all.length}: ${missed.join(', ')}`);
});
