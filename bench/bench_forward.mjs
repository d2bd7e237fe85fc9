// What forwarding costs: CPU of the server's process per packet that reached a receiver, for hopd and for
// Janus, beside the floor: a bare loop that protects and sends the same packets at the same times. All in
// one run, each alone on one processor, the load on the other. HOP_BENCH_CASES=1-10,all names some of them.
import { ADDRESS, BASE, onHop, onJanus, runJson } from './lib/load.mjs';
import { report } from './lib/report.mjs';

const SHAPES = ['paced', 'burst'];
const CASES = [
  ...[1, 10, 50, 100].map((n) => ({ name: `1-${n}`, scenario: 'one-to-many', set: { 'rooms.receivers': n }, janus: true, bars: { 100: { floor: 1.5, janus: { paced: 3, burst: 6 } }, 10: { janus: { paced: 5, burst: 5 } } }[n] })),
  { name: 'all-12', scenario: 'all-to-all', set: {}, janus: true, bars: { floor: 1.5, janus: { paced: 3, burst: 3 } } },
  { name: 'rooms-8x12', scenario: 'all-to-all', set: { 'rooms.rooms': 8, 'run.check-every': 8 }, janus: false, bars: { floor: 1.3, p99: 5 } },
];
const wanted = process.env.HOP_BENCH_CASES?.split(',');
const SECONDS = Number(process.env.HOP_BENCH_SECONDS ?? 8);

const rows = [];
const round = (x) => Number(x.toFixed(2));
const add = (name, metric, value, unit, bar = null) => rows.push({ case: name, metric, value: round(value), unit, bar });

async function floorOf(c, shape) {
  const count = (key, fallback) => String(c.set[`rooms.${key}`] ?? fallback);
  const everyone = c.scenario === 'all-to-all';
  return runJson('0', 'hop-bench-floor', '--address', ADDRESS, '--base', BASE, '--rooms', count('rooms', 1), '--senders',
    count('senders', everyone ? 12 : 1), '--receivers', count('receivers', everyone ? 0 : 1), ...(shape === 'burst' ? ['--burst'] : []));
}

function addServer(name, who, got, bars) {
  add(name, who, got.cpu.us_per_packet, 'µs per packet', bars.us ?? null);
  add(name, `${who}, CPU`, got.cpu.percent, '% of a core');
  add(name, `${who}, lost`, got.video.lost, `of ${got.video.expected}`, who === 'hop' ? 0 : null);
  add(name, `${who}, delay p50`, got.delay_ms.p50, 'ms');
  add(name, `${who}, delay p99`, got.delay_ms.p99, 'ms', bars.p99 ?? null);
  if (got.members.failed || got.members.connected < got.members.all) add(name, `${who}, not connected`, got.members.all - got.members.connected, 'members', 0);
}

async function one(c, shape) {
  const name = `${c.name} ${shape}`;
  const set = { ...c.set, 'video.shape': shape, 'run.seconds': SECONDS };
  const bars = c.bars ?? {};
  const floor = await floorOf(c, shape);
  const janus = c.janus ? await onJanus(c.scenario, set) : null;
  const limits = [bars.floor && floor.us_per_packet * bars.floor, janus && bars.janus && janus.cpu.us_per_packet / bars.janus[shape]].filter(Boolean);
  const hop = await onHop(c.scenario, set);
  add(name, 'floor', floor.us_per_packet, 'µs per packet');
  addServer(name, 'hop', hop, { us: limits.length ? round(Math.min(...limits)) : null, p99: bars.p99 });
  add(name, 'hop, load program', hop.cpu.load_percent, '% of a core');
  if (janus) addServer(name, 'Janus', janus, {});
  process.stderr.write(`${name}: floor ${round(floor.us_per_packet)}, hop ${round(hop.cpu.us_per_packet)}, Janus ${janus ? round(janus.cpu.us_per_packet) : '-'} µs; hop lost ${hop.video.lost} of ${hop.video.expected}\n`);
}

const protect = await runJson('0', 'hop-bench-floor', '--protect');
add('protect 1100 bytes, GCM', 'hop', protect.hop_ns, 'ns');
add('protect 1100 bytes, GCM', 'libsrtp', protect.libsrtp_ns, 'ns');
for (const c of CASES.filter((x) => !wanted || wanted.includes(x.name))) for (const shape of SHAPES) await one(c, shape);
report('forward', rows);
