// hopd and Janus on the same work in one run: one-to-many and all-to-all video through VideoRoom, mixed
// sound through AudioBridge. Each server alone on one processor, the load on the other.
import { onHop, onJanus } from './lib/load.mjs';
import { report } from './lib/report.mjs';

const VIDEO = [
  ['1 → 10', 'one-to-many', { 'rooms.receivers': 10 }],
  ['1 → 100', 'one-to-many', { 'rooms.receivers': 100 }],
  ['12, all see all', 'all-to-all', {}],
];
const AUDIO = [10, 50].map((n) => [`${n} with microphones, 3 talk`, 'audio-bridge', { 'rooms.senders': n }]);
const rows = [];
const round = (x) => Number(x.toFixed(2));

for (const [kind, cases] of [['video', VIDEO], ['audio', AUDIO]])
  for (const [name, scenario, set] of cases)
    for (const [who, got] of [['hop', await onHop(scenario, set)], ['Janus', await onJanus(scenario, set, { kind })]]) {
      const add = (metric, value, unit) => rows.push({ case: name, metric: `${who}, ${metric}`, value: round(value), unit, bar: null });
      add('CPU', got.cpu.percent, '% of a core');
      add('memory', got.cpu.rss_after_kb / 1024, 'MB');
      add('connected', got.members.connected, `of ${got.members.all}`);
      if (kind === 'video') {
        add('CPU per packet', got.cpu.us_per_packet, 'µs');
        add('lost', got.video.lost, `of ${got.video.expected}`);
        add('delay p50', got.delay_ms.p50, 'ms');
        add('delay p99', got.delay_ms.p99, 'ms');
      } else {
        add('packets of the mix', got.audio.received / got.seconds / got.members.all, 'per second and member');
      }
      process.stderr.write(`${name}, ${who}: ${round(got.cpu.percent)} % of a core\n`);
    }
report('compare', rows);
