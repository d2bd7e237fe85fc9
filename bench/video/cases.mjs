// The cases of the table. Each sets up its meeting on `server` and returns rows: metric, value,
// unit, bar. What is measured how is told in docs/video.md.
import { percentile } from '../lib/report.mjs';
import { artefacts, frozenShare, longestFreeze, mean, videoRate, windows } from './judge.mjs';
import { Meeting, sleep } from './meeting.mjs';

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
    percent('of the time in freezes (over 200 ms)', frozenShare(receiver, m.publishers, from, end), 1),
    row('longest freeze', round(longestFreeze(receiver, m.publishers, from, end).ms), 'ms'),
    row('damaged pictures', artefacts(receiver.frames).all, '', 0),
  ];
}

export const CASES = {
  narrow: { title: '1 Mbit/s, 50 ms', run: narrow, peers: true },
  drop: { title: '4 → 0.6 → 4 Mbit/s', run: drop, peers: true },
  loss: { title: '5 % loss, RTT 80 ms', run: loss, peers: true },
};
