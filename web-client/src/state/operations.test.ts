import { describe, expect, it } from 'vitest';
import { pushSample, sampleOf } from './operations';

describe('operators’ figures', () => {
  it('add up over workers and rooms, and keep two minutes', () => {
    const worker = { index: 0, rooms: 1, peers: 2, cpu: 0.5, rx_bps: 10, tx_bps: 20, drops: {} };
    const sample = sampleOf({
      uptime_s: 1,
      version: '',
      memory_bytes: 1,
      rooms: [],
      workers: [worker, { ...worker, index: 1, cpu: 0.1 }],
    });
    expect(sample).toEqual({ participants: 0, rx: 20, tx: 40, cpu: [0.5, 0.1] });
    let history: (typeof sample)[] = [];
    for (let i = 0; i < 100; i++) history = pushSample(history, { ...sample, rx: i });
    expect(history).toHaveLength(60);
    expect(history.at(-1)?.rx).toBe(99);
  });
});
