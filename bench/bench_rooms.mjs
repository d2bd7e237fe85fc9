// Whole meetings on one core: many sites with simulcast, a hall of listeners, joins into a running room, what
// a participant costs in memory. Beside Janus where the question has an answer there.
// HOP_BENCH_CASES=sites,joins names some of them; HOP_BENCH_CHURN_SECONDS=100 makes ten thousand joins and leaves.
import { onHop, onJanus } from './lib/load.mjs';
import { report } from './lib/report.mjs';

const rows = [];
const round = (x) => Number((x ?? Number.NaN).toFixed(2));
const add = (name, metric, value, unit, bar = null) => rows.push({ case: name, metric, value: round(value), unit, bar });

function addMeeting(name, got, p99) {
  add(name, 'connected', got.members.connected, `of ${got.members.all}`);
  add(name, 'CPU', got.cpu.percent, '% of a core', 100);
  add(name, 'packets', got.video.pps, 'per second');
  add(name, 'to receivers', got.video.mbps, 'Mbit/s');
  add(name, 'lost', got.video.lost, `of ${got.video.expected}`, 0);
  add(name, 'sound lost', got.audio.missing_numbers, `of ${got.audio.received}`, 0);
  add(name, 'delay p50', got.delay_ms.p50, 'ms');
  add(name, 'delay p99', got.delay_ms.p99, 'ms', p99);
  add(name, 'load program', got.cpu.load_percent, '% of a core');
}

// More than an installation lets in by itself.
const LARGE = { config: '[meetings]\nmax-participants=1000\nmax-per-room=1000\nreserved-seats=0\n' };

const CASES = {
  async sites() {
    for (const view of [9, 25])
      addMeeting(`40 sites, a grid of ${view}`, await onHop('sites', { 'rooms.view': view, 'rooms.slots': view, 'rooms.height': view > 9 ? 180 : 240, 'run.check-every': 4 }), null);
  },
  async hall() {
    addMeeting('5 senders, 400 receivers', await onHop('hall', { 'run.check-every': 4 }, LARGE), 5);
    // a speaker in full, four small: what a page asks for
    addMeeting('5 senders in three layers, 400 receivers, small tiles', await onHop('hall', { 'run.check-every': 4, 'video.layers': 3, 'rooms.height': 240 }, LARGE), 5);
  },
  async joins() {
    const name = '400 joins in 10 s';
    const got = await onHop('one-to-many', { 'rooms.receivers': 50, 'rooms.late': 400, 'rooms.late-rate': 40, 'run.seconds': 11 }, LARGE);
    add(name, 'connected', got.members.connected, `of ${got.members.all}`);
    add(name, 'lost by those who were there', got.video.lost, `of ${got.video.expected}`, 0);
    add(name, 'their delay p99', got.delay_ms.p99, 'ms');
    add(name, 'WebSocket open to connected, p95', got.join_ms.connected?.p95, 'ms', 500);
    add(name, 'CPU', got.cpu.percent, '% of a core');
    add(name, 'memory per receiver', (got.cpu.rss_after_kb - got.cpu.rss_before_kb) / Math.max(1, got.members.connected - 51), 'kB', 60);
  },
  async first() {
    const set = { 'rooms.receivers': 2, 'rooms.late': 30, 'rooms.late-rate': 3, 'run.seconds': 11 };
    const hop = await onHop('one-to-many', set);
    const janus = await onJanus('one-to-many', set);
    for (const [who, got, packet, key] of [['hop', hop, 20, 25], ['Janus', janus, null, null]]) {
      add('from the open WebSocket', `${who}, connected, p50`, got.join_ms.connected?.p50, 'ms');
      add('from the open WebSocket', `${who}, first packet, p50`, got.join_ms.first_packet?.p50, 'ms', packet);
      add('from the open WebSocket', `${who}, first whole key frame, p50`, got.join_ms.first_key_frame?.p50, 'ms', key);
    }
  },
  async churn() {
    const seconds = Number(process.env.HOP_BENCH_CHURN_SECONDS ?? 20);
    const set = { 'rooms.receivers': 10, 'churn.per-second': 100, 'churn.stay-ms': 1000, 'run.join-rate': 100 };
    const [short, long] = [await onHop('one-to-many', { ...set, 'run.seconds': 5 }), await onHop('one-to-many', { ...set, 'run.seconds': seconds })];
    add('churn', 'joins and leaves', long.members.left, '');
    add('churn', 'memory after 5 s of it', short.cpu.rss_after_kb / 1024, 'MB');
    add('churn', `memory after ${seconds} s of it`, long.cpu.rss_after_kb / 1024, 'MB', round((short.cpu.rss_after_kb / 1024) * 1.1));
    add('churn', 'lost by those who stay', long.video.lost, `of ${long.video.expected}`, 0);
  },
};

for (const name of process.env.HOP_BENCH_CASES?.split(',') ?? Object.keys(CASES)) {
  await CASES[name]();
  process.stderr.write(`${name}: done\n`);
}
report('rooms', rows);
