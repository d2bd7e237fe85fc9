// The real hopd, started as an operator would, on ports of its own.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../../..');
export const HOPD = process.env.HOPD ?? path.join(ROOT, 'build/release/hopd');
export const ADMIN_PASSWORD = 'trống đồng 2026';

export class Hopd {
  /** options: address (of the media), listen, ports {https,http,media}, config (extra text), netns
   * (its network namespace), prefix (argv before hopd) */
  constructor(options = {}) {
    this.options = options;
    this.address = options.address ?? process.env.HOP_TEST_ADDRESS ?? '127.0.0.1';
    this.dir = options.dir ?? fs.mkdtempSync(path.join(os.tmpdir(), 'hopd-'));
    this.log = '';
    this.ports = { https: 0, http: 0, media: 0, ...options.ports };
  }

  async start() {
    const conf = path.join(this.dir, 'hopd.conf');
    const password = path.join(this.dir, 'admin-password');
    fs.writeFileSync(password, ADMIN_PASSWORD, { mode: 0o600 });
    fs.writeFileSync(conf, this.configText());
    const prefix = this.options.netns ? ['nsenter', `--net=/run/netns/${this.options.netns}`] : this.options.prefix ?? [];
    const argv = [...prefix, HOPD, '--config', conf, '--state-dir', path.join(this.dir, 'state'), '--web-root',
      path.join(ROOT, 'web-client/dist'), '--admin-password-file', password, '--ready-fd', '3'];
    this.process = spawn(argv[0], argv.slice(1), { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
    const collect = (chunk) => {
      this.log += chunk;
      if (process.env.HOP_TEST_VERBOSE) process.stderr.write(chunk);
    };
    this.process.stdout.on('data', collect);
    this.process.stderr.on('data', collect);
    this.exited = new Promise((resolve) => this.process.on('exit', (code, signal) => resolve({ code, signal })));
    const ready = new Promise((resolve, reject) => {
      let text = '';
      this.process.stdio[3].on('data', (d) => {
        text += d;
        if (text.includes('\n')) resolve(JSON.parse(text));
      });
      this.exited.then((e) => reject(new Error(`hopd ended at start: ${JSON.stringify(e)}\n${this.log}`)));
    });
    const timeout = new Promise((_, reject) =>
      setTimeout(() => reject(new Error(`hopd was not ready in 20 s\n${this.log}`)), 20000).unref());
    // the ports are kept, so that a restart is found where the first one was
    this.ports = await Promise.race([ready, timeout]);
    return this;
  }

  configText() {
    return `[server]
https-port=${this.ports.https}
http-port=${this.ports.http}

[media]
addresses=${this.address}
port=${this.ports.media}
${this.options.config ?? ''}
`;
  }

  get pid() {
    return this.process.pid;
  }

  /** Where a browser on this host opens it: plain http counts as secure on localhost. */
  url(pathname = '/') {
    return this.options.https
      ? `https://${this.address}:${this.ports.https}${pathname}`
      : `http://localhost:${this.ports.http}${pathname}`;
  }

  /** A REST call; `as` is a cookie from signIn(). */
  async api(method, pathname, body, as) {
    // in another namespace only its TLS side is reached
    const base = this.options.netns ? `https://${this.address}:${this.ports.https}` : `http://127.0.0.1:${this.ports.http}`;
    if (this.options.netns) process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'; // the own certificate
    const r = await fetch(`${base}/api/v1${pathname}`, {
      method,
      headers: { 'x-hop': '1', 'content-type': 'application/json', ...(as ? { cookie: as } : {}) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await r.text();
    return { status: r.status, headers: r.headers, text, json: text.startsWith('{') ? JSON.parse(text) : null };
  }

  async signIn() {
    const r = await this.api('POST', '/session', { username: 'admin', password: ADMIN_PASSWORD });
    if (r.status !== 201) throw new Error(`sign-in: ${r.status} ${r.text}`);
    return r.headers.get('set-cookie').split(';')[0];
  }

  /** An account that has chosen its own password; its cookie. */
  async account(cookie, person, password) {
    const made = await this.api('POST', '/users', person, cookie);
    if (made.status !== 201) throw new Error(`account: ${made.status} ${made.text}`);
    const first = await this.api('POST', '/session', { username: person.username, password: made.json.password });
    const own = first.headers.get('set-cookie').split(';')[0];
    const changed = await this.api('POST', '/me/password', { old: made.json.password, new: password }, own);
    if (changed.status !== 204) throw new Error(`password: ${changed.status} ${changed.text}`);
    return { id: made.json.id, cookie: own };
  }

  async newRoom(title = 'Giao ban') {
    const r = await this.api('POST', '/rooms', { title });
    if (r.status !== 201) throw new Error(`new room: ${r.status} ${r.text}`);
    return r.json.code;
  }

  rssKb() {
    return Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${this.pid}/status`, 'utf8'))[1]);
  }

  async stop(signal = 'SIGTERM') {
    if (!this.process || this.process.exitCode !== null || this.process.signalCode !== null) return this.exited;
    this.process.kill(signal);
    return this.exited;
  }

  async remove() {
    await this.stop();
    fs.rmSync(this.dir, { recursive: true, force: true });
  }
}
