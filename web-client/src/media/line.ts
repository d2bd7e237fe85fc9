// One person's media line: one peer connection with the fixed layout, and the rule when it needs an
// ICE restart. It talks SDP with its owner only; signaling is the owner's.

import type { CodecName, PictureSource } from '../protocol/messages';
import {
  addSlots,
  buildLayout,
  cameraEncodings,
  cameraLayers,
  type Layout,
  type Size,
  screenEncodings,
  type UpSource,
} from './layout';
import type { NewPeer, Peer } from './peer';
import { type Arrivals, Playout } from './playout';
import { preferRed } from './sdp';
import { Uplink } from './uplink';

export type LinkState = 'new' | 'connecting' | 'up' | 'down';

/** How long "disconnected" may last before a restart; browsers wait much longer on their own. */
export const disconnectedMs = 1_500;
/** A restart that has not brought the line back after this is tried again. */
export const restartAgainMs = 4_000;

export interface LineHandlers {
  state(state: LinkState): void;
  /** The path is broken: fetch restartOffer() and bring the answer. */
  needsRestart(): void;
}

export class Line {
  readonly peer: Peer;
  readonly mix: MediaStream;
  /** What each slot plays; the same stream for life. */
  readonly slots: MediaStream[];
  readonly voices: MediaStream[];
  #layout: Layout;
  #codecs: RTCRtpCodec[];
  #uplinks: Record<PictureSource, Uplink>;
  #handlers: LineHandlers;
  #firstOffer: Promise<string>;
  #playout = new Playout();
  #sent = new Map<UpSource, MediaStreamTrack | null>();
  #state: LinkState = 'new';
  #answered = false;
  #closed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    newPeer: NewPeer,
    options: { iceServers: RTCIceServer[]; size: Size; codecs: RTCRtpCodec[] },
    handlers: LineHandlers,
  ) {
    this.peer = newPeer(options.iceServers);
    this.#handlers = handlers;
    this.#codecs = options.codecs;
    this.#layout = buildLayout(this.peer, options.size, options.codecs);
    this.#uplinks = {
      camera: new Uplink(this.#layout.camera.sender, cameraEncodings),
      screen: new Uplink(this.#layout.screen.sender, screenEncodings),
    };
    this.mix = streamOf(this.#layout.microphone.receiver.track);
    this.slots = this.#layout.slots.map((slot) => streamOf(slot.receiver.track));
    this.voices = this.#layout.voices.map((voice) => streamOf(voice.receiver.track));
    this.peer.onconnectionstatechange = () => this.#watch();
    this.#firstOffer = this.#offer({});
    this.#firstOffer.catch(() => {});
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Not yet known to the server: the offer may still be sent, or sent again. */
  get isFresh(): boolean {
    return !this.#answered && !this.#closed;
  }

  /** Made when the line was; there is nothing to gather, the server learns the address itself. */
  firstOffer(): Promise<string> {
    return this.#firstOffer;
  }

  restartOffer(): Promise<string> {
    this.#restartLater(restartAgainMs);
    return this.#offer({ iceRestart: true });
  }

  async takeAnswer(sdp: string): Promise<void> {
    if (this.#closed) return;
    this.#answered = true;
    if (this.peer.signalingState !== 'have-local-offer') return;
    await this.peer.setRemoteDescription({ type: 'answer', sdp: preferRed(sdp) });
    for (const uplink of Object.values(this.#uplinks)) void uplink.negotiated();
  }

  /** The highest layer of ours that anybody needs; −1: none. */
  demand(source: PictureSource, top: number): Promise<void> {
    return this.#uplinks[source].want({ top });
  }

  useCodec(source: PictureSource, codec: CodecName): Promise<void> {
    return this.#uplinks[source].want({ codec });
  }

  /** More places for pictures; they come with the next restart. */
  grow(slots: number): void {
    addSlots(this.peer, this.#layout, slots, this.#codecs);
    for (const { receiver } of this.#layout.slots.slice(this.slots.length)) {
      this.slots.push(streamOf(receiver.track));
      if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = this.#playout.targetMs;
    }
  }

  /** Starts, changes or (null) stops what a source sends. */
  async send(source: UpSource, track: MediaStreamTrack | null): Promise<void> {
    // Not compared with sender.track: that one is only changed when an earlier replacement is done.
    if (this.#closed || (this.#sent.get(source) ?? null) === track) return;
    this.#sent.set(source, track);
    if (source === 'camera' && track) void this.#uplinks.camera.layersAre(layersOf(track));
    await this.#layout[source].sender.replaceTrack(track);
  }

  /** Who is heard in the mix right now. */
  heard(): { csrc: number; level: number | undefined; timestamp: number }[] {
    return this.#layout.microphone.receiver
      .getContributingSources()
      .map(({ source, audioLevel, timestamp }) => ({ csrc: source, level: audioLevel, timestamp }));
  }

  /** What last arrived on each voice slot. */
  voicesHeard(): { voice: number; level: number | undefined; timestamp: number }[] {
    return this.#layout.voices.flatMap(({ receiver }, voice) =>
      receiver
        .getSynchronizationSources()
        .map(({ audioLevel, timestamp }) => ({ voice, level: audioLevel, timestamp })),
    );
  }

  hasSound(): boolean {
    const { microphone, voices } = this.#layout;
    return [microphone, ...voices].some(
      ({ receiver }) => receiver.getSynchronizationSources().length > 0,
    );
  }

  /** When something last arrived on a slot, on the browser's own scale; 0: never. */
  lastPicture(slot: number): number {
    const receiver = this.#layout.slots[slot]?.receiver;
    return Math.max(0, ...(receiver?.getSynchronizationSources() ?? []).map((s) => s.timestamp));
  }

  /** A reading of what arrived, twice a second: pictures wait for what has to be repeated. */
  arrived(pictures: Arrivals, rttMs: number): void {
    const before = this.#playout.targetMs;
    const targetMs = this.#playout.take(pictures, rttMs);
    if (targetMs === before) return;
    for (const { receiver } of this.#layout.slots)
      if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = targetMs;
  }

  /** The network changed under us. */
  networkChanged(): void {
    if (this.#answered && !this.#closed) this.#handlers.needsRestart();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.peer.onconnectionstatechange = null;
    this.peer.close();
  }

  async #offer(options: RTCOfferOptions): Promise<string> {
    const offer = await this.peer.createOffer(options);
    await this.peer.setLocalDescription(offer);
    return offer.sdp ?? '';
  }

  #watch(): void {
    if (this.#closed) return;
    const state = this.peer.connectionState;
    if (state === 'connected') {
      clearTimeout(this.#timer);
      this.#enter('up');
    } else if (state === 'connecting') {
      if (this.#state === 'new') this.#enter('connecting');
    } else if (state === 'disconnected') {
      this.#enter('down');
      this.#restartLater(disconnectedMs);
    } else if (state === 'failed') {
      this.#enter('down');
      clearTimeout(this.#timer);
      this.#handlers.needsRestart();
    }
  }

  #restartLater(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (!this.#closed && this.peer.connectionState !== 'connected') this.#handlers.needsRestart();
    }, ms);
  }

  #enter(state: LinkState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#handlers.state(state);
  }
}

function layersOf(track: MediaStreamTrack): RTCRtpEncodingParameters[] {
  return cameraLayers(track.getSettings?.().height ?? 720);
}

function streamOf(track: MediaStreamTrack): MediaStream {
  const stream = new MediaStream();
  stream.addTrack(track);
  return stream;
}
