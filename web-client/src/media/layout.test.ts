import { describe, expect, it } from 'vitest';
import { FakePeer } from '../../tests/fakes/peer';
import { buildLayout, chooseCodecs, slotCount } from './layout';

const codec = (mimeType: string, sdpFmtpLine?: string): RTCRtpCodec => ({
  mimeType,
  clockRate: 90000,
  ...(sdpFmtpLine ? { sdpFmtpLine } : {}),
});

describe('the one offer', () => {
  it('has its m-lines in the order of the protocol', () => {
    const peer = new FakePeer();
    buildLayout(peer, 9);
    const lines = peer.transceivers.map(({ kind, init }) => `${kind} ${init.direction}`);
    expect(lines.slice(0, 4)).toEqual([
      'audio sendrecv',
      'video sendonly',
      'video sendonly',
      'audio sendonly',
    ]);
    expect(lines.slice(4)).toEqual(Array(9).fill('video recvonly'));
  });

  it('offers the camera in three layers, lowest first', () => {
    const peer = new FakePeer();
    buildLayout(peer, 1);
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
    buildLayout(peer, 1);
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
      codec('video/VP9'),
      codec('video/VP8'),
    ]);
    expect(chosen.map(({ mimeType, sdpFmtpLine }) => [mimeType, sdpFmtpLine])).toEqual([
      ['video/VP8', undefined],
      ['video/H264', 'packetization-mode=1;profile-level-id=42e01f'],
      ['video/rtx', undefined],
    ]);
    buildLayout(peer, 2, chosen);
    for (const { kind, codecs } of peer.transceivers)
      expect(codecs).toEqual(kind === 'video' ? chosen : []);
  });

  it('leaves a browser without these codecs its own choice', () => {
    expect(chooseCodecs([codec('video/AV1'), codec('video/rtx')])).toEqual([]);
  });

  it('knows a phone from a desktop', () => {
    expect(slotCount(360)).toBe(4);
    expect(slotCount(1280)).toBe(9);
  });
});
