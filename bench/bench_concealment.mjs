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
const WARM_MS = 6000;
const WINDOW_MS = 12000;
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

const SPEAKS = { args: [`--use-file-for-fake-audio-capture=${wav}`] };

async function inMeeting(hopd, listener) {
  const speaker = await chromiumFor(PEOPLE[0], SPEAKS);
  const code = await hopd.newRoom();
  await speaker.join(hopd.url(`/r/${code}`));
  await listener.page.join(`https://${hopd.address}:${hopd.ports.https}/r/${code}`);
  await listener.page.click('toggle-microphone');
  return speaker;
}

async function directly(hopd, listener) {
  const speaker = await chromiumFor(PEOPLE[0], SPEAKS);
  await speaker.goto(hopd.url('/'));
  await listener.page.goto(`https://${hopd.address}:${hopd.ports.https}/`);
  await accept(speaker, await answer(listener.page, await offer(speaker)));
  return speaker;
}

const hopd = await new Hopd().start();
try {
  for (const [browser, open] of [['Chromium', chromiumFor], ['Firefox', firefoxFor]])
    for (const [title, settings] of LINES)
      for (const [how, call] of [['hop', inMeeting], ['direct call', directly]]) {
        const name = `${browser}, ${title}: ${how}`;
        if (!name.includes(only)) continue;
        const line = await Line.open(settings);
        let listener = null;
        let speaker = null;
        try {
          listener = { page: await open(PEOPLE[1], { netns: line.name }) };
          speaker = await call(hopd, listener);
          await listen(name, listener.page);
        } catch (error) {
          process.stderr.write(`${name}: ${error.stack}\n`);
          cases.push({ case: name, metric: `did not run: ${error.message.split('\n')[0]}`, value: 1, unit: '', bar: 0 });
        } finally {
          await speaker?.close();
          await listener?.page.close();
          await line.close();
        }
      }
} finally {
  await hopd.remove();
  fs.rmSync(dir, { recursive: true, force: true });
}
report('concealment', cases);
