// Which of the two shapes of sender a real Chromium is: the times at which the packets of one video frame
// leave it, captured on the way to hopd.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { chromiumFor } from '../tests/browser/lib/browsers.mjs';
import { Hopd } from '../tests/browser/lib/hopd.mjs';
import { PEOPLE } from '../tests/browser/lib/media.mjs';
import { percentile, report } from './lib/report.mjs';

const hopd = await new Hopd({ config: 'workers=1\n' }).start();
const code = await hopd.newRoom();
const people = await Promise.all(PEOPLE.slice(0, 2).map((p) => chromiumFor(p)));
const rows = [];
const add = (metric, value, unit) => rows.push({ case: 'a frame of Chromium', metric, value: Number(value.toFixed(2)), unit, bar: null });
try {
  for (const p of people) await p.join(hopd.url(`/m/${code}`));
  await new Promise((resolve) => setTimeout(resolve, Number(process.env.HOP_BENCH_WARM_UP ?? 15) * 1000)); // its estimate rises
  const { stdout } = await promisify(execFile)('python3',
    [path.join(import.meta.dirname, 'capture/times.py'), 'lo', String(hopd.ports.media), '10'], { maxBuffer: 1 << 28 });
  const frames = new Map();
  for (const p of JSON.parse(stdout)) {
    const key = `${p.ssrc}/${p.timestamp}`;
    frames.set(key, [...(frames.get(key) ?? []), p]);
  }
  // Sound has one packet for each timestamp; so have small frames.
  const several = [...frames.values()].filter((f) => f.length >= 3);
  const gaps = several.flatMap((f) => f.slice(1).map((p, i) => (p.us - f[i].us) / 1000));
  const spans = several.map((f) => (f.at(-1).us - f[0].us) / 1000);
  add('frames of three packets and more', several.length, `of ${frames.size}`);
  add('packets', several.reduce((n, f) => n + f.length, 0) / Math.max(1, several.length), 'per frame');
  add('size', several.flat().reduce((n, p) => n + p.bytes, 0) / Math.max(1, several.flat().length), 'bytes');
  if (several.length === 0) throw new Error('no frame had three packets: the picture is too small or the estimate too low');
  for (const p of [50, 90, 99]) add(`between two packets, p${p}`, percentile(gaps, p), 'ms');
  for (const below of [0.1, 1, 3]) add(`gaps below ${below} ms`, (100 * gaps.filter((g) => g < below).length) / gaps.length, '%');
  add('first to last packet, p50', percentile(spans, 50), 'ms');
  add('first to last packet, p90', percentile(spans, 90), 'ms');
} finally {
  await Promise.all(people.map((p) => p.close()));
  await hopd.remove();
}
report('browser', rows);
