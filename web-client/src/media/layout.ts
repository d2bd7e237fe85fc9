// The one offer (docs/protocol.md, "The offer"): which m-line carries what. Nothing is renegotiated
// when people come and go, so everything that may ever be sent has its place from the start.

import type { Peer, PeerTransceiver } from './peer';

export type UpSource = 'microphone' | 'camera' | 'screen' | 'screenAudio';

export interface Layout {
  microphone: PeerTransceiver;
  camera: PeerTransceiver;
  screen: PeerTransceiver;
  screenAudio: PeerTransceiver;
  /** Talkers' own voices, when the room's policy forwards them; silent otherwise. */
  voices: PeerTransceiver[];
  slots: PeerTransceiver[];
}

/** Lowest layer first, as the server wants it. */
export const cameraEncodings: RTCRtpEncodingParameters[] = [
  { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1_700_000 },
];

/**
 * What makes sense of a picture of this height. Chromium takes as many layers as it thinks fit for a
 * size, from the lowest: of a 360p camera two, so the second must be the whole picture.
 */
export function cameraLayers(height: number): RTCRtpEncodingParameters[] {
  const [low = {}, middle = {}, high = {}] = cameraEncodings;
  const rests = { ...high, active: false };
  if (height >= 540) return cameraEncodings;
  if (height >= 270)
    return [
      { ...low, scaleResolutionDownBy: 2 },
      { ...middle, scaleResolutionDownBy: 1, maxBitrate: 800_000 },
      rests,
    ];
  return [
    { ...low, scaleResolutionDownBy: 1, maxBitrate: 300_000 },
    { ...middle, active: false },
    rests,
  ];
}

export const screenEncodings: RTCRtpEncodingParameters[] = [
  { maxBitrate: 2_500_000, maxFramerate: 30 },
];

export interface Size {
  slots: number;
  voices: number;
}

export function buildLayout(peer: Peer, size: Size, codecs: RTCRtpCodec[] = []): Layout {
  const layout: Layout = {
    microphone: peer.addTransceiver('audio', { direction: 'sendrecv' }),
    camera: addCamera(peer),
    screen: peer.addTransceiver('video', {
      direction: 'sendonly',
      sendEncodings: screenEncodings,
    }),
    screenAudio: peer.addTransceiver('audio', { direction: 'sendonly' }),
    voices: Array.from({ length: size.voices }, () =>
      peer.addTransceiver('audio', { direction: 'recvonly' }),
    ),
    slots: [],
  };
  for (const video of [layout.camera, layout.screen]) prefer(video, codecs);
  addSlots(peer, layout, size.slots, codecs);
  return layout;
}

/** Until there are `slots` of them; the next offer has the new ones. */
export function addSlots(peer: Peer, layout: Layout, slots: number, codecs: RTCRtpCodec[]): void {
  while (layout.slots.length < slots) {
    const slot = peer.addTransceiver('video', { direction: 'recvonly' });
    // Offering only what the server knows makes the offer a quarter of the size.
    prefer(slot, codecs);
    layout.slots.push(slot);
  }
}

function prefer(transceiver: PeerTransceiver, codecs: RTCRtpCodec[]): void {
  if (codecs.length === 0) return;
  try {
    transceiver.setCodecPreferences?.(codecs);
  } catch {
    // A browser that wants its own order keeps it.
  }
}

/** Of what the browser can, what the server takes, with its RTX, in this order. */
export function chooseCodecs(capabilities: readonly RTCRtpCodec[]): RTCRtpCodec[] {
  const named = (name: string): RTCRtpCodec[] =>
    capabilities.filter(({ mimeType }) => mimeType.toLowerCase() === name);
  const h264 = named('video/h264').filter(({ sdpFmtpLine }) =>
    /packetization-mode=1/.test(sdpFmtpLine ?? ''),
  );
  const baseline = h264.filter(({ sdpFmtpLine }) =>
    /profile-level-id=42e0/i.test(sdpFmtpLine ?? ''),
  );
  // The profile that everybody has: 8 bits, 4:2:0.
  const vp9 = named('video/vp9').filter(
    ({ sdpFmtpLine }) => !/profile-id=[1-3]/.test(sdpFmtpLine ?? ''),
  );
  const av1 = named('video/av1').filter(
    ({ sdpFmtpLine }) => !/profile=[12]/.test(sdpFmtpLine ?? ''),
  );
  const media = [
    ...named('video/vp8'),
    ...(baseline.length > 0 ? baseline : h264),
    ...vp9.slice(0, 1),
    ...av1.slice(0, 1),
  ];
  return media.length > 0 ? [...media, ...named('video/rtx')] : [];
}

function addCamera(peer: Peer): PeerTransceiver {
  try {
    return peer.addTransceiver('video', {
      direction: 'sendonly',
      sendEncodings: cameraEncodings,
    });
  } catch {
    // An old browser without simulcast through the API sends one picture.
    return peer.addTransceiver('video', { direction: 'sendonly' });
  }
}

/** At the start; more are asked for when a page shows more pictures. */
export function firstSize(screenWidth: number): Size {
  return screenWidth < 700 ? { slots: 4, voices: 4 } : { slots: 9, voices: 6 };
}

/** Few steps, because each takes an ICE restart. */
const steps = [4, 9, 16, 25, 36, 49];

export function slotsFor(wanted: number): number {
  return steps.find((step) => step >= wanted) ?? 49;
}
