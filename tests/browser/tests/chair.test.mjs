// What the chair shuts stays shut, whatever the client does; a shared screen with its sound; chat.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertHears, assertSees } from '../lib/assert.mjs';
import { chromiumFor } from '../lib/browsers.mjs';
import { Hopd } from '../lib/hopd.mjs';
import { PEOPLE } from '../lib/media.mjs';
import { until } from '../lib/until.mjs';

// A page that goes on sending: its tracks cannot be disabled, stopped or taken off the sender.
const ROGUE = `
  Object.defineProperty(MediaStreamTrack.prototype, 'enabled', { get: () => true, set: () => {} });
  MediaStreamTrack.prototype.stop = () => {};
  const replace = RTCRtpSender.prototype.replaceTrack;
  RTCRtpSender.prototype.replaceTrack = function (t) { return t ? replace.call(this, t) : Promise.resolve(); };`;
const SHARE_TONE = 2300;
// Chromium's fake screen is real getDisplayMedia(), but its sound is silence: a tone instead
const SHARE = `(() => {
  const real = navigator.mediaDevices.getDisplayMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getDisplayMedia = async (c) => {
    const s = await real({ ...c, audio: false });
    const context = new AudioContext({ sampleRate: 48000 });
    const sink = context.createMediaStreamDestination();
    const tone = new OscillatorNode(context, { frequency: ${SHARE_TONE} });
    tone.connect(new GainNode(context, { gain: 0.2 })).connect(sink);
    tone.start();
    s.addTrack(sink.stream.getAudioTracks()[0]);
    return s;
  };
})();`;
const SCREEN_GREEN = [6, 144, 2];

let hopd, code, chair, rogue;

before(async () => {
  hopd = await new Hopd().start();
  code = await hopd.newRoom('Thẩm định dự án');
  [chair, rogue] = await Promise.all([chromiumFor(PEOPLE[0]), chromiumFor(PEOPLE[1], { script: ROGUE + SHARE })]);
  await chair.join(hopd.url(`/m/${code}`)); // the first one is the chair
  await rogue.join(hopd.url(`/m/${code}`));
  await assertHears(chair, [rogue.name]);
}, { timeout: 120000 });

after(async () => {
  await Promise.all([chair?.close(), rogue?.close()]);
  await hopd?.remove();
});

const sentAudio = async (p) => (await p.stats()).filter((s) => s.type === 'outbound-rtp' && s.kind === 'audio')
  .reduce((n, s) => n + s.packetsSent, 0);

test('mute by the chair silences a client that goes on sending', { timeout: 60000 }, async () => {
  await chair.click('participants-open');
  await until('the row is there', 5000, () => chair.evaluate((name) =>
    [...document.querySelectorAll('[data-testid="participant-row"]')].some((r) => r.textContent.includes(name)), rogue.name));
  await chair.evaluate((name) => [...document.querySelectorAll('[data-testid="participant-row"]')]
    .find((r) => r.textContent.includes(name)).querySelector('[data-testid="mute-participant"]').click(), rogue.name);
  await assertHears(chair, []);
  const before = await sentAudio(rogue);
  await until('the muted client goes on sending', 5000, async () => (await sentAudio(rogue)) > before + 50);
  await assertHears(chair, []);
  await assertSees(chair, [rogue.name]); // only the microphone is shut
});

test('a screen with its sound arrives', { timeout: 60000 }, async () => {
  await rogue.click('share-screen');
  await until('the screen is seen', 20000, async () => (await chair.tiles()).some((t) =>
    t.source === 'screen' && t.name === rogue.name && t.width >= 640 && t.colour &&
    Math.hypot(...t.colour.map((c, i) => c - SCREEN_GREEN[i])) < 60));
  await until('its sound is heard', 20000, async () => ((await chair.tones([SHARE_TONE]))?.[0] ?? -200) > -50);
  assert.ok((await rogue.tones([SHARE_TONE]))[0] < -80, 'the one who shares does not hear his own screen');
  await rogue.click('share-screen');
  await until('the screen is gone', 10000, async () => (await chair.tiles()).every((t) => t.source !== 'screen'));
});

test('chat reaches who is there and who comes later', { timeout: 60000 }, async () => {
  const text = 'Đề nghị các đơn vị gửi báo cáo trước 17:00 <b>hôm nay</b>';
  await chair.click('open-chat');
  await rogue.click('open-chat');
  await chair.fill('chat-input', text);
  await chair.click('chat-send');
  const late = await chromiumFor(PEOPLE[2]);
  try {
    await late.join(hopd.url(`/m/${code}`));
    await late.click('open-chat');
    for (const p of [chair, rogue, late])
      await until(`${p.name} reads it`, 10000, async () => (await p.texts('chat-message')).some((t) => t.includes(text)));
  } finally {
    await late.close();
  }
});
