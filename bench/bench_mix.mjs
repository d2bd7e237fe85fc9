// What the mix costs and how long a voice is under way in it. Whole-server cases: the real hopd, native
// clients through its signaling, ICE, DTLS and SRTP, beside the floor: plain libopus, OpenSSL's GCM and
// sendmmsg(), doing what the talkers make necessary. Then the kernel and the mix threads alone
// (bench/mix/), as explanation. `--only TEXT`: the cases whose name has it.
import { execFileSync } from 'node:child_process';
import { onHop, onJanus } from './lib/load.mjs';
import { ADDRESS, load, pin, program, run, withRooms } from './lib/meetings.mjs';
import { report } from './lib/report.mjs';

const SECONDS = 4;
const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : '';
const cases = [];
const add = (name, metric, value, unit, bar = null) => {
  cases.push({ case: name, metric, value: Number(Number(value).toPrecision(4)), unit, bar });
  process.stderr.write(`${name}: ${metric} ${cases.at(-1).value} ${unit}\n`);
};

/** The floor runs before and after hopd: what the machine does meanwhile is in both. */
async function meeting({ name, rooms = 1, members, talkers, silent = 0, cpus = '0', ratio = null, percent = null }) {
  if (!name.includes(only)) return;
  const mixed = Math.min(talkers, 16);
  const below = async () => talkers === 0 ? null : (await run(cpus, 'hop-bench-audio-floor', '--address', ADDRESS, '--rooms', rooms,
    '--members', members, '--talkers', mixed, '--seconds', 2, '--receiver-cpu', 1)).cpu_percent;
  const before = await below();
  const got = await withRooms(rooms, cpus, (hopd, codes) => load(hopd, codes, '1', '--members', members, '--talkers', talkers,
    '--silent', silent, '--seconds', SECONDS));
  const after = await below();
  add(name, 'hopd', got.cpu_percent, '% of a core', percent);
  add(name, 'of it workers', got.worker_percent, '% of a core');
  add(name, 'of it mix threads', got.mix_percent, '% of a core');
  if (talkers > 0) {
    const floor = (before + after) / 2;
    const hearers = members - (talkers === 1 ? 1 : 0);
    add(name, 'floor', floor, '% of a core');
    add(name, 'hopd / floor', got.cpu_percent / floor, '×', ratio);
    add(name, 'late ticks', got.late, '', 0);
    add(name, 'packets that came', got.packets / (got.seconds * 50 * rooms * hearers) * 100, '% of expected');
    add(name, 'lost packets', got.lost, `of ${got.packets}`, 0);
    if (members > talkers) add(name, 'longest gap of a listener', got.longest_gap_ms, 'ms');
  }
}

// A tone is found by its loudness: nobody changes that.
const LEVEL = 'audio-levelling=false\n';

async function onset(name, rooms) {
  if (!name.includes(only)) return;
  const got = await withRooms(rooms, '0', (hopd, codes) => load(hopd, codes, '1', '--onset', '--seconds', 12), LEVEL);
  add(name, 'first word, packet in → mix out, p50', got.first_packet_p50, 'ms', 30);
  add(name, 'first word, packet in → mix out, p95', got.first_packet_p95, 'ms', 60);
  add(name, 'in speech, packet in → mix out, p50', got.change_packet_p50, 'ms', 30);
  add(name, 'in speech, packet in → mix out, p95', got.change_packet_p95, 'ms', 60);
  add(name, 'first word, tone → tone, p50', got.first_sound_p50, 'ms', 50);
  add(name, 'first word, tone → tone, p95', got.first_sound_p95, 'ms');
  add(name, 'in speech, tone → tone, p50', got.change_sound_p50, 'ms', 50);
  add(name, 'right after joining, packet in → mix out, p50', got.at_once_packet_p50, 'ms');
  add(name, 'beginnings that were not heard', got.missed, `of ${got.found + got.missed}`, 0);
}

/** Both with every microphone open, as AudioBridge has it; the same load program plays both. */
async function besideJanus() {
  const set = { 'audio.talkers': 3, 'run.seconds': SECONDS, 'run.warm-up': 2 };
  const perMember = {};
  for (const [who, play, members] of [['Janus', (s) => onJanus('audio-bridge', s, { kind: 'audio' }), 50], ['hop', (s) => onHop('audio-bridge', s), 50],
    ['Janus', (s) => onJanus('audio-bridge', s, { kind: 'audio' }), 100], ['hop', (s) => onHop('audio-bridge', s), 100]]) {
    const name = `beside AudioBridge: ${members} with open microphones, 3 talk`;
    if (!name.includes(only)) continue;
    const got = await play({ ...set, 'rooms.senders': members });
    add(name, `${who}, CPU`, got.cpu.percent, '% of a core');
    add(name, `${who}, packets of the mix that came`, (got.audio.received / got.seconds / got.members.all) * 2, '% of 50 per second and member');
    perMember[who] = got.cpu.percent / members;
    if (who === 'hop') add(name, 'hop / Janus, CPU per member', perMember.hop / perMember.Janus, '×', 0.05);
  }
}

async function tonesBesideJanus() {
  const name = 'beside AudioBridge: tone onset → tone onset';
  if (!name.includes(only)) return;
  const set = { 'rooms.rooms': 10, 'rooms.senders': 2, 'audio.tones': 1, 'run.seconds': 12, 'run.warm-up': 1 };
  for (const [who, play, bar] of [['hop', () => onHop('audio-bridge', set, { config: LEVEL }), 50],
    ['Janus', () => onJanus('audio-bridge', set, { kind: 'audio' }), null],
    ['Janus, lowest prebuffer', () => onJanus('audio-bridge', { ...set, 'janus.prebuffer': 2 }, { kind: 'audio' }), null]]) {
    const { tones_ms: got } = await play();
    add(name, `${who}, first word p50`, got.first_sound_p50, 'ms', bar);
    add(name, `${who}, first word p95`, got.first_sound_p95, 'ms');
    add(name, `${who}, in speech p50`, got.change_sound_p50, 'ms', bar);
    add(name, `${who}, in speech p95`, got.change_sound_p95, 'ms');
    add(name, `${who}, not heard`, got.missed, `of ${got.found + got.missed}`);
  }
}

await meeting({ name: '100 in a room, 3 talk, 97 muted', members: 100, talkers: 3, ratio: 1.3 });
await meeting({ name: '100 in a room, 3 talk, 97 send silence', members: 100, talkers: 3, silent: 97 });
await meeting({ name: '1000 in a room, 3 talk', members: 1000, talkers: 3, ratio: 1.3 });
await meeting({ name: '40 in a room, all talk', members: 40, talkers: 40, ratio: 1.3 });
await meeting({ name: '400 rooms of 3, all muted', rooms: 400, members: 3, talkers: 0, percent: 1 });
await meeting({ name: '400 rooms of 3, all send silence', rooms: 400, members: 3, talkers: 0, silent: 3 });
for (const rooms of [40, 80, 120, 160, 200])
  await meeting({ name: `${rooms} rooms of 5, one talks in each, two cores`, rooms, members: 5, talkers: 1, cpus: '0,1' });
await onset('delay on a clean line', 20);
await besideJanus();
await tonesBesideJanus();

if (only === '' || only === 'kernel') {
  const out = execFileSync(pin('0')[0], [...pin('0').slice(1), program('hop-bench-mix'), '2'],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  cases.push(...out.split('\n').filter((l) => l.startsWith('{')).map((l) => JSON.parse(l)));
}
report('mix', cases);
