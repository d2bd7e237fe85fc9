// The way to the mail server: what happens when it is down, refuses, or wants a password; and that
// nothing is lost when hopd is killed.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { Catcher } from '../lib/catcher.mjs';
import { makeCertificate, plus, Server, soon } from '../lib/server.mjs';

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'hop-delivery-'));
const started = [];
after(async () => {
  for (const server of started) await server.stop();
  fs.rmSync(dir, { recursive: true, force: true });
});

async function start(options) {
  const server = new Server();
  await server.start(options);
  started.push(server);
  return server;
}

async function invite(server, ...addresses) {
  const invitees = addresses.map((email) => ({ kind: 'guest', name: email, email, language: 'vi', role: 'guest' }));
  const body = { title: 'Họp khẩn', starts_at: soon(), ends_at: plus(soon(), 60), time_zone: 'Asia/Ho_Chi_Minh' };
  const made = await server.call('POST', '/meetings', { ...body, invitees, send: true }, 201);
  return `/mail?meeting=${made.id}`;
}

const waits = (mail) => mail.state === 'queued' || mail.state === 'delayed';

test('the mail server is down, hopd is killed, both come back: delivered once', async () => {
  const server = await start();
  await server.catcher.stop();
  const queue = await invite(server, 'a@example.org', 'b@example.org');
  const waiting = await server.until('GET', queue, (l) => l.mail.every((m) => m.state === 'delayed'));
  assert.match(waiting.mail[0].error, /connect/i);
  const meeting = await server.call('GET', `/meetings/${waiting.mail[0].meeting}`);
  assert.equal(meeting.invitees[0].mail, 'delayed');
  await server.hopd.stop('SIGKILL');
  await server.hopd.start();
  server.admin = await server.hopd.signIn();
  server.catcher = await new Catcher({ port: server.catcher.port }).start();
  await server.catcher.mailsFor('a@example.org');
  await server.catcher.mailsFor('b@example.org');
  await server.until('GET', queue, (l) => l.mail.every((m) => m.state === 'sent'));
  assert.equal(server.catcher.mails.length, 2);
});

test('one mailbox refuses, one wants to be asked again, the others get theirs', async () => {
  const server = await start();
  const queue = await invite(server, 'refused@example.org', 'later@example.org', 'c@example.org');
  await server.catcher.mailsFor('c@example.org');
  await server.catcher.mailsFor('later@example.org');
  const list = await server.until('GET', queue, (l) => !l.mail.some(waits));
  const states = Object.fromEntries(list.mail.map((m) => [m.to, m.state]));
  assert.deepEqual(states, { 'refused@example.org': 'failed', 'later@example.org': 'sent', 'c@example.org': 'sent' });
  const refused = list.mail.find((m) => m.state === 'failed');
  assert.match(refused.error, /there is no such mailbox/);
  assert.equal((await server.call('GET', '/mail?state=failed')).mail.length, 1);
  await server.call('POST', `/mail/${refused.id}/retry`, {}, 204);
  await server.until('GET', queue, (l) => !l.mail.some(waits));
  await server.call('POST', `/mail/${list.mail.find((m) => m.state === 'sent').id}/retry`, {}, 409);
});

test('STARTTLS and a password: the wrong one is said, with the right one it goes on', async () => {
  const tls = makeCertificate(dir);
  const file = path.join(dir, 'password');
  fs.writeFileSync(file, 'sai mật khẩu\n', { mode: 0o600 });
  const server = await start({
    catcher: { tls, auth: ['hop', 'mật khẩu đúng'] },
    mail: `security=starttls\nca-file=${tls.cert}\nuser=hop\npassword-file=${file}`,
  });
  const queue = await invite(server, 'd@example.org');
  const list = await server.until('GET', queue, (l) => l.mail[0].state === 'delayed');
  assert.match(list.mail[0].error, /login|auth|535/i);
  assert.ok(!JSON.stringify(list).includes('mật khẩu'));
  assert.equal(server.catcher.mails.length, 0);
  fs.writeFileSync(file, 'mật khẩu đúng\n');
  const [mail] = await server.catcher.mailsFor('d@example.org');
  assert.equal(mail.tls, true);
  assert.equal(mail.user, 'hop');
  assert.ok(!server.hopd.log.includes('mật khẩu đúng') && !server.hopd.log.includes('#t='), 'no secret in the log');
});

test('a certificate of a stranger, or no STARTTLS at all: nothing goes out', async () => {
  for (const catcher of [{ tls: makeCertificate(dir) }, {}]) {
    const server = await start({ catcher, mail: 'security=starttls' });
    const queue = await invite(server, 'e@example.org');
    await server.until('GET', queue, (l) => l.mail[0].state === 'delayed' && l.mail[0].error !== '');
    assert.equal(server.catcher.mails.length, 0);
  }
});
