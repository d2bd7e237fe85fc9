// The part of RTCPeerConnection that this client uses. The browser's own fits it as it is; tests put
// a fake in its place.

export interface PeerSender {
  readonly track: MediaStreamTrack | null;
  replaceTrack(track: MediaStreamTrack | null): Promise<void>;
  getParameters?(): RTCRtpSendParameters;
  setParameters?(parameters: RTCRtpSendParameters): Promise<void>;
}

export interface PeerReceiver {
  readonly track: MediaStreamTrack;
  /** Milliseconds; of browsers that can wait. */
  jitterBufferTarget?: number | null;
  getContributingSources(): { source: number; audioLevel?: number; timestamp: number }[];
  getSynchronizationSources(): { source: number; audioLevel?: number; timestamp: number }[];
}

export interface PeerTransceiver {
  readonly mid: string | null;
  readonly sender: PeerSender;
  readonly receiver: PeerReceiver;
  setCodecPreferences?(codecs: RTCRtpCodec[]): void;
}

export interface Peer {
  readonly connectionState: RTCPeerConnectionState;
  readonly signalingState: RTCSignalingState;
  onconnectionstatechange: ((this: RTCPeerConnection, event: Event) => unknown) | null;
  addTransceiver(kind: 'audio' | 'video', init: RTCRtpTransceiverInit): PeerTransceiver;
  createOffer(options?: RTCOfferOptions): Promise<RTCSessionDescriptionInit>;
  setLocalDescription(description: RTCSessionDescriptionInit): Promise<void>;
  setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void>;
  getStats(): Promise<ReadonlyStats>;
  close(): void;
}

/** An RTCStatsReport, seen as what it is: maps of members by id. */
export interface ReadonlyStats {
  forEach(each: (value: unknown, key: string) => void): void;
}

/** `relayOnly`: by way of a TURN server and not otherwise. */
export type NewPeer = (iceServers: RTCIceServer[], relayOnly?: boolean) => Peer;

export const newBrowserPeer: NewPeer = (iceServers, relayOnly = false) =>
  new RTCPeerConnection({
    iceServers,
    iceTransportPolicy: relayOnly ? 'relay' : 'all',
    bundlePolicy: 'max-bundle',
    rtcpMuxPolicy: 'require',
  });

/** What the browser can receive. */
export function browserCodecs(): RTCRtpCodec[] {
  return typeof RTCRtpReceiver === 'undefined'
    ? []
    : (RTCRtpReceiver.getCapabilities('video')?.codecs ?? []);
}
