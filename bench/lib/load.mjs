// One run of hop-load against a server of its own: hopd, or Janus at its best setting. The server on
// one processor, the load on the other.
import { execFile, execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Hopd } from '../../tests/browser/lib/hopd.mjs';

// Participants' addresses, all on this host; by way of the interface that Janus binds its sockets to.
export const BASE = '10.98.0.0';
if (process.env.HOP_TEST_NETNS === '1') execFileSync('ip', ['route', 'replace', 'local', `${BASE}/16`, 'dev', 'hop0']);

export const ADDRESS = process.env.HOP_TEST_ADDRESS ?? '127.0.0.1';
const ROOT = path.resolve(import.meta.dirname, '../..');
export const BUILD = process.env.HOP_BUILD ?? path.join(ROOT, 'build/release');
// Real-time, at the lowest priority: else whatever else runs on the machine is measured, too (autogroups make `nice`
// useless between sessions).
export const pin = (cpus) => ['chrt', '-r', '1', 'taskset', '-c', cpus];

/** Runs a program of the build on those processors and reads the last line of its output as JSON. */
export const runJson = async (cpus, program, ...args) => {
  const { stdout } = await promisify(execFile)(pin(cpus)[0], [...pin(cpus).slice(1), path.join(BUILD, program), ...args],
    { maxBuffer: 1 << 26 });
  return JSON.parse(stdout.trim().split('\n').at(-1));
};

export const scenario = (name) => path.join(ROOT, `bench/scenarios/${name}.conf`);
const flags = (set) => Object.entries(set).flatMap(([key, value]) => ['--set', `${key}=${value}`]);

/** Plays a scenario against hopd; `set` overrides keys of it: {'rooms.receivers': 50}. */
export async function onHop(name, set = {}, { workers = 1, cpus = '0', loadCpus = '1', config = '' } = {}) {
  const hopd = await new Hopd({ prefix: pin(cpus), config: `workers=${workers}\n${config}` }).start();
  try {
    const rooms = [];
    for (let i = 0; i < Number(set['rooms.rooms'] ?? 1); i++) rooms.push('--room', await hopd.newRoom(`Load ${i + 1}`));
    const got = await runJson(loadCpus, 'hop-load', '--scenario', scenario(name), '--port', String(hopd.ports.http), '--pid',
      String(hopd.pid), '--base', BASE, '--json', '--quiet', ...rooms, ...flags(set));
    got.metrics = await (await fetch(`http://127.0.0.1:${hopd.ports.http}/metrics`)).text();
    return got;
  } finally {
    await hopd.remove();
  }
}

/** Janus (Debian's package) with a configuration of its own, at what is its best setting here: one
 * event loop for all, no other plugins, ICE-lite as hop is. */
export class Janus {
  constructor({ prefix = [], ip = '127.0.0.1', addresses = ADDRESS } = {}) {
    Object.assign(this, { prefix, ip, addresses });
    this.port = 20188;
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'janus-'));
  }

  configure() {
    const lib = '/usr/lib/x86_64-linux-gnu/janus';
    const only = (keep, all) => all.filter((x) => !keep.includes(x)).join(',');
    const plugins = fs.readdirSync(`${lib}/plugins`).filter((f) => f.endsWith('.so'));
    const transports = fs.readdirSync(`${lib}/transports`).filter((f) => f.endsWith('.so'));
    const write = (name, text) => fs.writeFileSync(path.join(this.dir, name), text);
    write('janus.jcfg', `general: {
  configs_folder = "${this.dir}"
  plugins_folder = "${lib}/plugins"
  transports_folder = "${lib}/transports"
  events_folder = "${this.dir}/none"
  loggers_folder = "${this.dir}/none"
  debug_level = 2
  debug_colors = false
  session_timeout = 0
  event_loops = 1
}
media: { rtp_port_range = "20200-29999" }
nat: { ice_lite = true
  ice_enforce_list = "${this.addresses}" }
plugins: { disable = "${only(['libjanus_videoroom.so', 'libjanus_audiobridge.so'], plugins)}" }
transports: { disable = "${only(['libjanus_websockets.so'], transports)}" }
`);
    write('janus.transport.websockets.jcfg', `general: {
  json = "compact"
  ws = true
  ws_port = ${this.port}
  ws_ip = "${this.ip}"
}
`);
    write('janus.plugin.videoroom.jcfg', '');
    write('janus.plugin.audiobridge.jcfg', '');
  }

  async start() {
    this.configure();
    const argv = [...this.prefix, 'janus', '-F', this.dir];
    this.process = spawn(argv[0], argv.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
    this.log = '';
    for (const out of [this.process.stdout, this.process.stderr]) out.on('data', (d) => { this.log += d; });
    this.exited = new Promise((resolve) => this.process.on('exit', resolve));
    for (let tries = 0; tries < 100; tries++) {
      if (await new Promise((resolve) => {
        const s = net.connect(this.port, this.ip, () => resolve(true)).on('error', () => resolve(false));
        s.unref();
      })) return this;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`janus was not ready in 10 s\n${this.log}`);
  }

  async remove() {
    this.process.kill();
    await this.exited;
    fs.rmSync(this.dir, { recursive: true, force: true });
  }
}

/** The same scenario against Janus; `kind` is video (VideoRoom) or audio (AudioBridge). */
export async function onJanus(name, set = {}, { kind = 'video', cpus = '0', loadCpus = '1' } = {}) {
  const janus = await new Janus({ prefix: pin(cpus) }).start();
  try {
    return await runJson(loadCpus, 'hop-load', '--server', `janus-${kind}`, '--scenario', scenario(name), '--port',
      String(janus.port), '--pid', String(janus.process.pid), '--base', BASE, '--json', '--quiet', ...flags(set));
  } catch (error) {
    throw new Error(`${error.message}\n${janus.log.slice(-3000)}`);
  } finally {
    await janus.remove();
  }
}
