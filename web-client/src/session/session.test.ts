import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeNet } from '../../tests/fakes/socket';
import { joined, secrets, settle, snapshot } from '../../tests/fakes/values';
import type { Snapshot } from '../protocol/messages';
import { pauseBefore, resumeWithinMs } from './backoff';
import { timing } from './connection';
import { type Phase, Session } from './session';

const identity = {
  room: 'kgs-mtpa-wde',
  name: 'An',
  lang: 'vi',
  media: { microphone: true, camera: false, screen: false },
};

describe('Session', () => {
  let net: FakeNet;
  let phases: string[];
  let last: Phase;
  let snapshots: Snapshot[];
  let answers: string[];
  let keys: string[];
  let restart: string | undefined;
  let alive: boolean;
  let probes: number;
  let offers: number;
  let session: Session;

  beforeEach(() => {
    vi.useFakeTimers();
    net = new FakeNet();
    net.onOpen = (socket) => socket.open();
    phases = [];
    snapshots = [];
    answers = [];
    keys = [];
    restart = undefined;
    alive = true;
    probes = 0;
    offers = 0;
    session = new Session(
      {
        url: 'ws://x',
        open: net.open,
        probe: async () => {
          probes += 1;
          return alive;
        },
        random: () => 1,
      },
      {
        phase: (phase) => {
          phases.push(phase.name);
          last = phase;
        },
        snapshot: (value) => snapshots.push(value),
        event: () => {},
        key: (key) => keys.push(key),
        newOffer: async () => `offer-${++offers}`,
        restartOffer: async () => restart,
        answer: async (sdp) => void answers.push(sdp),
        broken: (error) => expect.fail(String(error)),
      },
    );
  });
  afterEach(() => {
    session.dispose();
    vi.useRealTimers();
  });

  async function enter(): Promise<void> {
    const done = session.join(identity);
    await settle();
    net.last.answer('join', joined());
    await done;
  }

  it('joins over the connection that was prepared', async () => {
    await session.prepare();
    expect(phases).toEqual(['ready']);
    await enter();
    expect(net.sockets).toHaveLength(1);
    expect(net.last.last('join').data).toEqual({ ...identity, offer: 'offer-1' });
    expect(phases).toEqual(['ready', 'joining', 'joined']);
    expect(keys).toEqual([secrets.key]);
    expect(answers).toEqual(['answer-sdp']);
  });

  it('shows the snapshot before what follows it, however long the answer takes', async () => {
    const done = session.join(identity);
    await settle();
    net.last.answer('join', joined());
    await settle();
    expect(snapshots).toHaveLength(1);
    await done;
  });

  it('says why it cannot join, and can be used again', async () => {
    const refused = session.join(identity);
    await settle();
    net.last.refuse('join', 'room.full');
    await expect(refused).rejects.toMatchObject({ code: 'room.full' });
    expect(last.name).toBe('idle');
    await enter();
    expect(last.name).toBe('joined');
  });

  it('waits for the opening and then goes in by itself', async () => {
    const done = session.join(identity);
    await settle();
    net.last.answer('join', {
      status: 'waiting',
      reason: 'early',
      title: 'A',
      starts_at: null,
      opens_at: '2026-11-23T07:30:00Z',
    });
    await done;
    expect(last).toEqual({
      name: 'waiting',
      reason: 'early',
      title: 'A',
      starts_at: null,
      opens_at: '2026-11-23T07:30:00Z',
    });
    net.last.event(1, 'opened', {});
    await settle();
    expect(net.last.sent.filter(({ op }) => op === 'join')).toHaveLength(2);
    net.last.answer('join', joined());
    await settle();
    expect(last.name).toBe('joined');
  });

  it('resumes at once after the connection is lost, without a new offer', async () => {
    await enter();
    net.last.drop();
    expect(last.name).toBe('reconnecting');
    await vi.advanceTimersByTimeAsync(0);
    expect(net.sockets).toHaveLength(2);
    expect(net.last.last('resume').data).toEqual({ session: 's1', secret: 'x1' });
    net.last.answer('resume', { snapshot: snapshot() });
    await settle();
    expect(last.name).toBe('joined');
    expect(probes).toBe(0);
    expect(offers).toBe(1);
  });

  it('brings an ICE restart along when the media need one', async () => {
    await enter();
    restart = 'restart-sdp';
    net.last.drop();
    await vi.advanceTimersByTimeAsync(0);
    expect(net.last.last('resume').data).toMatchObject({ offer: 'restart-sdp' });
    net.last.answer('resume', { snapshot: snapshot(), answer: 'restart-answer' });
    await settle();
    expect(answers.at(-1)).toBe('restart-answer');
  });

  it('joins anew with its key when the server knows the session no more', async () => {
    await enter();
    net.last.drop();
    await vi.advanceTimersByTimeAsync(0);
    net.last.refuse('resume', 'session.unknown');
    await settle();
    expect(net.last.last('join').data).toMatchObject({ key: secrets.key, offer: 'offer-2' });
    net.last.answer('join', joined());
    await settle();
    expect(last.name).toBe('joined');
  });

  it('does not resume after the server has forgotten it for sure', async () => {
    await enter();
    alive = false;
    net.onOpen = (socket) => socket.drop();
    net.last.drop();
    await vi.advanceTimersByTimeAsync(resumeWithinMs + 1_000);
    alive = true;
    net.onOpen = (socket) => socket.open();
    await vi.advanceTimersByTimeAsync(4_000);
    expect(net.last.sent.map(({ op }) => op)).toEqual(['join']);
  });

  it('asks by fetch while the server is away, and is back within 4 s of its start', async () => {
    await enter();
    alive = false;
    net.onOpen = (socket) => socket.drop();
    net.last.drop();
    await vi.advanceTimersByTimeAsync(120_000);
    // One WebSocket at once; after that browsers would punish every further failure with a delay.
    expect(net.sockets).toHaveLength(2);
    expect(probes).toBeGreaterThan(30);
    alive = true;
    net.onOpen = (socket) => socket.open();
    const before = Date.now();
    while (net.sockets.length === 2) await vi.advanceTimersByTimeAsync(100);
    expect(Date.now() - before).toBeLessThanOrEqual(4_100);
  });

  it('hurries when the network comes back', async () => {
    await enter();
    alive = false;
    net.onOpen = (socket) => socket.drop();
    net.last.drop();
    await vi.advanceTimersByTimeAsync(50_000);
    net.onOpen = (socket) => socket.open();
    const before = net.sockets.length;
    session.hurry();
    await vi.advanceTimersByTimeAsync(1);
    expect(net.sockets.length).toBe(before + 1);
  });

  it('finds out soon that a change of network has cut the connection silently', async () => {
    await enter();
    const silent = net.last;
    session.doubt();
    await vi.advanceTimersByTimeAsync(timing.checkMostMs);
    expect(silent.isClosed).toBe(true);
    await vi.advanceTimersByTimeAsync(1);
    expect(net.last.last('resume')).toBeDefined();
  });

  it('keeps a connection that answers after a change of network', async () => {
    await enter();
    session.doubt();
    net.last.answer('ping', { time: '2026-11-23T07:30:00Z' });
    await vi.advanceTimersByTimeAsync(timing.checkMostMs);
    expect(net.sockets).toHaveLength(1);
    expect(last.name).toBe('joined');
  });

  it('does not storm a server that has said it stops', async () => {
    await enter();
    alive = false;
    net.last.event(1, 'stopping', { retry_after_ms: 2000 });
    net.last.drop(1001);
    await vi.advanceTimersByTimeAsync(0);
    expect(net.sockets).toHaveLength(1);
    expect(probes).toBe(1);
  });

  it.each([
    [4001, 'replaced'],
    [4002, 'removed'],
    [4003, 'ended'],
    [1008, 'refused'],
  ])('close code %i is the end: %s', async (code, reason) => {
    await enter();
    net.last.drop(code);
    expect(last).toMatchObject({ name: 'over', reason });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(net.sockets).toHaveLength(1);
  });

  it('knows a meeting that was cancelled from one that ended', async () => {
    await enter();
    net.last.event(1, 'room.ended', { reason: 'cancelled' });
    net.last.drop(4003);
    expect(last).toEqual({ name: 'over', reason: 'cancelled' });
  });

  it('is closed for idling before it joined, and joins all the same', async () => {
    await session.prepare();
    net.last.drop(1008);
    expect(last.name).toBe('idle');
    await enter();
    expect(net.sockets).toHaveLength(2);
  });

  it('ends when the meeting ended while it was away', async () => {
    await enter();
    net.last.drop();
    await vi.advanceTimersByTimeAsync(0);
    net.last.refuse('resume', 'session.unknown');
    await settle();
    net.last.refuse('join', 'room.ended');
    await settle();
    expect(last).toMatchObject({ name: 'over', reason: 'ended' });
  });

  it('keeps trying while the server is busy', async () => {
    await enter();
    net.last.drop();
    await vi.advanceTimersByTimeAsync(0);
    net.last.refuse('resume', 'server.busy');
    await vi.advanceTimersByTimeAsync(2_000);
    expect(net.sockets.length).toBeGreaterThan(2);
    net.last.answer('resume', { snapshot: snapshot() });
    await settle();
    expect(last.name).toBe('joined');
  });

  it('announces the present media when it joins anew', async () => {
    await enter();
    session.remember({ media: { microphone: false, camera: true, screen: false } });
    net.last.drop();
    await vi.advanceTimersByTimeAsync(0);
    net.last.refuse('resume', 'session.unknown');
    await settle();
    expect(net.last.last('join').data).toMatchObject({
      media: { microphone: false, camera: true },
    });
  });

  it('says goodbye when it leaves', async () => {
    await enter();
    const gone = session.leave();
    expect(last).toEqual({ name: 'over', reason: 'left' });
    net.last.answer('leave', {});
    await gone;
    expect(net.last.closedWith).toBe(1000);
  });
});

describe('pauseBefore', () => {
  it('begins at once, grows, and stays below what five seconds allow', () => {
    expect(pauseBefore(0, 0, 1)).toBe(0);
    expect(pauseBefore(1, 0, 1)).toBe(200);
    const pauses = Array.from({ length: 20 }, (_, n) => pauseBefore(n, n * 1000, 1));
    for (let i = 1; i < pauses.length; i++)
      expect(pauses[i]).toBeGreaterThanOrEqual(pauses[i - 1] ?? 0);
    expect(Math.max(...pauses)).toBe(2_000);
    expect(pauseBefore(50, 600_000, 1)).toBe(4_000);
    expect(pauseBefore(5, 0, 0)).toBeLessThan(pauseBefore(5, 0, 1));
  });
});
