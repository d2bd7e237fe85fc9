// The SMTP server of the tests as a process; every mail it takes is parsed with mailparser, its
// calendar part with ical.js.
import { spawn } from 'node:child_process';
import path from 'node:path';
import ICAL from 'ical.js';
import { simpleParser } from 'mailparser';

/** What hop does within a moment may take long on a busy machine. */
const PATIENCE_MS = 30000;

export class Catcher {
  /** options: port, tls {cert, key}, auth [user, password] */
  constructor(options = {}) {
    this.options = options;
    this.port = options.port ?? 0;
    this.mails = [];
    this.logins = [];
    this.waiting = new Set();
  }

  async start() {
    const { tls, auth } = this.options;
    const argv = [path.join(import.meta.dirname, 'catcher.py'), String(this.port)];
    if (tls) argv.push('--tls', tls.cert, tls.key);
    if (auth) argv.push('--auth', ...auth);
    // Debian's own: aiosmtpd is its package
    this.process = spawn('/usr/bin/python3', argv, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.exited = new Promise((resolve) => this.process.on('exit', resolve));
    let rest = '';
    const ready = new Promise((resolve, reject) => {
      this.exited.then(() => reject(new Error('the SMTP server ended')));
      this.process.stdout.on('data', (chunk) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop();
        for (const line of lines) this.#take(JSON.parse(line), resolve);
      });
    });
    await ready;
    return this;
  }

  async #take(line, ready) {
    if (line.port) {
      this.port = line.port;
      ready();
    } else if (line.auth !== undefined) {
      this.logins.push(line.auth);
    } else {
      const raw = Buffer.from(line.mail, 'base64');
      const parsed = await simpleParser(raw, { skipTextToHtml: true });
      this.mails.push({ ...line, raw: raw.toString('latin1'), parsed });
    }
    for (const wake of this.waiting) wake();
  }

  /** Waits until `n` mails for that address are there; all of them, in order. */
  async mailsFor(address, n = 1) {
    const found = () => this.mails.filter((m) => m.to.includes(address));
    await this.until(() => found().length >= n, () => `${n} mails for ${address}, and not ${found().length}`);
    return found();
  }

  async until(condition, what) {
    const end = Date.now() + PATIENCE_MS;
    while (!condition()) {
      const left = end - Date.now();
      if (left <= 0) throw new Error(`waited in vain for ${what()}`);
      await new Promise((resolve) => {
        const timer = setTimeout(done, left);
        const waiting = this.waiting;
        function done() {
          clearTimeout(timer);
          waiting.delete(done);
          resolve();
        }
        waiting.add(done);
      });
    }
  }

  async stop() {
    this.process.kill('SIGTERM');
    await this.exited;
  }
}

/** The calendar of a mail: as part of the alternatives and as a file they must be the same. */
export function calendarOf(mail) {
  const parts = mail.parsed.attachments.filter((a) => /calendar|ics/.test(a.contentType));
  if (parts.length === 0) return null;
  const texts = parts.map((p) => p.content.toString('utf8'));
  if (new Set(texts).size !== 1) throw new Error('the calendar parts differ');
  return readCalendar(texts[0]);
}

export function readCalendar(text) {
  for (const line of text.split('\r\n'))
    if (Buffer.byteLength(line) > 75) throw new Error(`a line of ${Buffer.byteLength(line)} octets: ${line}`);
  if (/(^|[^\r])\n/.test(text)) throw new Error('a line that does not end with CRLF');
  const component = new ICAL.Component(ICAL.parse(text));
  // only the rules that stand in the file itself
  const zones = new Map(
    component.getAllSubcomponents('vtimezone').map((z) => [z.getFirstPropertyValue('tzid'), new ICAL.Timezone(z)]),
  );
  const events = component.getAllSubcomponents('vevent').map((v) => new ICAL.Event(v));
  return { text, component, zones, events, method: component.getFirstPropertyValue('method') };
}

/** A property's time as ISO 8601 in UTC, by the zone in the file. */
export function moment(calendar, property) {
  const value = property.getFirstValue();
  if (value.isDate) return value.toString();
  const tzid = property.getParameter('tzid');
  const zone = tzid ? calendar.zones.get(tzid) : ICAL.Timezone.utcTimezone;
  if (!zone) throw new Error(`no VTIMEZONE for ${tzid}`);
  value.zone = zone;
  return value.convertToZone(ICAL.Timezone.utcTimezone).toString();
}

/** The first `n` starts of a series as ISO 8601 in UTC. */
export function starts(calendar, event, n) {
  const dtstart = event.component.getFirstProperty('dtstart');
  const tzid = dtstart.getParameter('tzid');
  const start = dtstart.getFirstValue();
  if (tzid) start.zone = calendar.zones.get(tzid);
  const expansion = new ICAL.RecurExpansion({ component: event.component, dtstart: start });
  const list = [];
  for (let next = expansion.next(); next && list.length < n; next = expansion.next())
    list.push(next.isDate ? next.toString() : next.convertToZone(ICAL.Timezone.utcTimezone).toString());
  return list;
}
