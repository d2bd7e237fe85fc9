// The one offer (docs/protocol.md, "The offer"): which m-line carries what. Nothing is renegotiated
// when people come and go, so everything that may ever be sent has its place from the start.

import type { Peer, PeerTransceiver } from './peer';

export type UpSource = 'microphone' | 'camera' | 'screen' | 'screenAudio';

export interface Layout {
  microphone: PeerTransceiver;
  camera: PeerTransceiver;
  screen: PeerTransceiver;
  screenAudio: PeerTransceiver;
  slots: PeerTransceiver[];
}

/** Lowest layer first, as the server wants it. */
export const cameraEncodings: RTCRtpEncodingParameters[] = [
  { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1_700_000 },
];

const screenEncodings: RTCRtpEncodingParameters[] = [{ maxBitrate: 2_500_000, maxFramerate: 30 }];

export function buildLayout(peer: Peer, slots: number, codecs: RTCRtpCodec[] = []): Layout {
  const layout: Layout = {
    microphone: peer.addTransceiver('audio', { direction: 'sendrecv' }),
    camera: addCamera(peer),
    screen: peer.addTransceiver('video', {
      direction: 'sendonly',
      sendEncodings: screenEncodings,
    }),
    screenAudio: peer.addTransceiver('audio', { direction: 'sendonly' }),
    slots: Array.from({ length: slots }, () =>
      peer.addTransceiver('video', { direction: 'recvonly' }),
    ),
  };
  // Offering only what the server knows makes the offer a quarter of the size.
  for (const video of [layout.camera, layout.screen, ...layout.slots]) prefer(video, codecs);
  return layout;
}

function prefer(transceiver: PeerTransceiver, codecs: RTCRtpCodec[]): void {
  if (codecs.length === 0) return;
  try {
    transceiver.setCodecPreferences?.(codecs);
  } catch {
    // A browser that wants its own order keeps it.
  }
}

/** Of what the browser can, what the server takes: VP8 and H.264 with their RTX, in this order. */
export function chooseCodecs(capabilities: readonly RTCRtpCodec[]): RTCRtpCodec[] {
  const named = (name: string): RTCRtpCodec[] =>
    capabilities.filter(({ mimeType }) => mimeType.toLowerCase() === name);
  const h264 = named('video/h264').filter(({ sdpFmtpLine }) =>
    /packetization-mode=1/.test(sdpFmtpLine ?? ''),
  );
  const baseline = h264.filter(({ sdpFmtpLine }) =>
    /profile-level-id=42e0/i.test(sdpFmtpLine ?? ''),
  );
  const media = [...named('video/vp8'), ...(baseline.length > 0 ? baseline : h264)];
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

/** 9 on a desktop, 4 on a phone. */
export function slotCount(screenWidth: number): number {
  return screenWidth < 700 ? 4 : 9;
}
