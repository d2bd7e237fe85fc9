// Debian's coturn with the configuration that hop ships, its blanks filled in.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { until } from './until.mjs';

const SHIPPED = path.resolve(import.meta.dirname, '../../../deploy/turnserver.conf');

export class Coturn {
  /** options: address, secret, peers (which it may reach), certificate and key (files, for TLS) */
  constructor(options) {
    this.options = options;
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'coturn-'));
    this.log = '';
  }

  async start() {
    const { address, secret, peers, certificate, key } = this.options;
    const conf = path.join(this.dir, 'turnserver.conf');
    const text = fs.readFileSync(SHIPPED, 'utf8').replace('CHANGE-ME', secret).replace(/^syslog$/m, 'log-file=stdout');
    fs.writeFileSync(conf, `${text}
listening-ip=${address}
relay-ip=${address}
${peers.map((p) => `allowed-peer-ip=${p}`).join('\n')}
${certificate ? `cert=${certificate}\npkey=${key}` : ''}
pidfile=${path.join(this.dir, 'pid')}
userdb=${path.join(this.dir, 'db')}
verbose
`);
    this.process = spawn('turnserver', ['-c', conf], { stdio: ['ignore', 'pipe', 'pipe'], cwd: this.dir });
    for (const out of [this.process.stdout, this.process.stderr]) out.on('data', (d) => {
      this.log += d;
      if (process.env.HOP_TEST_VERBOSE) process.stderr.write(d);
    });
    this.exited = new Promise((r) => this.process.on('exit', r));
    await until('coturn listens', 15000, () => {
      if (this.process.exitCode !== null) throw new Error(`coturn ended: ${this.log}`);
      return /TLS\/TCP listener opened|TCP listener opened/i.test(this.log);
    });
    return this;
  }

  /** How many relays were allocated so far. */
  allocations() {
    return (this.log.match(/ALLOCATE processed, success/g) ?? []).length;
  }

  async remove() {
    this.process?.kill('SIGTERM');
    await this.exited;
    fs.rmSync(this.dir, { recursive: true, force: true });
  }
}
