// What a browser must invent, and how long it holds sound back, when it listens over a bad line: in a
// hop meeting, and beside it in a direct call from the same speaker over the same line. Real speech,
// real Chromium and Firefox, getStats(). No bars: the browsers' own buffers decide the rest.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromiumFor, firefoxFor } from '../tests/browser/lib/browsers.mjs';
import { Hopd } from '../tests/browser/lib/hopd.mjs';
import { Line } from '../tests/browser/lib/line.mjs';
import { PEOPLE } from '../tests/browser/lib/media.mjs';
import { until } from '../tests/browser/lib/until.mjs';
import { report } from './lib/report.mjs';

const LINES = [
  ['clean', 'both clean'],
  ['jitter of 30 ms', 'both delay=20ms jitter=30ms:normal'],
  ['5 % loss', 'both delay=20ms loss=5%'],
  ['15 % loss in bursts', 'both delay=20ms loss=15% burst=2'],
];
const WARM_MS = 3000;
const WINDOW_MS = 6000;
const TEXT = 'Kính thưa các đồng chí, hôm nay chúng ta họp giao ban về tình hình mưa lũ ở các tỉnh miền Trung. ';
const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : '';

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'hop-speech-'));
const wav = path.join(dir, 'speech.wav');
execFileSync('espeak-ng', ['-v', 'vi', '-w', wav, TEXT.repeat(4)]);
const cases = [];
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The sound that comes in at `page`, whichever connection it has. */
const inbound = (page) => page.evaluate(async () => {
  const pc = window.__call ?? window.__hop.pc;
  for (const s of (await pc.getStats()).values()) if (s.type === 'inbound-rtp' && s.kind === 'audio') return { ...s };
  return null;
});

async function listen(name, page) {
  await until(`${name}: sound comes`, 20000, async () => ((await inbound(page))?.totalSamplesReceived ?? 0) > 0
    || ((await inbound(page))?.packetsReceived ?? 0) > 50, 300);
  await sleep(WARM_MS);
  const a = await inbound(page);
  await sleep(WINDOW_MS);
  const b = await inbound(page);
  const d = (k) => (b[k] ?? 0) - (a[k] ?? 0);
  const add = (metric, value, unit) => cases.push({ case: name, metric, value: Number(value.toFixed(2)), unit, bar: null });
  const received = d('totalSamplesReceived');
  add('invented', (d('concealedSamples') / received) * 100, '% of what was played');
  add('of it silence', (d('silentConcealedSamples') / received) * 100, '% of what was played');
  add('held back, mean', (d('jitterBufferDelay') / d('jitterBufferEmittedCount')) * 1000, 'ms');
  add('lost', d('packetsLost'), `packets of ${d('packetsReceived') + d('packetsLost')}`);
  process.stderr.write(`${name}: ${cases.slice(-4).map((c) => `${c.metric} ${c.value} ${c.unit}`).join('; ')}\n`);
}

/** Ends of a call without a server: offers and answers are carried by this program. */
const offer = (page) => page.evaluate(async () => {
  const pc = (window.__call = new RTCPeerConnection());
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  pc.addTrack(stream.getAudioTracks()[0], stream);
  await pc.setLocalDescription();
  while (pc.iceGatheringState !== 'complete') await new Promise((r) => setTimeout(r, 50));
  return pc.localDescription.sdp;
});
const answer = (page, sdp) => page.evaluate(async (text) => {
  const pc = (window.__call = new RTCPeerConnection());
  pc.ontrack = (e) => {
    const audio = document.body.appendChild(new Audio());
    audio.srcObject = new MediaStream([e.track]);
    audio.play();
  };
  await pc.setRemoteDescription({ type: 'offer', sdp: text });
  await pc.setLocalDescription();
  while (pc.iceGatheringState !== 'complete') await new Promise((r) => setTimeout(r, 50));
  return pc.localDescription.sdp;
}, sdp);
const accept = (page, sdp) => page.evaluate((text) => window.__call.setRemoteDescription({ type: 'answer', sdp: text }), sdp);

/** What is beyond the line: hopd and the speaker. The listener is on this side of it. */
class Beyond {
  constructor(line) {
    this.line = line;
  }

  async start() {
    this.hopd = await new Hopd({ prefix: ['nsenter', `--net=/run/netns/${this.line.name}`], address: this.line.address }).start();
    this.speaker = await chromiumFor(PEOPLE[0], { netns: this.line.name, args: [`--use-file-for-fake-audio-capture=${wav}`] });
    return this;
  }

  newRoom() {
    const text = this.line.exec('curl', '-s', '-H', 'x-hop: 1', '-H', 'content-type: application/json', '-d', '{"title":"Giao ban"}',
      `http://127.0.0.1:${this.hopd.ports.http}/api/v1/rooms`);
    return JSON.parse(text).code;
  }

  near(pathname) {
    return this.hopd.url(pathname);
  }

  far(pathname) {
    return `https://${this.line.address}:${this.hopd.ports.https}${pathname}`;
  }

  async close() {
    await this.speaker?.close();
    await this.hopd?.remove();
  }
}

async function inMeeting(beyond, listener) {
  const code = beyond.newRoom();
  await beyond.speaker.join(beyond.near(`/m/${code}`));
  await listener.join(beyond.far(`/m/${code}`));
  await listener.click('toggle-microphone');
}

async function directly(beyond, listener) {
  await beyond.speaker.goto(beyond.near('/'));
  await listener.goto(beyond.far('/'));
  await accept(beyond.speaker, await answer(listener, await offer(beyond.speaker)));
}

async function one(name, settings, open, call) {
  const line = await Line.open();
  const beyond = new Beyond(line);
  let listener = null;
  try {
    await beyond.start();
    listener = await open(PEOPLE[1]);
    await call(beyond, listener);
    await line.set(settings);
    await listen(name, listener);
  } catch (error) {
    process.stderr.write(`${name}: ${error.stack ?? error}\n`);
    cases.push({ case: name, metric: `did not run: ${String(error.message).split('\n')[0]}`, value: 1, unit: '', bar: 0 });
  } finally {
    await listener?.close();
    await beyond.close();
    await line.close();
  }
}

for (const [browser, open] of [['Chromium', chromiumFor], ['Firefox', firefoxFor]])
  for (const [title, settings] of LINES)
    for (const [how, call] of [['hop', inMeeting], ['direct call', directly]]) {
      const name = `${browser}, ${title}: ${how}`;
      if (name.includes(only)) await one(name, settings, open, call);
    }
fs.rmSync(dir, { recursive: true, force: true });
report('concealment', cases);
process.exit(); // a browser that did not start may have left something open
