import { describe, expect, it } from 'vitest';
import { FakePeer } from '../../tests/fakes/peer';
import { addSlots, buildLayout, chooseCodecs, firstSize, slotsFor } from './layout';

const codec = (mimeType: string, sdpFmtpLine?: string): RTCRtpCodec => ({
  mimeType,
  clockRate: 90000,
  ...(sdpFmtpLine ? { sdpFmtpLine } : {}),
});

describe('the one offer', () => {
  it('has its m-lines in the order of the protocol', () => {
    const peer = new FakePeer();
    buildLayout(peer, { slots: 9, voices: 2 });
    const lines = peer.transceivers.map(({ kind, init }) => `${kind} ${init.direction}`);
    expect(lines.slice(0, 4)).toEqual([
      'audio sendrecv',
      'video sendonly',
      'video sendonly',
      'audio sendonly',
    ]);
    expect(lines.slice(4, 6)).toEqual(Array(2).fill('audio recvonly'));
    expect(lines.slice(6)).toEqual(Array(9).fill('video recvonly'));
  });

  it('grows at its end, so that no place is ever moved', () => {
    const peer = new FakePeer();
    const layout = buildLayout(peer, { slots: 4, voices: 2 });
    const before = [...peer.transceivers];
    addSlots(peer, layout, 9, []);
    expect(peer.transceivers.slice(0, before.length)).toEqual(before);
    expect(layout.slots).toHaveLength(9);
    expect(peer.transceivers).toHaveLength(before.length + 5);
    addSlots(peer, layout, 5, []);
    expect(layout.slots).toHaveLength(9);
  });

  it('offers the camera in three layers, lowest first', () => {
    const peer = new FakePeer();
    buildLayout(peer, { slots: 1, voices: 0 });
    const encodings = peer.transceivers[1]?.init.sendEncodings ?? [];
    expect(encodings.map(({ rid }) => rid)).toEqual(['q', 'h', 'f']);
    const scales = encodings.map(({ scaleResolutionDownBy }) => scaleResolutionDownBy ?? 1);
    expect(scales).toEqual([...scales].sort((a, b) => b - a));
  });

  it('sends one picture where simulcast is refused', () => {
    const peer = new FakePeer();
    const add = peer.addTransceiver.bind(peer);
    peer.addTransceiver = (kind, init) => {
      if ((init.sendEncodings?.length ?? 0) > 1) throw new TypeError('no simulcast');
      return add(kind, init);
    };
    buildLayout(peer, { slots: 1, voices: 0 });
    expect(peer.transceivers[1]?.init).toEqual({ direction: 'sendonly' });
  });

  it('names only codecs that the server takes', () => {
    const peer = new FakePeer();
    const chosen = chooseCodecs([
      codec('video/AV1'),
      codec('video/H264', 'packetization-mode=0;profile-level-id=42e01f'),
      codec('video/H264', 'packetization-mode=1;profile-level-id=640032'),
      codec('video/H264', 'packetization-mode=1;profile-level-id=42e01f'),
      codec('video/rtx'),
      codec('video/VP9', 'profile-id=2'),
      codec('video/VP9', 'profile-id=0'),
      codec('video/VP8'),
    ]);
    expect(chosen.map(({ mimeType, sdpFmtpLine }) => [mimeType, sdpFmtpLine])).toEqual([
      ['video/VP8', undefined],
      ['video/H264', 'packetization-mode=1;profile-level-id=42e01f'],
      ['video/VP9', 'profile-id=0'],
      ['video/AV1', undefined],
      ['video/rtx', undefined],
    ]);
    buildLayout(peer, { slots: 2, voices: 1 }, chosen);
    for (const { kind, codecs } of peer.transceivers)
      expect(codecs).toEqual(kind === 'video' ? chosen : []);
  });

  it('leaves a browser without these codecs its own choice', () => {
    expect(chooseCodecs([codec('video/H265'), codec('video/rtx')])).toEqual([]);
  });

  it('knows a phone from a desktop', () => {
    expect(firstSize(360).slots).toBe(4);
    expect(firstSize(1280).slots).toBe(9);
  });

  it.each([
    [1, 4],
    [9, 9],
    [10, 16],
    [26, 36],
    [48, 49],
    [64, 49],
  ])('%i pictures want %i slots', (wanted, slots) => {
    expect(slotsFor(wanted)).toBe(slots);
  });
});
