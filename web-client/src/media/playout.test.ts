import { describe, expect, it } from 'vitest';
import { mostMs, Playout } from './playout';

describe('Playout', () => {
  const reader = (): ((packets: number, lost: number, rttMs?: number) => number) => {
    const playout = new Playout();
    const sum = { packets: 0, lost: 0 };
    playout.take({ ...sum }, 80);
    return (packets, lost, rttMs = 80) => {
      sum.packets += packets;
      sum.lost += lost;
      return playout.take({ ...sum }, rttMs);
    };
  };

  it('holds pictures back for two round trips while something is lost', () => {
    const read = reader();
    expect(read(200, 0)).toBe(0);
    expect(read(200, 10)).toBe(200);
    expect(read(200, 10, 70)).toBe(200);
    expect(read(200, 10, 100)).toBe(240);
    expect(read(200, 10, 900)).toBe(mostMs);
  });

  it('lets go when nothing was lost for a while', () => {
    const read = reader();
    read(200, 10);
    for (let i = 0; i < 15; i++) expect(read(400, 1)).toBe(200);
    expect(read(400, 10)).toBe(200);
    for (let i = 0; i < 15; i++) expect(read(400, 0)).toBe(200);
    expect(read(400, 0)).toBe(0);
  });

  it('minds neither a single packet nor counters that begin anew', () => {
    const read = reader();
    expect(read(20, 1)).toBe(0);
    expect(read(-200, -1)).toBe(0);
  });
});
