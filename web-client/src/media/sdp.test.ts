import { describe, expect, it } from 'vitest';
import { keepCandidates, preferRed } from './sdp';

const answer = (types: string, lines: string[]): string =>
  ['v=0', 's=-', `m=audio 9 UDP/TLS/RTP/SAVPF ${types}`, 'c=IN IP4 0.0.0.0', ...lines]
    .concat(['m=audio 9 UDP/TLS/RTP/SAVPF 111 63', 'a=rtpmap:63 red/48000/2', ''])
    .join('\r\n');

describe('preferRed', () => {
  it('puts RED first in the microphone’s m-line, and touches nothing else', () => {
    const lines = ['a=rtpmap:111 opus/48000/2', 'a=rtpmap:63 red/48000/2', 'a=fmtp:63 111/111'];
    expect(preferRed(answer('111 63', lines))).toBe(answer('63 111', lines));
  });

  it.each([
    ['without RED', answer('111', ['a=rtpmap:111 opus/48000/2'])],
    ['with RED for another clock', answer('111 63', ['a=rtpmap:63 red/8000'])],
    ['with a type that is not listed', answer('111', ['a=rtpmap:63 red/48000/2'])],
    ['without sound', 'v=0\r\nm=video 9 X 96\r\n'],
    ['in a test', 'answer-sdp'],
  ])('leaves an answer %s as it is', (_what, sdp) => {
    expect(preferRed(sdp)).toBe(sdp);
  });
});

describe('keepCandidates', () => {
  it('leaves those of one protocol, and all that is no candidate', () => {
    const udp = 'a=candidate:1 1 udp 2130706431 192.0.2.1 50000 typ host';
    const tcp = 'a=candidate:2 1 TCP 1518280447 192.0.2.1 443 typ host tcptype passive';
    const sdp = (...lines: string[]) =>
      ['v=0', 'm=audio 9 X 0', ...lines, 'a=mid:0', ''].join('\r\n');
    expect(keepCandidates(sdp(udp, tcp), 'udp')).toBe(sdp(udp));
    expect(keepCandidates(sdp(udp, tcp), 'tcp')).toBe(sdp(tcp));
  });
});
