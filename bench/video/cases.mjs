// The cases of the table. Each sets up its meeting on `server` and returns rows: metric, value,
// unit, bar. What is measured how is told in docs/video.md.
import { execFile, spawn } from 'node:child_process';
import net from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { BUILD } from '../lib/load.mjs';
import { percentile } from '../lib/report.mjs';
import { artefacts, counted, frozenShare, gaps, layerChanges, longestFreeze, mean, videoRate, windows } from './judge.mjs';
import { sleep } from './meeting.mjs';

const round = (x, digits = 0) => Math.round(x * 10 ** digits) / 10 ** digits;
const row = (metric, value, unit, bar = null, better = 'less') => ({ metric, value, unit, bar, better });
const percent = (metric, share, bar, better) => row(metric, round(share * 100, 1), '%', bar, better);

/** Four publishers, one receiver behind that line, all of them wanted. */
async function fourToOne(m, server, ...commands) {
  await m.open(server);
  await m.publish(4);
  await sleep(3000); // the publishers' own estimates
  const line = await m.line(...commands);
  const receiver = await m.receive(line);
  await server.view(receiver, m.publishers);
  return { line, receiver, begin: Date.now() };
}

async function narrow(m, server) {
  const { line, receiver, begin } = await fourToOne(m, server, 'both rate=1M buffer=500ms delay=25ms');
  await m.run(8);
  await line.reset();
  const end = await m.run(32);
  const { down } = await line.stats();
  const used = windows(await line.tenths(), 'down', begin + 8000, end, 2000).map((w) => w.bps);
  const average = mean(used);
  return [
    percent('of the line in use, 8–40 s', average / 1e6, 85, 'more'),
    percent('largest deviation of 2 s from that', Math.max(...used.map((u) => Math.abs(u / average - 1))), 15),
    percent('of the line in pictures', videoRate(receiver.stats, begin + 8000, end) / 1e6),
    row('queue p95', round(down.queue_ms.p95), 'ms', 150),
    row('longest freeze', round(longestFreeze(receiver, m.publishers, begin + 8000, end).ms), 'ms', 500),
    row('longest freeze from the start', round(longestFreeze(receiver, m.publishers, begin, end).ms), 'ms'),
  ];
}

async function drop(m, server) {
  const { line, receiver, begin } = await fourToOne(m, server, 'both buffer=500ms delay=25ms', 'down rate=4M');
  await m.run(25);
  const before = mean(windows(await line.tenths(), 'down', begin + 15000, Date.now(), 1000).map((w) => w.bps));
  await line.set('down rate=0.6M');
  const dropped = Date.now();
  await m.run(2);
  await line.reset();
  await m.run(18);
  const { down } = await line.stats();
  await line.set('down rate=4M');
  const returned = Date.now();
  const end = await m.run(25);
  const tenths = await line.tenths();
  const low = windows(tenths, 'down', dropped, returned, 500);
  const bad = low.filter((w) => w.overflow > 0.02 * (w.packets + w.overflow)).at(-1);
  const back = windows(tenths, 'down', returned, end, 1000).find((w) => w.bps >= 3.6e6);
  return [
    percent('of 4 Mbit/s in use before', before / 4e6),
    row('longest freeze after the drop (unless said to be paused)', round(longestFreeze(receiver, m.publishers, dropped, returned).ms), 'ms', 1000),
    row('loss under 2 % after', bad ? round((bad.at + 500 - dropped) / 1000, 1) : 0, 's', 2),
    percent('of 0.6 Mbit/s in use', mean(low.filter((w) => w.at > dropped + 5000).map((w) => w.bps)) / 6e5),
    row('queue p95, from 2 s after', round(down.queue_ms.p95), 'ms'),
    row('90 % of 4 Mbit/s after its return', back ? round((back.at + 1000 - returned) / 1000, 1) : Infinity, 's', 15),
    percent('of 4 Mbit/s in use after', mean(windows(tenths, 'down', returned + 15000, end, 1000).map((w) => w.bps)) / 4e6),
  ];
}

async function loss(m, server) {
  const { line, receiver, begin } = await fourToOne(m, server, 'both rate=20M buffer=200ms delay=40ms');
  await m.run(20);
  const clean = videoRate(receiver.stats, begin + 8000, begin + 20000);
  await line.set('both loss=5%');
  const from = Date.now();
  const end = await m.run(30);
  return [
    row('bitrate without loss', round(clean / 1e6, 2), 'Mbit/s'),
    percent('of the clean bitrate kept', videoRate(receiver.stats, from, end) / clean, 95, 'more'),
    percent('of the time in freezes, as Chromium counts them', counted(receiver.stats, from, end, 'totalFreezesDuration') * 250 / (end - from), 1),
    percent('of the time in gaps over 200 ms', frozenShare(receiver, m.publishers, from, end)),
    row('longest freeze', round(longestFreeze(receiver, m.publishers, from, end).ms), 'ms'),
    row('damaged pictures', artefacts(receiver.frames).all, '', 0),
  ];
}

/** Sound that was made up (concealed) or missing, as shares of the time. */
function soundIn(receiver, from, to) {
  const all = counted(receiver.stats, from, to, 'totalSamplesReceived', 'audio');
  const concealed = counted(receiver.stats, from, to, 'concealedSamples', 'audio');
  const levels = receiver.sound.filter(([at]) => at >= from && at < to).map(([, db]) => db);
  const usual = percentile(receiver.sound.filter(([at]) => at < from).map(([, db]) => db), 50);
  return { concealed: all ? concealed / all : 1, dips: levels.filter((db) => db < usual - 6).length / Math.max(1, levels.length) };
}

/** When each publisher's picture comes again at four fifths of its rate, in ms after `from`. */
function recovery(receiver, publishers, from, to, fps = 16) {
  const back = publishers.map((p) => {
    const times = receiver.frames.filter((f) => f[2] === p.id && f[0] >= from - 500).map((f) => f[0]);
    for (let t = from; t + 500 <= to; t += 50)
      if (times.filter((x) => x >= t && x < t + 500).length >= 0.8 * 0.5 * fps) return t - from;
    return Infinity;
  });
  return Math.max(...back);
}

async function storm(m, server) {
  const { line, receiver } = await fourToOne(m, server, 'both rate=20M buffer=200ms delay=25ms');
  await m.run(15);
  const from = Date.now();
  await line.set('both loss=20%');
  await m.run(10);
  await line.set('both loss=0');
  const over = Date.now();
  const end = await m.run(12);
  const sound = soundIn(receiver, from + 500, over);
  const widest = Math.max(...receiver.frames.filter((f) => f[0] < from).map((f) => f[5]));
  const sharp = m.publishers.map((p) => receiver.frames.find((f) => f[2] === p.id && f[0] > over && f[5] === widest)?.[0] ?? Infinity);
  return [
    percent('of the sound made up during the loss', sound.concealed, 5),
    percent('of the sound 6 dB too soft during the loss', sound.dips, 1),
    row('video at its rate again', round(recovery(receiver, m.publishers, over, end) / 1000, 2), 's', 2),
    row('all at their highest layer again', round((Math.max(...sharp) - over) / 1000, 1), 's'),
    percent('of the time in freezes during the loss', frozenShare(receiver, m.publishers, from, over)),
    row('longest freeze', round(longestFreeze(receiver, m.publishers, from, end).ms), 'ms'),
    row('damaged pictures', artefacts(receiver.frames).all, '', 0),
  ];
}

async function bloat(m, server) {
  const { line, receiver, begin } = await fourToOne(m, server, 'both rate=2M buffer=1s delay=25ms');
  await m.run(2);
  await line.reset();
  const end = await m.run(40);
  const { down } = await line.stats();
  return [
    row('queue p95, from 2 s on', round(down.queue_ms.p95), 'ms', 200),
    row('queue, longest', round(down.queue_ms.max), 'ms'),
    percent('of the line in use, 8–40 s', mean(windows(await line.tenths(), 'down', begin + 8000, end, 2000).map((w) => w.bps)) / 2e6),
    row('longest freeze', round(longestFreeze(receiver, m.publishers, begin + 8000, end).ms), 'ms'),
  ];
}

/** A server that sends as fast as TCP lets it; returns its port and how to end it. */
function flood() {
  const block = Buffer.alloc(65536);
  const server = net.createServer((socket) => {
    const push = () => { while (socket.write(block)); };
    socket.on('drain', push).on('error', () => {});
    push();
  });
  return new Promise((resolve) => server.listen(0, '0.0.0.0', () => resolve(server)));
}

const DOWNLOAD = `let n = 0; require('net').connect(process.argv[1], process.argv[2])
  .on('data', (d) => { n += d.length; }); setInterval(() => console.log(n), 500);`;

async function shared(m, server) {
  await m.open(server);
  await m.publish(4);
  await sleep(3000);
  const line = await m.line('both rate=3M buffer=200ms delay=20ms');
  const browser = await m.chromium({ netns: line.name });
  for (let i = 0; i < 2; i++) await server.view(await m.receive(line, { browser }), m.publishers);
  await m.run(12);
  const source = await flood();
  const download = spawn('nsenter', [`--net=/run/netns/${line.name}`, process.execPath, '-e', DOWNLOAD, source.address().port, line.near],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => download.on('exit', resolve));
  let got = 0;
  download.stdout.on('data', (d) => { got = Number(String(d).trim().split('\n').at(-1)); });
  await m.run(5);
  const from = Date.now(), before = got;
  const end = await m.run(30);
  const tcp = ((got - before) * 8000) / (end - from);
  download.kill();
  source.close();
  await ended;
  const shares = m.receivers.map((r) => (videoRate(r.stats, from, end) + videoRate(r.stats, from, end, 'audio')) / 1e6);
  return [
    percent('the first receiver, of its fair share of 1 Mbit/s', shares[0], 25, 'more'),
    percent('the second receiver', shares[1], 25, 'more'),
    percent('the download', tcp / 1e6, 25, 'more'),
    row('longest freeze', round(Math.max(...m.receivers.map((r) => longestFreeze(r, m.publishers, from, end).ms))), 'ms'),
  ];
}

async function swap(m, server) {
  const SWAPS = 40;
  await m.open(server);
  await m.publish(4);
  const line = await m.line('both rate=20M buffer=200ms delay=20ms');
  const receiver = await m.receive(line, { slots: 1 });
  await sleep(5000);
  const asked = [];
  for (let i = 0; i < SWAPS; i++) {
    const p = m.publishers[i % 4];
    asked.push([await receiver.page.evaluate(() => bench.now()), p.id]);
    await server.view(receiver, [p]);
    await m.run(0.9 + 0.05 * (i % 5)); // not in step with anything
  }
  const took = asked.slice(1).map(([at, id]) => (receiver.frames.find((f) => f[2] === id && f[0] > at)?.[0] ?? Infinity) - at);
  return [
    row('first picture of the other, p50', round(percentile(took, 50)), 'ms'),
    row('first picture of the other, p95', round(percentile(took, 95)), 'ms', 250),
    row('damaged pictures', artefacts(receiver.frames).all, '', 0),
  ];
}

async function layers(m, server) {
  const WANTED = 200;
  await m.open(server);
  await m.publish(2, { fps: 25 });
  const line = await m.line('both rate=20M buffer=200ms delay=20ms');
  const receiver = await m.receive(line);
  await server.view(receiver, m.publishers);
  await m.run(6);
  const from = Date.now(), heights = [60, 270, 130];
  for (let i = 0; layerChanges(receiver.frames.filter((f) => f[0] > from)).length < WANTED && i < 160; i++) {
    await server.view(receiver, m.publishers, () => ({ height: heights[i % 3] }));
    await m.run(1.2);
  }
  const end = Date.now();
  const frames = receiver.frames.filter((f) => f[0] > from);
  const changes = layerChanges(frames);
  // the longest time without a picture within a second around each change
  const held = changes.map(([at, , id]) => Math.max(...gaps(frames, id, [[at - 500, at + 500]]).map((g) => g.ms)));
  const all = m.publishers.flatMap((p) => gaps(frames, p.id, [[from, end]])).map((g) => g.ms);
  const lost = ['framesReceived', 'framesDecoded'].map((k) => counted(receiver.stats, from, end, k));
  return [
    row('layer switches', changes.length, '', WANTED, 'more'),
    row('longest freeze around a switch', round(Math.max(...held)), 'ms', 100),
    row('freeze around a switch, p95', round(percentile(held, 95)), 'ms'),
    row('gaps between all pictures, p99', round(percentile(all, 99)), 'ms'),
    row('pictures received but not decoded', lost[0] - lost[1], ''),
    row('damaged pictures', artefacts(frames).all, '', 0),
  ];
}

async function neighbour(m, server) {
  const { receiver: good } = await fourToOne(m, server, 'both rate=20M buffer=200ms delay=20ms');
  const line = await m.line('both delay=20ms rate=20M buffer=200ms');
  const bad = await m.receive(line);
  await server.view(bad, m.publishers);
  await m.run(15);
  const from = Date.now();
  await line.set('both rate=0.3M buffer=1s loss=5% burst=4');
  const end = await m.run(30);
  const rate = (a, b) => videoRate(good.stats, a, b);
  return [
    row('layer changes of the good receiver', layerChanges(good.frames.filter((f) => f[0] > from)).length, '', 0),
    percent('of its bitrate before', rate(from, end) / rate(from - 8000, from), 98, 'more'),
    row('its longest freeze', round(longestFreeze(good, m.publishers, from, end).ms), 'ms', 250),
    row('layer changes of the bad one', layerChanges(bad.frames.filter((f) => f[0] > from)).length, ''),
  ];
}

/** Native participants: fifty Chromiums are more than a machine holds. */
async function grid(m, server) {
  await m.open(server);
  const out = await promisify(execFile)(path.join(BUILD, 'hop-bench-grid'), [server.hopd.url('').replace(/^http/, 'ws'), server.room]);
  const bar = (metric) => (/right layers/.test(metric) ? 1 : /unseen/.test(metric) ? 2 : null);
  return out.stdout.trim().split('\n').map((line) => JSON.parse(line))
    .map(({ metric, value, unit }) => row(metric, value < 0 ? Infinity : value, unit, bar(metric)));
}

export const CASES = {
  narrow: { title: '1 Mbit/s, 50 ms', run: narrow, peers: true },
  drop: { title: '4 → 0.6 → 4 Mbit/s', run: drop, peers: true },
  loss: { title: '5 % loss, RTT 80 ms', run: loss, peers: true },
  storm: { title: '20 % loss for 10 s', run: storm, peers: true },
  bloat: { title: '2 Mbit/s with 1 s of buffer', run: bloat },
  shared: { title: 'two receivers and a download on 3 Mbit/s', run: shared },
  swap: { title: 'slot shows another, 40 ms', run: swap },
  layers: { title: 'layer switches', run: layers },
  grid: { title: '49 publishers', run: grid },
  neighbour: { title: 'one receiver on a bad line', run: neighbour },
};
