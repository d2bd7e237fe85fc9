// Debian's Chromium and Firefox, headless, each playing one person.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';
import puppeteer from 'puppeteer-core';
import { writePerson } from './media.mjs';
import { Page } from './page.mjs';

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'hop-browsers-'));
process.on('exit', () => fs.rmSync(scratch, { recursive: true, force: true }));

// A steady tone is noise to a noise suppressor: the tests ask for the microphone as it is.
const RAW_MICROPHONE = `(() => {
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = (c = {}) => real(c.audio
    ? { ...c, audio: { ...(c.audio === true ? {} : c.audio), echoCancellation: false, noiseSuppression: false,
        autoGainControl: false } } : c);
})();`;
const DEBUG = `try { localStorage.setItem('hopDebug', '1'); } catch {}`;

/** The program, or one that runs it inside that network namespace. */
function inside(netns, program) {
  if (!netns) return program;
  const wrapper = path.join(scratch, `${path.basename(program)}-${netns}`);
  fs.writeFileSync(wrapper, `#!/bin/sh\nexec nsenter --net=/run/netns/${netns} ${program} "$@"\n`, { mode: 0o755 });
  return wrapper;
}

/** A Chromium that plays `person`; `netns` runs it inside that network namespace, `picture` is the size
 * of its camera. */
export async function chromiumFor(person, options = {}) {
  const files = writePerson(scratch, person, options.picture);
  const browser = await chromium.launch({
    executablePath: inside(options.netns, '/usr/bin/chromium'),
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream',
      `--use-file-for-fake-audio-capture=${files.wav}`, `--use-file-for-fake-video-capture=${files.y4m}`,
      '--autoplay-policy=no-user-gesture-required', '--disable-background-networking',
      '--disable-features=WebRtcHideLocalIpsWithMdns', '--disable-component-update', '--disable-sync',
      '--auto-select-tab-capture-source-by-title=hop-share-source', ...(options.args ?? [])],
  });
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: options.locale ?? 'vi-VN', timezoneId: 'Asia/Ho_Chi_Minh',
    permissions: ['camera', 'microphone'], ...options.context });
  await context.addInitScript(RAW_MICROPHONE + DEBUG + (options.script ?? ''));
  const page = await context.newPage();
  page.on('pageerror', (e) => console.error(`# ${person.name} (chromium): ${e.message}`));
  if (process.env.HOP_TEST_VERBOSE) page.on('console', (m) => console.error(`# ${person.name}: ${m.text()}`));
  const p = new Page(page, () => browser.close(), person);
  p.context = context;
  p.browser = browser;
  return p;
}

/** A port of this namespace that leads to the same one inside that one: the remote control of a Firefox
 * there, which is a TCP connection. */
async function reachInto(netns) {
  const server = net.createServer((c) => {
    const inner = spawn('nsenter', [`--net=/run/netns/${netns}`, process.execPath, '-e',
      `const s = require('net').connect(${server.address().port}, '127.0.0.1'); s.pipe(process.stdout); process.stdin.pipe(s); s.on('error', () => process.exit())`],
    { stdio: ['pipe', 'pipe', 'ignore'] });
    c.pipe(inner.stdin).on('error', () => {});
    inner.stdout.pipe(c);
    for (const end of ['close', 'error']) c.on(end, () => inner.kill());
  });
  await new Promise((r) => server.listen(0, '127.0.0.1', r));
  server.unref();
  return server;
}

/** A Firefox that plays `person`: its fake devices have no files, so the page's own getUserMedia is
 * replaced by a canvas and an oscillator. `netns` as above. */
export async function firefoxFor(person, options = {}) {
  const door = options.netns && await reachInto(options.netns);
  const browser = await puppeteer.launch({
    ...(door && { debuggingPort: door.address().port }),
    browser: 'firefox',
    executablePath: inside(options.netns, '/usr/bin/firefox-esr'),
    headless: true,
    acceptInsecureCerts: true,
    extraPrefsFirefox: {
      'media.navigator.streams.fake': true, 'media.navigator.permission.disabled': true,
      'media.peerconnection.ice.obfuscate_host_addresses': false, 'media.autoplay.default': 0,
      'media.autoplay.blocking_policy': 0, 'media.autoplay.block-webaudio': false, 'media.gmp-manager.updateEnabled': false, 'app.update.enabled': false,
      'intl.accept_languages': 'vi', 'media.navigator.audio.fake_frequency': person.tone,
    },
  });
  const page = await browser.newPage();
  await page.evaluateOnNewDocument((who) => {
    try { localStorage.setItem('hopDebug', '1'); } catch { /* about:blank has none */ }
    if (!navigator.mediaDevices) return; // about:blank
    const make = async (c = {}) => {
      const out = new MediaStream();
      if (c.audio) {
        const context = new AudioContext({ sampleRate: 48000 });
        const tone = new OscillatorNode(context, { frequency: who.tone });
        const gain = new GainNode(context, { gain: 0.2 });
        const sink = context.createMediaStreamDestination();
        tone.connect(gain).connect(sink);
        tone.start();
        out.addTrack(sink.stream.getAudioTracks()[0]);
      }
      if (c.video) {
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [640, 360];
        const g = canvas.getContext('2d');
        let x = 0;
        const draw = () => {
          g.fillStyle = `rgb(${who.colour.join(',')})`;
          g.fillRect(0, 0, 640, 360);
          g.fillStyle = '#222';
          g.fillRect((x = (x + 16) % 640), 306, 64, 54);
        };
        draw();
        setInterval(draw, 50);
        out.addTrack(canvas.captureStream(20).getVideoTracks()[0]);
      }
      return out;
    };
    navigator.mediaDevices.getUserMedia = make;
  }, person);
  page.on('pageerror', (e) => console.error(`# ${person.name} (firefox): ${e.message}`));
  if (process.env.HOP_TEST_VERBOSE) page.on('console', (m) => console.error(`# ${person.name}: ${m.text()}`));
  return new Page(page, () => browser.close().finally(() => door?.close()), person);
}
