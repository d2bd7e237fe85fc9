// An RTCPeerConnection and its parts, without a network.

import type { Peer, PeerTransceiver, ReadonlyStats } from '../../src/media/peer';

export class FakeTrack extends EventTarget {
  readonly kind: string;
  readonly id: string;
  readyState: 'live' | 'ended' = 'live';
  enabled = true;
  contentHint = '';
  static made = 0;

  constructor(kind: string) {
    super();
    this.kind = kind;
    this.id = `${kind}-${++FakeTrack.made}`;
  }
  stop(): void {
    this.readyState = 'ended';
  }
  /** The device was pulled out. */
  unplug(): void {
    this.readyState = 'ended';
    this.dispatchEvent(new Event('ended'));
  }
  get asTrack(): MediaStreamTrack {
    return this as unknown as MediaStreamTrack;
  }
}

export class FakeStream {
  readonly #tracks: FakeTrack[];
  constructor(tracks: FakeTrack[] = []) {
    this.#tracks = [...tracks];
  }
  addTrack(track: FakeTrack): void {
    this.#tracks.push(track);
  }
  getTracks(): FakeTrack[] {
    return this.#tracks;
  }
  getVideoTracks(): FakeTrack[] {
    return this.#tracks.filter(({ kind }) => kind === 'video');
  }
  getAudioTracks(): FakeTrack[] {
    return this.#tracks.filter(({ kind }) => kind === 'audio');
  }
  get asStream(): MediaStream {
    return this as unknown as MediaStream;
  }
}

export class FakeTransceiver {
  readonly kind: string;
  readonly init: RTCRtpTransceiverInit;
  mid: string | null = null;
  codecs: RTCRtpCodec[] = [];
  contributing: { source: number; timestamp: number; audioLevel?: number }[] = [];
  synchronization: { source: number; timestamp: number }[] = [];
  readonly sender: {
    track: MediaStreamTrack | null;
    replaceTrack: PeerTransceiver['sender']['replaceTrack'];
    getParameters: () => RTCRtpSendParameters;
    setParameters: (parameters: RTCRtpSendParameters) => Promise<void>;
  };
  /** What the sender was told to put out, and how often. */
  encodings: RTCRtpEncodingParameters[];
  parameterSets = 0;
  /** The answer's, in its order. */
  negotiated: string[] = ['video/VP8'];
  readonly receiver: PeerTransceiver['receiver'];

  constructor(kind: string, init: RTCRtpTransceiverInit) {
    this.kind = kind;
    this.init = init;
    this.encodings = (init.sendEncodings ?? [{}]).map((each) => ({ active: true, ...each }));
    this.sender = {
      track: null,
      replaceTrack: async (track) => {
        // As in a browser, the change is seen only later.
        await Promise.resolve();
        this.sender.track = track;
      },
      getParameters: () => ({
        codecs: this.negotiated.map((mimeType, i) => ({
          mimeType,
          clockRate: 90_000,
          payloadType: 96 + i,
        })),
        encodings: this.encodings.map((each) => ({ ...each })),
        headerExtensions: [],
        rtcp: {},
        transactionId: '',
      }),
      setParameters: async ({ encodings }) => {
        await Promise.resolve();
        this.parameterSets += 1;
        this.encodings = encodings;
      },
    };
    this.receiver = {
      jitterBufferTarget: null,
      track: new FakeTrack(kind).asTrack,
      getContributingSources: () => this.contributing,
      getSynchronizationSources: () => this.synchronization,
    };
  }
  setCodecPreferences(codecs: RTCRtpCodec[]): void {
    this.codecs = codecs;
  }
}

export class FakePeer implements Peer {
  connectionState: RTCPeerConnectionState = 'new';
  signalingState: RTCSignalingState = 'stable';
  onconnectionstatechange: Peer['onconnectionstatechange'] = null;
  readonly transceivers: FakeTransceiver[] = [];
  readonly offers: RTCOfferOptions[] = [];
  readonly answers: string[] = [];
  closed = false;
  stats: Record<string, unknown>[] = [];
  readonly #name: string;

  constructor(name = 'peer') {
    this.#name = name;
  }

  addTransceiver(kind: 'audio' | 'video', init: RTCRtpTransceiverInit): PeerTransceiver {
    const transceiver = new FakeTransceiver(kind, init);
    this.transceivers.push(transceiver);
    return transceiver;
  }
  async createOffer(options: RTCOfferOptions = {}): Promise<RTCSessionDescriptionInit> {
    this.offers.push(options);
    return { type: 'offer', sdp: `${this.#name}-offer-${this.offers.length}` };
  }
  async setLocalDescription(): Promise<void> {
    this.signalingState = 'have-local-offer';
  }
  async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
    this.answers.push(description.sdp ?? '');
    this.signalingState = 'stable';
  }
  async getStats(): Promise<ReadonlyStats> {
    return new Map(this.stats.map((entry, i) => [String(i), entry]));
  }
  close(): void {
    this.closed = true;
  }

  /** The browser found out something about the path. */
  become(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.onconnectionstatechange?.call(this as unknown as RTCPeerConnection, new Event('x'));
  }
}

/** MediaStream for code that makes its own. */
export function installStreams(): void {
  Reflect.set(globalThis, 'MediaStream', FakeStream);
}
