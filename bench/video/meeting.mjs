// The set-up of every case: the real hopd, publishers that share one Chromium, receivers that each sit
// behind an impaired line of their own, and what they saw, collected.
import http from 'node:http';
import path from 'node:path';
import { Chromium } from '../../tests/browser/lib/chromium.mjs';
import { Hopd } from '../../tests/browser/lib/hopd.mjs';
import { Line } from '../../tests/browser/lib/line.mjs';
import { ADDRESS, Janus } from '../lib/load.mjs';

const EMPTY_PORT = 20080; // of the empty page beside Janus
const PAGE = path.join(import.meta.dirname, 'page');
const SCRIPTS = ['code.js', 'film.js', 'watch.js', 'hop.js', 'janus.js'].map((f) => path.join(PAGE, f));
// three layers even of a picture of 360 lines, as a camera of 720 has them
const ARGS = ['--force-fieldtrials=WebRTC-LegacySimulcastLayerLimit/Disabled/',
  `--unsafely-treat-insecure-origin-as-secure=http://${ADDRESS}:${EMPTY_PORT}`];
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Meeting {
  constructor() {
    this.publishers = [];
    this.receivers = [];
    this.lines = [];
    this.browsers = [];
    this.notes = {}; // times of what a case did
  }

  /** server: { page(): URL of an empty page, join(page, options): Promise } */
  async open(server) {
    this.server = server;
    await server.start();
    return this;
  }

  async chromium(options) {
    const c = await Chromium.open({ args: ARGS, scripts: SCRIPTS, ...options });
    this.browsers.push(c);
    return c;
  }

  /** n publishers on a good line; ids 1 to n are painted into their films. */
  async publish(n, options = {}) {
    this.source ??= await this.chromium();
    for (let i = 0; i < n; i++) {
      const id = this.publishers.length + 1;
      const page = await this.source.page(this.server.page(), `publisher ${id}`);
      const who = { id, page };
      who.name = await this.server.join(page, { name: `publisher ${id}`, publish: { id, tone: id === 1 ? 440 : 0, ...options } });
      this.publishers.push(who);
    }
  }

  line(...commands) {
    return Line.open(...commands).then((l) => {
      this.lines.push(l);
      return l;
    });
  }

  /** A receiver behind that line (null: none) that shows all publishers. */
  async receive(line, { slots = this.publishers.length, browser } = {}) {
    const chromium = browser ?? await this.chromium(line ? { netns: line.name } : {});
    const page = await chromium.page(this.server.page(!!line), `receiver ${this.receivers.length + 1}`);
    const r = { page, line, browser: chromium, frames: [], events: [], sound: [], stats: [], sent: [] };
    r.name = await this.server.join(page, { name: `receiver ${this.receivers.length + 1}`, slots });
    this.receivers.push(r);
    return r;
  }

  /** Fetches what everybody has seen until now. */
  async drain() {
    await Promise.all([...this.receivers, ...this.publishers].map(async (r) => {
      const d = await r.page.evaluate(() => bench.client.drain());
      (r.events ??= []).push(...d.events);
      (r.sent ??= []).push(d.sent);
      if (!r.frames) return;
      r.frames.push(...d.frames);
      r.sound.push(...d.sound);
      r.stats.push(d.received);
    }));
  }

  /** Lets time pass, and looks in once a second. */
  async run(seconds) {
    const end = Date.now() + seconds * 1000;
    while (Date.now() < end) {
      await sleep(Math.min(1000, end - Date.now()));
      await this.drain();
    }
    return Date.now();
  }

  /** Writes all that was collected, for looking into it. */
  async keep(file, fs) {
    const lines = await Promise.all(this.lines.map((l) => l.tenths().catch(() => null)));
    const plain = ({ id, name, frames, events, sound, stats, sent }) => ({ id, name, frames, events, sound, stats, sent });
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, JSON.stringify({ notes: this.notes, lines, receivers: this.receivers.map(plain), publishers: this.publishers.map(plain),
      log: this.server?.hopd?.log }));
  }

  async close() {
    for (const b of this.browsers) await b.close().catch(() => {});
    for (const l of this.lines) await l.close().catch(() => {});
    await this.server?.stop();
  }
}

/** hopd as the server of a case. */
export class HopServer {
  async start() {
    this.hopd = await new Hopd().start();
    this.room = await this.hopd.newRoom('Đo đường truyền');
  }

  page(far) {
    return far ? `https://${this.hopd.address}:${this.hopd.ports.https}/robots.txt` : this.hopd.url('/robots.txt');
  }

  join(page, options) {
    return page.evaluate((o) => bench.hop({ ...o, url: `${location.origin.replace('http', 'ws')}/api/v1/meet` }),
      { ...options, room: this.room });
  }

  /** Asks for all publishers' cameras in that order. */
  view(receiver, publishers, tile = () => ({})) {
    return receiver.page.evaluate((tiles) => bench.client.view(tiles),
      publishers.map((p, i) => ({ participant: p.name, source: 'camera', height: 360, ...tile(p, i) })));
  }

  stop() {
    return this.hopd.remove();
  }
}

/** Debian's Janus with its VideoRoom, as it comes: it forwards the highest layer there is. */
export class JanusServer {
  async start() {
    // its sockets are bound to interfaces: the lines' ends are some
    this.janus = await new Janus({ ip: ADDRESS, addresses: `${ADDRESS},10.97.` }).start();
    this.empty = http.createServer((_, answer) => answer.setHeader('content-type', 'text/html').end('<!doctype html>'));
    await new Promise((resolve) => this.empty.listen(EMPTY_PORT, ADDRESS, resolve));
  }

  page() {
    return `http://${ADDRESS}:${EMPTY_PORT}/`;
  }

  join(page, options) {
    return page.evaluate((o) => bench.janus(o), { ...options, url: `ws://${ADDRESS}:${this.janus.port}` });
  }

  async view() {}

  async stop() {
    this.empty?.closeAllConnections();
    this.empty?.close();
    await this.janus?.remove();
  }
}
