// Meetings of native clients on a real hopd, and the floor beside them: what the mix's cases share.
import { execFile, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { Hopd } from '../../tests/browser/lib/hopd.mjs';

const BUILD = process.env.HOP_BUILD ?? path.resolve(import.meta.dirname, '../../build/release');
export const ADDRESS = process.env.HOP_TEST_ADDRESS ?? '127.0.0.1';
// Everybody is let in: what is measured is what happens then.
const CONFIG = '[meetings]\nmax-participants=3000\nmax-rooms=1000\nmax-per-room=1000\nreserved-seats=0\nadmission-load=0\nadmission-lag=0\n';

/** Ahead of what else runs (real-time round robin: the scheduler's groups make nice useless), on one
 *  processor ('0', '1') or both ('0,1'). hopd goes before the load. */
export const pin = (cpus, priority = 1) => ['chrt', '-r', String(priority), 'taskset', '-c', cpus];
export const program = (name) => path.join(BUILD, name);

/** Runs a program to its end; returns its last line as JSON. */
export async function run(cpus, name, ...args) {
  const argv = [...pin(cpus), program(name), ...args.map(String)];
  const { stdout } = await promisify(execFile)(argv[0], argv.slice(1));
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

/** A hopd for the time of `work(hopd, codes)`, with that many rooms. `media`: more for its [media]. */
export async function withRooms(count, cpus, work, media = '') {
  const hopd = await new Hopd({ prefix: pin(cpus, 2), config: `${media}${CONFIG}` }).start();
  try {
    const cookie = await hopd.signIn();
    const codes = [];
    for (let i = 0; i < count; i++) {
      const r = await hopd.api('POST', '/rooms', { title: `Phòng ${i + 1}` }, cookie);
      if (r.status !== 201) throw new Error(`new room: ${r.status} ${r.text}`);
      codes.push(r.json.code);
    }
    return await work(hopd, codes);
  } finally {
    await hopd.remove();
  }
}

/** hopd's counters, summed over their labels. */
export async function metrics(hopd) {
  const text = await (await fetch(`http://127.0.0.1:${hopd.ports.http}/metrics`)).text();
  const sums = {};
  for (const [, name, value] of text.matchAll(/^([a-z_]+)(?:\{[^}]*\})? ([0-9.e+-]+)$/gm))
    sums[name] = (sums[name] ?? 0) + Number(value);
  return sums;
}

/** The load program on that hopd. Its result, and how hopd's counters moved in the window. */
export async function load(hopd, codes, cpus, ...args) {
  const argv = [...pin(cpus), program('hop-bench-audio'), '--url', `http://127.0.0.1:${hopd.ports.http}`,
    '--rooms', codes.join(','), '--pid', String(hopd.pid), ...args.map(String)];
  const child = spawn(argv[0], argv.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise((resolve) => child.on('exit', (code) => resolve(code)));
  const marks = {};
  let result = null;
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line);
    if (said.mark) setTimeout(async () => { marks[said.mark] = await metrics(hopd).catch(() => ({})); }, 1100);
    else result = said;
  }
  if ((await exited) !== 0 || !result) throw new Error(`the load failed: ${argv.slice(5).join(' ').slice(0, 200)}`);
  const moved = (name) => (marks.end?.[name] ?? NaN) - (marks.begin?.[name] ?? NaN);
  return { ...result, late: moved('hop_mix_late_ticks_total') };
}
