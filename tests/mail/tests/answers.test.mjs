// Answers to invitations by link and by the calendar's own reply, feeds, and the tokens of the
// programs that carry them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { calendarOf, moment, readCalendar, starts } from '../lib/catcher.mjs';
import { BASE_URL, plus, Server, soon } from '../lib/server.mjs';

let server;
let made;
const who = { kind: 'guest', name: 'Khách', email: 'khach@example.org', language: 'vi', role: 'guest' };

before(async () => {
  server = await new Server().start();
  const starts_at = soon();
  const body = {
    title: 'Họp tổ công tác',
    starts_at,
    ends_at: plus(starts_at, 60),
    time_zone: 'Asia/Ho_Chi_Minh',
    rrule: 'FREQ=WEEKLY;COUNT=4',
    invitees: [who],
    send: true,
  };
  made = await server.call('POST', '/meetings', body, 201);
});
after(() => server?.stop());

const invited = async () => {
  const meeting = await server.call('GET', `/meetings/${made.id}`);
  return meeting.invitees.find((i) => i.email === who.email);
};

test('by the link, without an account', async () => {
  const [mail] = await server.catcher.mailsFor(who.email);
  const token = calendarOf(mail).events[0].component.getFirstPropertyValue('url').split('#t=')[1];
  const path = `/invitations/${token}`;
  assert.ok(mail.parsed.text.includes(`${BASE_URL}/i/#t=${token}&rsvp=accepted`));
  assert.equal((await server.call('GET', path, undefined, 200, null)).rsvp, 'none');
  const answered = await server.call('POST', path, { rsvp: 'accepted', note: 'Đến muộn 5 phút' }, 200, null);
  assert.equal(answered.rsvp, 'accepted');
  const invitee = await invited();
  assert.equal(invitee.rsvp, 'accepted');
  assert.equal(invitee.rsvp_note, 'Đến muộn 5 phút');
  await server.call('POST', path, { rsvp: 'perhaps' }, 400, null);
  await server.call('GET', `/invitations/${'A'.repeat(43)}`, undefined, 404, null);
  // a new link takes the old one back
  await server.call('POST', `/meetings/${made.id}/invitees/${invitee.id}/link`, {});
  await server.call('GET', path, undefined, 404, null);
});

test('by mail, through the gateway', async () => {
  const [mail] = await server.catcher.mailsFor(who.email);
  const { uid } = calendarOf(mail).events[0];
  const { token } = await server.call('POST', '/tokens', { name: 'Cổng thư', scopes: ['itip'] }, 201);
  const reply = (partstat, address = who.email) =>
    `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:${uid}\r\n` +
    `SEQUENCE:0\r\nDTSTAMP:20261123T000000Z\r\nATTENDEE;PARTSTAT=${partstat}:MAILTO:${address.toUpperCase()}\r\n` +
    'COMMENT:Bận việc khác\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n';
  const send = async (body, as = token) => {
    const headers = { 'content-type': 'text/calendar', ...(as ? { authorization: `Bearer ${as}` } : {}) };
    return (await server.fetch('/api/v1/itip', { method: 'POST', body, headers })).status;
  };
  assert.equal(await send(reply('DECLINED')), 200);
  const invitee = await invited();
  assert.equal(invitee.rsvp, 'declined');
  assert.equal(invitee.rsvp_note, 'Bận việc khác');
  assert.equal(await send(reply('ACCEPTED', 'stranger@example.org')), 404);
  assert.equal(await send('BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n'), 400);
  assert.equal(await send(reply('ACCEPTED'), 'hop_wrong'), 401);
  assert.notEqual(await send(reply('ACCEPTED'), null), 200);
  const other = await server.call('POST', '/tokens', { name: 'x', scopes: ['meetings:write'] }, 201);
  assert.equal(await send(reply('ACCEPTED'), other.token), 403);
  assert.equal((await invited()).rsvp, 'declined');
});

test('a feed of the own meetings, and of a room', async () => {
  assert.equal((await server.call('GET', '/me/feed')).url, null);
  const { url } = await server.call('POST', '/me/feed', {}, 201);
  assert.equal((await server.call('GET', '/me/feed')).url, url);
  const path = url.slice(BASE_URL.length);
  assert.match(path, /^\/feeds\/[\w-]{22,}\.ics$/);
  const answer = await server.fetch(path);
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-type'), /^text\/calendar/);
  const calendar = readCalendar(await answer.text());
  assert.equal(calendar.method, 'PUBLISH');
  const event = calendar.events.find((e) => e.summary === 'Họp tổ công tác');
  assert.equal(moment(calendar, event.component.getFirstProperty('dtstart')), made.starts_at);
  assert.equal(starts(calendar, event, 10).length, 4);
  assert.ok(!calendar.text.includes('#t='), 'a feed holds nobody’s personal link');

  const { url: fresh } = await server.call('POST', '/me/feed', {}, 201);
  assert.notEqual(fresh, url);
  assert.equal((await server.fetch(path)).status, 404);
  await server.call('DELETE', '/me/feed', undefined, 204);
  assert.equal((await server.fetch(fresh.slice(BASE_URL.length))).status, 404);

  const room = await server.call('POST', '/resources', { name: 'Hội trường A', kind: 'hall', seats: 200 }, 201);
  const feed = await server.call('POST', `/resources/${room.id}/feed`, {}, 201);
  assert.equal((await server.fetch(feed.url.slice(BASE_URL.length))).status, 200);
});
