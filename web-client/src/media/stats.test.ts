import { describe, expect, it } from 'vitest';
import { levelOf } from './meter';
import { figuresBetween, readTotals } from './stats';

const report = (entries: Record<string, unknown>[]) =>
  new Map(entries.map((entry, i) => [String(i), entry]));

const entries = (scale: number): Record<string, unknown>[] => [
  {
    type: 'inbound-rtp',
    kind: 'audio',
    packetsReceived: 100 * scale,
    packetsLost: 1,
    bytesReceived: 10_000 * scale,
    jitter: 0.012,
  },
  {
    type: 'inbound-rtp',
    kind: 'video',
    packetsReceived: 300 * scale,
    packetsLost: 3 * scale,
    bytesReceived: 240_000 * scale,
    framesDecoded: 60 * scale,
  },
  { type: 'outbound-rtp', packetsSent: 200 * scale, bytesSent: 120_000 * scale },
  ...[
    { frameHeight: 180, frameWidth: 320, framesPerSecond: 20 },
    { frameHeight: 360, frameWidth: 640, framesPerSecond: 19.8 },
    { frameHeight: 720, frameWidth: 1280, framesPerSecond: 20, active: false },
  ].map((layer) => ({ type: 'outbound-rtp', kind: 'video', codecId: 'C', ...layer })),
  { type: 'codec', id: 'C', mimeType: 'video/VP8' },
  { type: 'remote-inbound-rtp', packetsLost: 2 * scale },
  {
    type: 'candidate-pair',
    state: 'succeeded',
    nominated: true,
    currentRoundTripTime: 0.031,
    localCandidateId: 'L',
  },
  { type: 'local-candidate', id: 'L', protocol: 'tcp' },
  { type: 'transport', srtpCipher: 'SRTP_AEAD_AES_128_GCM' },
];

describe('statistics', () => {
  it('turns two readings into rates and shares', () => {
    const before = readTotals(report(entries(1)), 0);
    const after = readTotals(report(entries(2)), 2_000);
    const figures = figuresBetween(before, after);
    expect(figures).toEqual({
      report: { rtt_ms: 31, jitter_ms: 12, loss_down: 0.007, loss_up: 0.01, fps: 30 },
      upBps: 480_000,
      downBps: 1_000_000,
      protocol: 'tcp',
      srtpCipher: 'SRTP_AEAD_AES_128_GCM',
      picture: { codec: 'VP8', width: 640, height: 360, fps: 20 },
    });
  });

  it('survives counters that fell back, and an empty report', () => {
    const before = readTotals(report(entries(2)), 0);
    const after = readTotals(report([]), 0);
    const { report: values } = figuresBetween(before, after);
    for (const value of Object.values(values)) expect(value).toBe(0);
  });
});

describe('levelOf', () => {
  const sine = (amplitude: number): Float32Array =>
    Float32Array.from({ length: 960 }, (_, i) => amplitude * Math.sin(i / 7));

  it('is 0 for silence, 1 at most, and grows with the sound', () => {
    expect(levelOf(new Float32Array(960))).toBe(0);
    expect(levelOf(new Float32Array(0))).toBe(0);
    expect(levelOf(sine(4))).toBe(1);
    const levels = [0.003, 0.01, 0.1, 0.5].map((amplitude) => levelOf(sine(amplitude)));
    expect(levels).toEqual([...levels].sort((a, b) => a - b));
    expect(levelOf(sine(0.1))).toBeGreaterThan(0.5);
  });
});
