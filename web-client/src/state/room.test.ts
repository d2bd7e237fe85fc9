// The meeting from click to end, with a socket, a peer connection and devices that the test holds.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakePeer, FakeStream, FakeTrack, installStreams } from '../../tests/fakes/peer';
import { FakeNet } from '../../tests/fakes/socket';
import { joined, person, settle, snapshot } from '../../tests/fakes/values';
import type { Capture } from '../media/devices';
import type { RoomStatus } from '../protocol/rest';
import { stalledMs, tickMs } from './call';
import { Room } from './room';
import { change, settings } from './settings';
import { toasts } from './toasts';

installStreams();

const open: RoomStatus = {
  code: 'kgs-mtpa-wde',
  title: 'Giao ban tuần',
  status: 'open',
  opens_at: null,
  starts_at: null,
  ends_at: null,
  time_zone: null,
  participants: 1,
};

describe('Room', () => {
  let net: FakeNet;
  let peers: FakePeer[];
  let tracks: FakeTrack[];
  let refuse: { audio?: string; video?: string };
  let status: RoomStatus;
  let room: Room;
  let chimes: number;

  beforeEach(async () => {
    vi.useFakeTimers();
    change({ microphoneOn: true, cameraOn: true, name: 'An', language: 'vi' });
    net = new FakeNet();
    net.onOpen = (socket) => socket.open();
    peers = [];
    tracks = [];
    refuse = {};
    chimes = 0;
    status = open;
    room = make();
  });
  afterEach(() => {
    room.dispose();
    vi.useRealTimers();
  });

  function make(): Room {
    const give = (kind: 'audio' | 'video'): FakeTrack => {
      const why = refuse[kind];
      if (why) throw new DOMException('', why);
      const track = new FakeTrack(kind);
      tracks.push(track);
      return track;
    };
    const capture: Capture = {
      getUserMedia: async (constraints) =>
        new FakeStream([give(constraints.audio ? 'audio' : 'video')]).asStream,
      getDisplayMedia: async () => new FakeStream([give('video'), give('audio')]).asStream,
    };
    return new Room('kgs-mtpa-wde', {
      newPeer: () => {
        const peer = new FakePeer(`peer${peers.length + 1}`);
        peers.push(peer);
        return peer;
      },
      codecs: [],
      capture,
      devices: undefined,
      openSocket: net.open,
      probe: async () => true,
      socketUrl: 'ws://x',
      screenWidth: 1280,
      client: async () => ({
        name: 'hop',
        version: '1',
        limits: { name: 80, chat: 4000 },
        ice_servers: [],
        rooms: { anonymous: true },
        user: null,
      }),
      status: async () => status,
      chime: () => {
        chimes += 1;
      },
      invite: null,
      invitation: () => Promise.resolve(null),
      supported: true,
    });
  }

  async function enter(change: Parameters<typeof joined>[0] = {}): Promise<void> {
    await room.open();
    const done = room.join('An');
    await settle();
    net.last.answer('join', joined(change));
    await done;
    net.last.sent
      .filter(({ op }) => op === 'view')
      .forEach(({ id }) => {
        net.last.raw(JSON.stringify({ re: id, data: {} }));
      });
    peers.at(-1)?.become('connected');
  }
  const sender = (m: number) => peers.at(-1)?.transceivers[m]?.sender.track;
  const slotOf = (n: number) =>
    peers
      .at(-1)
      ?.transceivers.filter(({ kind, init }) => kind === 'video' && init.direction === 'recvonly')[
      n
    ];
  const texts = () => toasts.value.map(({ text }) => text);

  it('has everything ready before the click', async () => {
    await room.open();
    await settle();
    expect(room.stage.value.name).toBe('prejoin');
    expect(net.sockets).toHaveLength(1);
    expect(net.last.sent).toEqual([]);
    expect(peers[0]?.offers).toHaveLength(1);
    expect(sender(0)).toBe(tracks.find(({ kind }) => kind === 'audio'));
    expect(sender(1)).toBe(tracks.find(({ kind }) => kind === 'video'));
  });

  it('joins with one message, and asks for the pictures at once', async () => {
    await enter();
    expect(room.stage.value.name).toBe('meeting');
    expect(net.last.sent.map(({ op }) => op)).toEqual(['join', 'view']);
    expect(net.last.last('join').data).toMatchObject({
      name: 'An',
      offer: 'peer1-offer-1',
      media: { microphone: true, camera: true, screen: false },
    });
    expect(net.last.last('view').data).toMatchObject({
      tiles: [{ participant: 'p2', source: 'camera' }],
    });
    expect(peers[0]?.answers).toEqual(['answer-sdp']);
    expect(peers).toHaveLength(1);
  });

  it('joins without devices and says what is wrong with each', async () => {
    refuse = { audio: 'NotAllowedError', video: 'NotReadableError' };
    await enter();
    expect(net.last.last('join').data).toMatchObject({
      media: { microphone: false, camera: false },
    });
    expect(room.local.microphone.value.error).toBe('device.denied');
    expect(room.local.camera.value.error).toBe('device.in_use');
  });

  it('mutes by taking the track off the line, and keeps the device', async () => {
    await enter();
    await room.toggleMicrophone();
    await settle();
    expect(sender(0)).toBeNull();
    expect(net.last.last('media').data).toEqual({ microphone: false });
    const microphone = tracks.find(({ kind }) => kind === 'audio');
    expect(microphone?.readyState).toBe('live');
    await room.toggleMicrophone();
    await settle();
    expect(sender(0)).toBe(microphone);
  });

  it('stops the camera for good when it is turned off: the light goes out', async () => {
    await enter();
    await room.toggleCamera();
    await settle();
    expect(tracks.find(({ kind }) => kind === 'video')?.readyState).toBe('ended');
    expect(sender(1)).toBeNull();
    expect(net.last.last('media').data).toEqual({ camera: false });
    await room.toggleCamera();
    await settle();
    expect(tracks.filter(({ kind }) => kind === 'video')).toHaveLength(2);
    expect(sender(1)).toBe(tracks.at(-1));
  });

  it('takes another camera when one is unplugged', async () => {
    await enter();
    tracks.find(({ kind }) => kind === 'video')?.unplug();
    await settle();
    expect(sender(1)).toBe(tracks.at(-1));
    expect(room.local.camera.value.on).toBe(true);
  });

  it('shares the screen with its sound, until the browser ends it', async () => {
    await enter();
    await room.toggleScreen();
    await settle();
    expect([sender(2), sender(3)]).toEqual(tracks.slice(-2));
    expect(net.last.last('media').data).toEqual({ screen: true });
    tracks.at(-2)?.unplug();
    await settle();
    expect([sender(2), sender(3)]).toEqual([null, null]);
    expect(net.last.last('media').data).toEqual({ screen: false });
  });

  it('obeys the chair, and does not pretend to unmute', async () => {
    await enter();
    net.last.event(1, 'muted', { source: 'microphone', muted: true, by: 'p2' });
    net.last.event(2, 'participant.changed', {
      participant: { id: 'p1', muted: { microphone: true, camera: false, screen: false } },
    });
    await settle();
    expect(room.local.microphone.value.on).toBe(false);
    expect(sender(0)).toBeNull();
    expect(texts()).toContain('Người p2 đã tắt micrô của bạn.');
    // It was not the person's own choice, so the next meeting begins as usual.
    expect(settings.value.microphoneOn).toBe(true);
    await room.toggleMicrophone();
    expect(room.local.microphone.value.on).toBe(false);
    net.last.event(3, 'participant.changed', {
      participant: { id: 'p1', muted: { microphone: false, camera: false, screen: false } },
    });
    net.last.event(4, 'unmute_asked', { by: 'p2' });
    expect(room.asked.value).toBe('Người p2');
    expect(room.local.microphone.value.on).toBe(false);
  });

  it('restarts ICE once when the line fails, and takes the answer', async () => {
    await enter();
    peers[0]?.become('failed');
    await settle();
    expect(net.last.sent.filter(({ op }) => op === 'offer')).toHaveLength(1);
    expect(net.last.last('offer').data).toEqual({ sdp: 'peer1-offer-2' });
    expect(room.connection.value).toBe('media-lost');
    net.last.answer('offer', { answer: 'restart-answer' });
    await settle();
    expect(peers[0]?.answers.at(-1)).toBe('restart-answer');
    peers[0]?.become('connected');
    expect(room.connection.value).toBe('up');
    expect(peers).toHaveLength(1);
  });

  it('makes a new line when the server has given the old one up', async () => {
    await enter();
    net.last.event(1, 'media.lost', { reason: 'consent' });
    await settle();
    expect(peers).toHaveLength(2);
    expect(peers[0]?.closed).toBe(true);
    expect(net.last.last('offer').data).toEqual({ sdp: 'peer2-offer-1' });
    net.last.answer('offer', { answer: 'new-answer' });
    await settle();
    expect(peers[1]?.answers).toEqual(['new-answer']);
    expect(sender(0)).toBe(tracks.find(({ kind }) => kind === 'audio'));
    expect(sender(1)).toBe(tracks.find(({ kind }) => kind === 'video'));
  });

  it('makes a new line when restarts do not help', async () => {
    await enter();
    for (let i = 0; i < 3; i++) {
      peers[0]?.become('failed');
      await settle();
      net.last.answer('offer', { answer: `r${i}` });
      await settle();
    }
    await settle();
    expect(peers).toHaveLength(2);
  });

  it('makes a new line when the server cannot restart this one', async () => {
    await enter();
    peers[0]?.become('failed');
    await settle();
    net.last.refuse('offer', 'sdp.changed');
    await settle();
    expect(peers).toHaveLength(2);
    expect(net.last.last('offer').data).toEqual({ sdp: 'peer2-offer-1' });
  });

  it('leaves the media alone when only the WebSocket was lost', async () => {
    await enter();
    net.last.drop();
    expect(room.connection.value).toBe('signaling-lost');
    await vi.advanceTimersByTimeAsync(0);
    expect(net.last.last('resume').data).not.toHaveProperty('offer');
    net.last.answer('resume', { snapshot: snapshot() });
    await settle();
    expect(room.connection.value).toBe('up');
    expect(net.last.sent.map(({ op }) => op)).toContain('view');
    expect(peers).toHaveLength(1);
  });

  it('restarts ICE with the resume when the network changed under it', async () => {
    await enter();
    room.networkChanged(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(net.last.last('resume').data).toHaveProperty('offer');
  });

  it('tells the server what changed while it was away', async () => {
    await enter();
    net.last.drop();
    await room.toggleCamera();
    await vi.advanceTimersByTimeAsync(0);
    const before = person('p1', { media: { microphone: true, camera: true, screen: false } });
    net.last.answer('resume', { snapshot: snapshot({ participants: [before, person('p2')] }) });
    await settle();
    expect(net.last.last('media').data).toEqual({ camera: false });
  });

  it('brings a new line and its key to a server that was restarted', async () => {
    await enter();
    net.last.drop();
    await vi.advanceTimersByTimeAsync(0);
    net.last.refuse('resume', 'session.unknown');
    await settle();
    expect(net.last.last('join').data).toMatchObject({
      key: '0123456789abcdef0123456789abcdef',
      offer: 'peer2-offer-1',
    });
    net.last.answer('join', joined());
    await settle();
    expect(room.stage.value.name).toBe('meeting');
    expect(sender(1)).toBe(tracks.find(({ kind }) => kind === 'video'));
  });

  it('notices by itself that all pictures have stopped', async () => {
    const slots = [{ slot: 0, participant: 'p2', source: 'camera' as const, layer: 0 }];
    const sending = person('p2', { active: { microphone: true, camera: true, screen: false } });
    await enter({ slots, participants: [person('p1'), sending] });
    const picture = slotOf(0);
    for (let i = 0; i < 20; i++) {
      if (picture) picture.synchronization = [{ source: 1, timestamp: 1_000 + i }];
      await vi.advanceTimersByTimeAsync(tickMs);
    }
    expect(net.last.sent.some(({ op }) => op === 'offer')).toBe(false);
    await vi.advanceTimersByTimeAsync(stalledMs + 2 * tickMs);
    expect(net.last.sent.filter(({ op }) => op === 'offer')).toHaveLength(1);
  });

  it('does not expect pictures that the server has paused', async () => {
    const slots = [
      { slot: 0, participant: 'p2', source: 'camera' as const, layer: 0, state: 'paused' as const },
    ];
    const sending = person('p2', { active: { microphone: true, camera: true, screen: false } });
    await enter({ slots, participants: [person('p1'), sending] });
    const picture = slotOf(0);
    if (picture) picture.synchronization = [{ source: 1, timestamp: 1_000 }];
    await vi.advanceTimersByTimeAsync(10 * stalledMs);
    expect(net.last.sent.some(({ op }) => op === 'offer')).toBe(false);
  });

  it('sends no layer that nobody looks at, and all again on a new line', async () => {
    await enter();
    const active = () => peers.at(-1)?.transceivers[1]?.encodings.map((each) => each.active);
    net.last.event(1, 'demand', { source: 'camera', top: 0 });
    await settle();
    expect(active()).toEqual([true, false, false]);
    net.last.event(2, 'demand', { source: 'camera', top: -1 });
    await settle();
    expect(active()).toEqual([false, false, false]);
    net.last.event(3, 'media.lost', { reason: 'consent' });
    await settle();
    net.last.answer('offer', { answer: 'new-answer' });
    await settle();
    expect(active()).toEqual([true, true, true]);
  });

  it('asks for nothing while nobody looks at the page', async () => {
    await enter();
    await vi.advanceTimersByTimeAsync(500);
    room.layout.setHidden(true);
    await vi.advanceTimersByTimeAsync(900);
    room.layout.setHidden(false);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(net.last.last('view').data).toMatchObject({ tiles: [{ participant: 'p2' }] });
    room.layout.setHidden(true);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(net.last.last('view').data).toMatchObject({ tiles: [] });
    room.layout.setHidden(false);
    expect(net.last.last('view').data).toMatchObject({ tiles: [{ participant: 'p2' }] });
  });

  const crowd = (n: number) =>
    Array.from({ length: n }, (_, i) =>
      person(`p${i + 1}`, { media: { microphone: true, camera: true, screen: false } }),
    );
  const slotsNow = () =>
    peers
      .at(-1)
      ?.transceivers.filter(({ kind, init }) => kind === 'video' && init.direction === 'recvonly')
      .length;

  it('asks for more slots when a page shows more pictures', async () => {
    change({ perPage: '25' });
    await enter({ participants: crowd(21) });
    expect(slotsNow()).toBe(9);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(slotsNow()).toBe(25);
    expect(peers[0]?.offers.at(-1)).toEqual({ iceRestart: true });
    net.last.answer('offer', { answer: 'more' });
    await settle();
    expect(peers[0]?.answers.at(-1)).toBe('more');
    expect(room.call.line.value?.slots).toHaveLength(25);
    change({ perPage: 'auto' });
  });

  it('goes on with what it had when the server has no more slots', async () => {
    change({ perPage: '49' });
    await enter({ participants: crowd(40) });
    await vi.advanceTimersByTimeAsync(1_000);
    net.last.refuse('offer', 'sdp.limit');
    await settle();
    expect(peers).toHaveLength(2);
    expect(slotsNow()).toBe(9);
    net.last.answer('offer', { answer: 'as before' });
    await settle();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(peers).toHaveLength(2);
    expect(slotsNow()).toBe(9);
    change({ perPage: 'auto' });
  });

  it('brings the new slots with the resume when the WebSocket broke over them', async () => {
    change({ perPage: '25' });
    await enter({ participants: crowd(21) });
    await vi.advanceTimersByTimeAsync(1_000);
    net.last.drop();
    await vi.advanceTimersByTimeAsync(0);
    expect(net.last.last('resume').data).toHaveProperty('offer');
    change({ perPage: 'auto' });
  });

  it('tells the person about his microphone, and forgets when it is right', async () => {
    await enter();
    net.last.event(1, 'voice', { participant: 'p2', level: -60, verdict: 'quiet' });
    expect(room.microphoneHint.value).toBeNull();
    net.last.event(2, 'voice', { participant: 'p1', level: -58, verdict: 'quiet' });
    expect(room.microphoneHint.value).toBe('quiet');
    expect(room.roster.verdicts.value.get('p2')).toBe('quiet');
    net.last.event(3, 'voice', { participant: 'p1', level: -26, verdict: 'ok' });
    expect(room.microphoneHint.value).toBeNull();
  });

  it('says where the person sits, also when he has to join again', async () => {
    await enter();
    const done = room.setHall('Hội trường A');
    net.last.answer('hall', {});
    await done;
    net.last.drop();
    await vi.advanceTimersByTimeAsync(0);
    net.last.refuse('resume', 'session.unknown');
    await settle();
    expect(net.last.last('join').data).toMatchObject({ hall: 'Hội trường A' });
    change({ hall: '' });
  });

  it('hears who speaks without the WebSocket', async () => {
    await enter();
    net.last.drop();
    const mix = peers[0]?.transceivers[0];
    for (let i = 0; i < 4; i++) {
      if (mix) mix.contributing = [{ source: 200, timestamp: 5_000 + i }];
      await vi.advanceTimersByTimeAsync(tickMs);
    }
    expect([...room.roster.speaking.value]).toEqual(['p2']);
    // The browser goes on listing a source for ten seconds; only a newer timestamp counts.
    await vi.advanceTimersByTimeAsync(600);
    expect([...room.roster.speaking.value]).toEqual([]);
  });

  it('waits for the opening, then is in', async () => {
    status = { ...open, status: 'early', opens_at: '2026-11-23T07:30:00Z' };
    await room.open();
    const done = room.join('An');
    await settle();
    net.last.answer('join', {
      status: 'waiting',
      reason: 'early',
      title: 'X',
      starts_at: null,
      opens_at: '2026-11-23T07:30:00Z',
    });
    await done;
    expect(room.stage.value).toMatchObject({ name: 'waiting', waiting: { title: 'X' } });
    net.last.event(1, 'opened', {});
    await settle();
    expect(net.last.last('join').data).toMatchObject({ offer: 'peer1-offer-1' });
    net.last.answer('join', joined());
    await settle();
    expect(room.stage.value.name).toBe('meeting');
    expect(peers).toHaveLength(1);
    expect(chimes).toBe(1);
    expect(texts()).toContain('Phòng họp đã mở');
  });

  it.each([
    ['ended', 'ended'],
    ['cancelled', 'cancelled'],
  ] as const)('a meeting that is %s is not entered', async (how, reason) => {
    status = { ...open, status: how };
    await room.open();
    expect(room.stage.value).toMatchObject({ name: 'unavailable', reason });
    expect(tracks.every(({ readyState }) => readyState === 'ended')).toBe(true);
  });

  it('shows why joining failed and lets the person try again', async () => {
    await room.open();
    const done = room.join('An');
    await settle();
    net.last.refuse('join', 'room.full');
    await done;
    expect(room.stage.value.name).toBe('prejoin');
    expect(room.joinError.value).toBe('room.full');
  });

  it('switches everything off when it is over', async () => {
    await enter();
    net.last.drop(4002);
    expect(room.stage.value).toMatchObject({ name: 'left', reason: 'removed' });
    expect(tracks.every(({ readyState }) => readyState === 'ended')).toBe(true);
    expect(peers[0]?.closed).toBe(true);
    const sent = net.last.sent.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(net.last.sent).toHaveLength(sent);
    expect(net.sockets).toHaveLength(1);
  });

  it('switches the devices off when the person left while they were opening', async () => {
    const opening = room.open();
    room.dispose();
    await opening;
    await settle();
    expect(tracks.every(({ readyState }) => readyState === 'ended')).toBe(true);
  });
});
