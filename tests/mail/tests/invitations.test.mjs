// Invitations as a real mail server gets them, read by a calendar library that did not write them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { calendarOf, moment, starts } from '../lib/catcher.mjs';
import { BASE_URL, FROM, plus, Server, soon } from '../lib/server.mjs';

const HOUR = 60;
let server;

before(async () => {
  server = await new Server().start();
});
after(() => server?.stop());

let people = 0;
/** Somebody with an address of his own. */
const guest = (more = {}) => ({
  kind: 'guest',
  name: 'Nguyễn Thị Khách',
  email: `guest${++people}@example.org`,
  language: 'vi',
  role: 'delegate',
  ...more,
});

const meeting = (more = {}) => ({
  title: 'Họp giao ban tuần',
  starts_at: soon(),
  ends_at: plus(soon(), HOUR),
  time_zone: 'Asia/Ho_Chi_Minh',
  send: true,
  ...more,
});

const post = (more) => server.call('POST', '/meetings', meeting(more), 201);
const one = async (address, n = 1) => (await server.catcher.mailsFor(address, n))[n - 1];
const value = (event, name) => event.component.getFirstPropertyValue(name);
const property = (event, name) => event.component.getFirstProperty(name);

test('an invitation, property by property', async () => {
  const who = guest({ role: 'chair' });
  const made = await post({ place: 'Phòng họp số 5, tầng 2; nhà A', description: 'Dòng 1\nDòng 2', invitees: [who] });
  const mail = await one(who.email);
  const { parsed } = mail;
  assert.equal(mail.sender, FROM);
  assert.equal(parsed.from.value[0].address, FROM);
  assert.equal(parsed.from.value[0].name, 'Họp trực tuyến');
  assert.equal(parsed.to.value[0].name, who.name);
  assert.equal(parsed.subject, `Mời họp: ${made.title}`);
  assert.equal(parsed.headers.get('auto-submitted'), 'auto-generated');
  assert.equal(parsed.headers.get('content-language'), 'vi');
  assert.equal(parsed.headers.get('content-type').value, 'multipart/mixed');
  assert.match(mail.raw, /Content-Type: text\/calendar; charset=utf-8; method=REQUEST\r\n/);
  const file = parsed.attachments.find((a) => a.contentDisposition === 'attachment');
  assert.equal(file.filename, 'invite.ics');

  const calendar = calendarOf(mail);
  const [event] = calendar.events;
  assert.equal(calendar.method, 'REQUEST');
  assert.equal(calendar.events.length, 1);
  assert.equal(event.summary, made.title);
  assert.equal(value(event, 'sequence'), made.sequence);
  assert.match(event.uid, /@/);
  assert.equal(moment(calendar, property(event, 'dtstart')), made.starts_at);
  assert.equal(moment(calendar, property(event, 'dtend')), made.ends_at);
  assert.equal(property(event, 'dtstart').getParameter('tzid'), 'Asia/Ho_Chi_Minh');
  assert.equal(value(event, 'status'), 'CONFIRMED');
  assert.equal(event.location, 'Phòng họp số 5, tầng 2; nhà A');
  assert.ok(event.description.startsWith('Dòng 1\nDòng 2\n'));
  assert.equal(value(event, 'organizer'), `mailto:${FROM}`);
  const attendee = property(event, 'attendee');
  assert.equal(event.component.getAllProperties('attendee').length, 1);
  assert.equal(attendee.getFirstValue(), `mailto:${who.email}`);
  assert.equal(attendee.getParameter('cn'), who.name);
  assert.equal(attendee.getParameter('role'), 'CHAIR');
  assert.equal(attendee.getParameter('partstat'), 'NEEDS-ACTION');
  assert.equal(attendee.getParameter('rsvp'), 'TRUE');
  assert.ok(Math.abs(Date.parse(value(event, 'dtstamp').toString()) - Date.now()) < 3600000);

  // the link is his own, and opens his invitation
  const url = value(event, 'url');
  assert.ok(url.startsWith(`${BASE_URL}/m/${made.code}#t=`));
  const token = url.split('#t=')[1];
  assert.ok(token.length >= 22);
  const invitation = await server.call('GET', `/invitations/${token}`, undefined, 200, null);
  assert.equal(invitation.name, who.name);
  assert.equal(invitation.role, 'chair');
  assert.ok(parsed.text.includes(url) && parsed.html.includes(url));
  assert.ok(parsed.text.includes('Chủ tọa'));
  const now = await server.until('GET', `/meetings/${made.id}`, (m) => m.invitees[0].mail === 'sent');
  assert.equal(now.invitees[0].link.split('#t=')[1], token);
});

test('each in his language; who has no address gets none', async () => {
  const vi = guest();
  const en = guest({ language: 'en', name: 'John Smith' });
  await post({ invitees: [vi, en, { kind: 'site', name: 'Điểm cầu Mường Tè', role: 'delegate', attendees: 30 }] });
  assert.equal((await one(en.email)).parsed.subject, 'Invitation: Họp giao ban tuần');
  assert.equal((await one(vi.email)).parsed.subject, 'Mời họp: Họp giao ban tuần');
  assert.match((await one(en.email)).parsed.text, /Dear John Smith,/);
  assert.ok(!(await one(en.email)).parsed.text.includes(vi.email));
});

test('a series over the change of the clocks', async () => {
  const who = guest();
  const first = new Date(Date.UTC(new Date().getUTCFullYear() + 1, 8, 27, 7));
  while (first.getUTCDay() !== 1) first.setUTCDate(first.getUTCDate() - 1);
  const starts_at = first.toISOString().replace('.000', '');
  const made = await post({
    time_zone: 'Europe/Berlin',
    starts_at,
    ends_at: plus(starts_at, HOUR),
    rrule: 'FREQ=WEEKLY;BYDAY=MO;COUNT=10',
    invitees: [who],
  });
  const calendar = calendarOf(await one(who.email));
  const times = starts(calendar, calendar.events[0], 20);
  assert.equal(times.length, 10);
  assert.equal(times[0], starts_at);
  assert.ok(times[0].endsWith('T07:00:00Z') && times[9].endsWith('T08:00:00Z'));
  const until = plus(starts_at, 80 * 24 * HOUR);
  const listed = await server.call('GET', `/meetings?from=${starts_at}&to=${until}&limit=200`);
  assert.deepEqual(times, listed.meetings.filter((m) => m.id === made.id).map((m) => m.starts_at));
});

test('ten years, every week', async () => {
  const who = guest();
  const starts_at = soon(7, 15);
  const day = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'][new Date(starts_at).getUTCDay()];
  await post({
    starts_at,
    ends_at: plus(starts_at, HOUR),
    time_zone: 'America/New_York',
    rrule: `FREQ=WEEKLY;BYDAY=${day};COUNT=500`,
    invitees: [who],
  });
  const calendar = calendarOf(await one(who.email));
  const times = starts(calendar, calendar.events[0], 1000);
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'America/New_York', hour: '2-digit', minute: '2-digit' });
  assert.equal(times.length, 500);
  assert.equal(new Set(times.map((t) => t.slice(11))).size, 2, 'in UTC it moves with the clocks');
  assert.equal(new Set(times.map((t) => clock.format(new Date(t)))).size, 1, 'over there it does not');
});

test('whole days', async () => {
  const who = guest();
  const day = soon(7).slice(0, 10);
  const starts_at = plus(`${day}T00:00:00Z`, -7 * HOUR); // midnight in Ha Noi
  await post({ all_day: true, starts_at, ends_at: plus(starts_at, 48 * HOUR), invitees: [who] });
  const calendar = calendarOf(await one(who.email));
  const [event] = calendar.events;
  assert.equal(moment(calendar, property(event, 'dtstart')), day);
  assert.ok(event.startDate.isDate && event.endDate.isDate);
  assert.equal(event.duration.toSeconds(), 2 * 86400);
});

test('changes say what changed; one of a series is moved, another called off', async () => {
  const who = guest({ language: 'en' });
  const starts_at = soon(7);
  let made = await post({ starts_at, ends_at: plus(starts_at, HOUR), rrule: 'FREQ=DAILY;COUNT=5', invitees: [who] });
  const { uid } = calendarOf(await one(who.email)).events[0];
  const path = `/meetings/${made.id}`;

  made = await server.change(path, { title: 'Họp giao ban mới' });
  let mail = await one(who.email, 2);
  let calendar = calendarOf(mail);
  assert.equal(mail.parsed.subject, 'Meeting changed: Họp giao ban mới');
  assert.match(mail.parsed.text, /before: Họp giao ban tuần\nnow: Họp giao ban mới/);
  assert.equal(calendar.method, 'REQUEST');
  assert.equal(calendar.events[0].uid, uid);
  assert.equal(value(calendar.events[0], 'sequence'), made.sequence);
  assert.ok(made.sequence >= 1);

  const second = plus(starts_at, 24 * HOUR);
  await server.change(`${path}/occurrences/${second}`, { starts_at: plus(second, HOUR), ends_at: plus(second, 2 * HOUR) });
  mail = await one(who.email, 3);
  calendar = calendarOf(mail);
  assert.match(mail.parsed.subject, /^One meeting of a series changed/);
  assert.equal(calendar.method, 'REQUEST');
  assert.equal(calendar.events.length, 1);
  assert.equal(calendar.events[0].uid, uid);
  assert.equal(moment(calendar, property(calendar.events[0], 'recurrence-id')), second);
  assert.equal(moment(calendar, property(calendar.events[0], 'dtstart')), plus(second, HOUR));
  assert.equal(value(calendar.events[0], 'rrule'), null);

  const third = plus(starts_at, 48 * HOUR);
  await server.change(`${path}/occurrences/${third}`, undefined, 'DELETE');
  mail = await one(who.email, 4);
  calendar = calendarOf(mail);
  assert.equal(calendar.method, 'CANCEL');
  assert.match(mail.raw, /method=CANCEL/);
  assert.equal(moment(calendar, property(calendar.events[0], 'recurrence-id')), third);
  assert.equal(value(calendar.events[0], 'status'), 'CANCELLED');

  // who is invited later gets the series with what is different in it
  const late = guest();
  const now = await server.call('GET', path);
  await server.change(path, { invitees: [...now.invitees, late] });
  calendar = calendarOf(await one(late.email));
  const master = calendar.events.find((e) => !e.component.hasProperty('recurrence-id'));
  const moved = calendar.events.find((e) => e.component.hasProperty('recurrence-id'));
  assert.equal(calendar.events.length, 2);
  assert.equal(moment(calendar, property(master, 'exdate')), third);
  assert.equal(moment(calendar, property(moved, 'recurrence-id')), second);
  assert.equal(starts(calendar, master, 10).length, 4);
  assert.equal((await server.catcher.mailsFor(who.email)).length, 4, 'the others are not told of it');

  await server.change(path, undefined, 'DELETE');
  mail = await one(who.email, 5);
  calendar = calendarOf(mail);
  assert.equal(calendar.method, 'CANCEL');
  assert.equal(calendar.events[0].uid, uid);
  assert.equal(calendar.events[0].component.hasProperty('recurrence-id'), false);
  assert.equal(value(calendar.events[0], 'status'), 'CANCELLED');
  assert.ok(!mail.parsed.text.includes('#t='));
});

test('who is taken off the list is told', async () => {
  const [a, b] = [guest(), guest()];
  const made = await post({ invitees: [a, b] });
  await one(a.email);
  await one(b.email);
  const now = await server.call('GET', `/meetings/${made.id}`);
  await server.change(`/meetings/${made.id}`, { invitees: now.invitees.filter((i) => i.email !== b.email) });
  const mail = await one(b.email, 2);
  assert.equal(calendarOf(mail).method, 'CANCEL');
  assert.match(mail.parsed.subject, /^Không còn mời họp/);
});

test('texts that try to be more than texts', async () => {
  const title = `Họp "khẩn"; ATTENDEE:mailto:evil@example.org, =?UTF-8?B?QQ==?= ${'phòng chống '.repeat(9)}`.trim();
  const who = guest({ name: 'A";CN=x:mailto:evil@example.org' });
  const description = 'x\nEND:VEVENT\nBEGIN:VEVENT\nATTENDEE:mailto:evil@example.org\n<script>alert(1)</script>';
  await post({ title, description, invitees: [who] });
  const mail = await one(who.email);
  const calendar = calendarOf(mail);
  assert.equal(mail.parsed.subject, `Mời họp: ${title}`);
  assert.equal(calendar.events.length, 1);
  assert.equal(calendar.events[0].summary, title);
  assert.equal(calendar.events[0].component.getAllProperties('attendee').length, 1);
  assert.deepEqual(mail.to, [who.email]);
  assert.equal(mail.parsed.to.value.length, 1);
  assert.ok(!mail.parsed.html.includes('<script'));
  // a line end gets nowhere near a mail
  for (const bad of ['A\r\nBcc: evil@example.org', 'A\nB', 'A\u0000B'])
    await server.call('POST', '/meetings', meeting({ title: bad }), 400);
  for (const bad of ['a@b.vn\r\nBcc: x@y.vn', 'a b@c.vn', '<a@b.vn>'])
    await server.call('POST', '/meetings', meeting({ invitees: [guest({ email: bad })] }), 400);
});
