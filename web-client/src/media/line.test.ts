import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakePeer, FakeTrack, installStreams } from '../../tests/fakes/peer';
import { settle } from '../../tests/fakes/values';
import { disconnectedMs, Line, type LinkState, restartAgainMs } from './line';

installStreams();

describe('Line', () => {
  let peer: FakePeer;
  let line: Line;
  let states: LinkState[];
  let restarts: number;

  beforeEach(async () => {
    vi.useFakeTimers();
    peer = new FakePeer();
    states = [];
    restarts = 0;
    line = new Line(
      () => peer,
      { iceServers: [], size: { slots: 4, voices: 2 }, codecs: [] },
      {
        state: (state) => states.push(state),
        needsRestart: () => {
          restarts += 1;
        },
      },
    );
    await settle();
  });
  afterEach(() => {
    line.close();
    vi.useRealTimers();
  });

  async function up(): Promise<void> {
    await line.takeAnswer('answer');
    peer.become('connected');
  }

  it('makes its offer before anybody asks, and only once', async () => {
    expect(peer.offers).toEqual([{}]);
    expect(await line.firstOffer()).toBe('peer-offer-1');
    expect(await line.firstOffer()).toBe('peer-offer-1');
    expect(peer.offers).toHaveLength(1);
    expect(line.isFresh).toBe(true);
    await line.takeAnswer('answer');
    expect(line.isFresh).toBe(false);
    expect(peer.answers).toEqual(['answer']);
  });

  it('ignores an answer that comes twice', async () => {
    await line.takeAnswer('answer');
    await line.takeAnswer('again');
    expect(peer.answers).toEqual(['answer']);
  });

  it('wants a restart when it was disconnected for too long', async () => {
    await up();
    peer.become('disconnected');
    expect(states).toEqual(['up', 'down']);
    await vi.advanceTimersByTimeAsync(disconnectedMs - 1);
    expect(restarts).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(restarts).toBe(1);
  });

  it('wants none when it heals by itself', async () => {
    await up();
    peer.become('disconnected');
    await vi.advanceTimersByTimeAsync(disconnectedMs - 1);
    peer.become('connected');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(restarts).toBe(0);
    expect(states).toEqual(['up', 'down', 'up']);
  });

  it('wants one at once when it failed, and again if that did not help', async () => {
    await up();
    peer.become('failed');
    expect(restarts).toBe(1);
    expect(await line.restartOffer()).toBe('peer-offer-2');
    expect(peer.offers.at(-1)).toEqual({ iceRestart: true });
    await vi.advanceTimersByTimeAsync(restartAgainMs);
    expect(restarts).toBe(2);
  });

  it('wants one when the network changed, but not before it was ever up', async () => {
    line.networkChanged();
    expect(restarts).toBe(0);
    await up();
    line.networkChanged();
    expect(restarts).toBe(1);
  });

  it('ends with the track that was given last, however fast they change', async () => {
    const camera = new FakeTrack('video').asTrack;
    const changes = [line.send('camera', camera), line.send('camera', null)];
    await Promise.all(changes);
    expect(peer.transceivers[1]?.sender.track).toBeNull();
    await line.send('camera', camera);
    expect(peer.transceivers[1]?.sender.track).toBe(camera);
  });

  it('puts each source on its own m-line', async () => {
    const tracks = {
      microphone: new FakeTrack('audio').asTrack,
      camera: new FakeTrack('video').asTrack,
      screen: new FakeTrack('video').asTrack,
      screenAudio: new FakeTrack('audio').asTrack,
    };
    for (const source of ['microphone', 'camera', 'screen', 'screenAudio'] as const)
      await line.send(source, tracks[source]);
    expect(peer.transceivers.slice(0, 4).map(({ sender }) => sender.track)).toEqual(
      Object.values(tracks),
    );
  });

  it('lets pictures wait for their repair while something is lost', async () => {
    await up();
    const targets = () =>
      peer.transceivers.slice(-4).map(({ receiver }) => receiver.jitterBufferTarget);
    line.arrived({ packets: 0, lost: 0 }, 80);
    expect(targets()).toEqual([null, null, null, null]);
    line.arrived({ packets: 200, lost: 10 }, 80);
    expect(targets()).toEqual([200, 200, 200, 200]);
    expect(peer.transceivers[0]?.receiver.jitterBufferTarget).toBeNull();
  });

  it('is silent once closed', async () => {
    await up();
    line.close();
    peer.become('failed');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(restarts).toBe(0);
    expect(peer.closed).toBe(true);
  });
});
