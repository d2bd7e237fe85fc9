// What forwarding costs: CPU of hopd's process per packet that reached a receiver, one sender of VP8 at
// 1.5 Mbit/s to N receivers, through the real signaling, ICE, DTLS and SRTP; beside the floor, a bare
// loop that protects and sends the same packets at the same times, in the same run. hopd and the floor
// on one processor, the load on the other; ahead of what else runs, for as little as it disturbs.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { Hopd } from '../tests/browser/lib/hopd.mjs';
import { report } from './lib/report.mjs';

const BUILD = process.env.HOP_BUILD ?? path.resolve(import.meta.dirname, '../build/release');
const RECEIVERS = (process.env.HOP_BENCH_RECEIVERS ?? '1,10,50,100').split(',').map(Number);
const SECONDS = '8';
const pin = (cpu) => ['nice', '-n', '-15', 'taskset', '-c', cpu];
const on = (cpu, program, ...args) => promisify(execFile)(pin(cpu)[0], [...pin(cpu).slice(1), path.join(BUILD, program), ...args]);
const line = (result) => JSON.parse(result.stdout);

const cases = [];
const add = (name, metric, value, unit, bar = null) => cases.push({ case: name, metric, value, unit, bar });
const protect = line(await on('0', 'hop-bench-floor', '--protect'));
add('protect, AES-128-GCM, 1100 bytes', 'hop', protect.hop_ns, 'ns');
add('protect, AES-128-GCM, 1100 bytes', 'libsrtp', protect.libsrtp_ns, 'ns');
for (const shape of ['paced', 'burst'])
  for (const receivers of RECEIVERS) {
    const flags = ['--receivers', String(receivers), ...(shape === 'burst' ? ['--burst'] : [])];
    const floor = line(await on('0', 'hop-bench-floor', '--address', process.env.HOP_TEST_ADDRESS ?? '127.0.0.1', ...flags));
    const hopd = await new Hopd({ prefix: pin('0') }).start();
    try {
      const room = await hopd.newRoom();
      const got = line(await on('1', 'hop-bench-load', '--url', `http://127.0.0.1:${hopd.ports.http}`, '--room', room, '--pid',
        String(hopd.pid), '--seconds', SECONDS, ...flags));
      const name = `1 → ${receivers}, ${shape}`;
      const round = (x) => Number(x.toFixed(2));
      add(name, 'hopd', round(got.us_per_packet), 'µs per packet');
      add(name, 'floor', round(floor.us_per_packet), 'µs per packet');
      add(name, 'hopd', round(got.cpu_percent), '% of a core');
      add(name, 'lost', got.expected - got.received, `of ${got.expected}`, 0);
      add(name, 'delay p50', got.delay_p50_us / 1000, 'ms');
      add(name, 'delay p99', got.delay_p99_us / 1000, 'ms');
      process.stderr.write(`${name}: hopd ${round(got.us_per_packet)}, floor ${round(floor.us_per_packet)} µs\n`);
    } finally {
      await hopd.remove();
    }
  }
report('forward', cases);
