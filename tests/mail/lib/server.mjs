// A hopd with a mail server beside it, and what the tests ask of both.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Hopd } from '../../browser/lib/hopd.mjs';
import { Catcher } from './catcher.mjs';

export const BASE_URL = 'https://hop.example.vn';
export const FROM = 'hop@example.vn';

/** A certificate for 127.0.0.1 that is its own authority. */
export function makeCertificate(dir) {
  const cert = path.join(dir, 'smtp-cert.pem');
  const key = path.join(dir, 'smtp-key.pem');
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
    '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { cert, key };
}

export class Server {
  /** options: catcher (of lib/catcher.mjs), mail (further lines of [mail]) */
  async start(options = {}) {
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'hop-mail-'));
    this.catcher = await new Catcher(options.catcher ?? {}).start();
    this.hopd = new Hopd({ config: this.config(options.mail ?? 'security=none') });
    await this.hopd.start();
    this.admin = await this.hopd.signIn();
    return this;
  }

  config(mail) {
    return `[mail]
server=127.0.0.1
port=${this.catcher.port}
from=Họp trực tuyến <${FROM}>
retry-seconds=1
${mail}
[server]
url=${BASE_URL}
`;
  }

  async call(method, pathname, body, status = 200, as = this.admin) {
    const r = await this.hopd.api(method, pathname, body, as);
    assert.equal(r.status, status, `${method} ${pathname}: ${r.status} ${r.text}`);
    return r.json;
  }

  /** PATCH or DELETE of what stands there now, in its present version. */
  async change(pathname, body, method = 'PATCH') {
    const { headers } = await this.hopd.api('GET', pathname.replace(/\/occurrences\/.*/, ''), undefined, this.admin);
    const r = await this.fetch(`/api/v1${pathname}`, {
      method,
      headers: { 'x-hop': '1', cookie: this.admin, 'if-match': headers.get('etag') ?? '*' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await r.text();
    assert.equal(r.status, 200, `${method} ${pathname}: ${r.status} ${text}`);
    return JSON.parse(text);
  }

  /** Of a program: the answer of fetch(). */
  fetch(pathname, options = {}) {
    return fetch(`http://127.0.0.1:${this.hopd.ports.http}${pathname}`, options);
  }

  /** Asks until the answer pleases. */
  async until(method, pathname, pleases) {
    for (const end = Date.now() + 30000; Date.now() < end; ) {
      const answer = await this.call(method, pathname);
      if (pleases(answer)) return answer;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`${method} ${pathname} never pleased`);
  }

  async stop() {
    await this.hopd.remove();
    await this.catcher.stop();
    fs.rmSync(this.dir, { recursive: true, force: true });
  }
}

/** 20:00 local on a weekday some days from now, whole hours, as ISO 8601. */
export function soon(days = 7, hour = 13) {
  const at = new Date();
  at.setUTCHours(hour, 0, 0, 0);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().replace('.000', '');
}

export const plus = (iso, minutes) => new Date(Date.parse(iso) + minutes * 60000).toISOString().replace('.000', '');
