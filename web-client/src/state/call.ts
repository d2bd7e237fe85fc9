// The media line over the meeting: makes it ahead of the click, repairs it by ICE restarts, replaces
// it when the server has given it up, and reads from it who is heard and how it goes.

import { signal } from '@preact/signals';
import { type Size, slotsFor, type UpSource } from '../media/layout';
import { Line, type LinkState } from '../media/line';
import type { NewPeer } from '../media/peer';
import { figuresBetween, type LineFigures, type LineTotals, readTotals } from '../media/stats';
import { type ErrorCode, errorCode } from '../protocol/errors';
import type { CodecName, PictureSource } from '../protocol/messages';
import { type Heard, heardForMs } from './roster';

export interface CallHost {
  newPeer: NewPeer;
  iceServers(): RTCIceServer[];
  size: Size;
  codecs: RTCRtpCodec[];
  /** Sends an offer in the joined session; resolves with the answer. */
  exchange(sdp: string): Promise<string>;
  /** A line was made: give it what is being sent. */
  attach(): void;
  heard(heard: Heard): void;
  /** Slots on which a picture should be arriving. */
  expected(): number[];
  figures(figures: LineFigures): void;
  firstSound(): void;
  /** The path of the media is broken; the WebSocket's may be too. */
  trouble(): void;
  roundTripMs(): number;
}

export const tickMs = 150;
const statsMs = 500;
/** What is told of the line is taken over several readings. */
const figuresMs = 1_900;
/** Pictures that stop all at once for this long mean that the path is broken. */
export const stalledMs = 650;
/** A browser may learn of its own new address only after its restart: so it is asked again soon. */
const restartPauseMs = 1_000;
/** … but never before an answer and a check could have come over a slow line. */
const restartPauseRoundTrips = 5;
/** A line that is not up after this is made anew, over a TURN server. */
export const relayAfterMs = 3_000;
/** After so many restarts without success the line is made anew. */
const mostRestarts = 3;

export class Call {
  readonly line = signal<Line | null>(null);
  readonly link = signal<LinkState>('new');
  /** The highest layer of ours that anybody looks at; null: not said. */
  readonly looked = signal<Record<PictureSource, number | null>>({ camera: null, screen: null });
  #host: CallHost;
  #repairing = false;
  #repairAgain = false;
  #restarts = 0;
  #lastRestart = Number.NEGATIVE_INFINITY;
  #changedAt = Number.NEGATIVE_INFINITY;
  #ticker: ReturnType<typeof setInterval> | undefined;
  #reader: ReturnType<typeof setInterval> | undefined;
  #totals: LineTotals | undefined;
  #voices = new Map<string, { timestamp: number; seen: number }>();
  #lastPicture = { timestamp: 0, seen: 0 };
  #lastVoice = Number.NEGATIVE_INFINITY;
  #hadSound = false;
  #slots: number;
  /** Slots were added that the server does not know yet. */
  #growing = false;
  /** The server has said that more are too many. */
  #mostSlots = Number.POSITIVE_INFINITY;
  #relays: RTCIceServer[] = [];
  #relayTimer: ReturnType<typeof setTimeout> | undefined;
  #codecsWanted = new Map<PictureSource, CodecName>();

  constructor(host: CallHost) {
    this.#host = host;
    this.#slots = host.size.slots;
  }

  /** Makes the line and its offer before they are needed. */
  prepare(): void {
    if (!this.line.value) this.#make();
  }

  /** For a join: the server knows of no line of ours. */
  async newOffer(): Promise<string> {
    const line = this.line.value?.isFresh ? this.line.value : this.#make();
    return line.firstOffer();
  }

  /** For a resume: only if the media are in trouble too. */
  async resumeOffer(nowMs: number): Promise<string | undefined> {
    const line = this.line.value;
    if (!line) return undefined;
    if (line.isFresh) return line.firstOffer();
    const moved = nowMs - this.#changedAt < 10_000;
    const whole = !moved && !this.#growing && !this.#isStalled(nowMs);
    if (this.link.value === 'up' && whole) return undefined;
    this.#lastRestart = nowMs;
    return line.restartOffer();
  }

  async takeAnswer(sdp: string): Promise<void> {
    await this.line.value?.takeAnswer(sdp);
    this.#growing = false;
    this.#ticker ??= setInterval(() => this.#tick(performance.now()), tickMs);
    this.#reader ??= setInterval(() => void this.#read(), statsMs);
  }

  /** TURN servers. The first line was made before they were known, and most never need them. */
  useRelays(relays: RTCIceServer[]): void {
    const first = this.#relays.length === 0;
    this.#relays = relays;
    clearTimeout(this.#relayTimer);
    if (!first || this.link.value === 'up') return;
    const line = this.line.value;
    this.#relayTimer = setTimeout(() => {
      if (line && this.line.value === line && this.link.value !== 'up') void this.renew();
    }, relayAfterMs);
  }

  send(source: UpSource, track: MediaStreamTrack | null): void {
    // A line that is closing refuses; the next one is given everything again.
    this.line.value?.send(source, track).catch(() => {});
  }

  /** How much of ours anybody looks at. It ends with the line: a new one is told anew. */
  demand(source: PictureSource, top: number): void {
    this.looked.value = { ...this.looked.value, [source]: top };
    void this.line.value?.demand(source, top);
  }

  useCodec(source: PictureSource, codec: CodecName): void {
    this.#codecsWanted.set(source, codec);
    void this.line.value?.useCodec(source, codec);
  }

  /** The page shows so many pictures: asks for more slots, with an ICE restart, when they do not do. */
  async wantSlots(wanted: number): Promise<void> {
    const line = this.line.value;
    const slots = Math.min(slotsFor(wanted), this.#mostSlots);
    if (!line || line.isFresh || slots <= this.#slots) return;
    const before = this.#slots;
    this.#slots = slots;
    line.grow(slots);
    this.#growing = true;
    const refused = await this.repair('growing');
    if (!refused?.startsWith('sdp.')) return;
    // It stays in every further offer of this line: go on with a new one of the old size.
    this.#mostSlots = before;
    this.#slots = before;
    await this.renew();
  }

  /** From now on a resume brings an ICE restart along. */
  noteNetwork(): void {
    this.#changedAt = performance.now();
  }

  networkChanged(): void {
    this.noteNetwork();
    this.line.value?.networkChanged();
  }

  /** ICE restart, one at a time; resolves with the server's refusal, if there was one. */
  async repair(why: 'broken' | 'growing' = 'broken'): Promise<ErrorCode | null> {
    if (this.#repairing) {
      this.#repairAgain = true;
      return null;
    }
    const line = this.line.value;
    if (!line || line.isFresh) return null;
    if (this.#restarts >= mostRestarts) {
      await this.renew();
      return null;
    }
    this.#repairing = true;
    let refusal: ErrorCode | null = null;
    if (why === 'broken') {
      this.#host.trouble();
      this.#restarts += 1;
    }
    this.#lastRestart = performance.now();
    try {
      const answer = await this.#host.exchange(await line.restartOffer());
      if (this.line.value === line) await this.takeAnswer(answer);
    } catch (error) {
      const code = errorCode(error);
      refusal = code;
      // Without a WebSocket the resume will bring a fresh offer; a refusal needs a new line.
      if (code.startsWith('sdp.')) this.#restarts = mostRestarts;
    } finally {
      this.#repairing = false;
    }
    if (this.#repairAgain || this.#restarts >= mostRestarts) {
      this.#repairAgain = false;
      if (this.link.value !== 'up') await this.repair();
    }
    return refusal;
  }

  /** The server has given the line up: a new peer connection in its place. */
  async renew(): Promise<void> {
    this.#restarts = 0;
    const line = this.#make();
    try {
      const answer = await this.#host.exchange(await line.firstOffer());
      if (this.line.value === line) await this.takeAnswer(answer);
    } catch {
      // The resume, or the next failure, tries again.
    }
  }

  dispose(): void {
    clearInterval(this.#ticker);
    clearInterval(this.#reader);
    clearTimeout(this.#relayTimer);
    this.#ticker = undefined;
    this.#reader = undefined;
    this.line.value?.close();
    this.line.value = null;
  }

  #make(): Line {
    this.line.value?.close();
    this.#totals = undefined;
    this.#voices.clear();
    this.#lastPicture = { timestamp: 0, seen: 0 };
    const line: Line = new Line(
      this.#host.newPeer,
      {
        iceServers: [...this.#host.iceServers(), ...this.#relays],
        size: { ...this.#host.size, slots: this.#slots },
        codecs: this.#host.codecs,
      },
      {
        state: (state) => {
          if (this.line.value !== line) return;
          if (state === 'up') this.#restarts = 0;
          this.link.value = state;
        },
        needsRestart: () => {
          if (this.line.value === line) void this.repair();
        },
      },
    );
    this.line.value = line;
    this.link.value = 'new';
    this.looked.value = { camera: null, screen: null };
    for (const [source, codec] of this.#codecsWanted) void line.useCodec(source, codec);
    this.#host.attach();
    return line;
  }

  #tick(nowMs: number): void {
    const line = this.line.value;
    if (!line) return;
    this.#host.heard(this.#voicesNow(line, nowMs));
    if (!this.#hadSound && line.hasSound()) {
      this.#hadSound = true;
      this.#host.firstSound();
    }
    this.#notePictures(line, nowMs);
    if (
      this.link.value === 'up' &&
      this.#isStalled(nowMs) &&
      nowMs - this.#lastRestart >
        Math.max(restartPauseMs, restartPauseRoundTrips * this.#host.roundTripMs())
    )
      void this.repair();
  }

  #voicesNow(line: Line, nowMs: number): Heard {
    const mixed = line
      .heard()
      .filter(({ csrc, timestamp }) => this.#isFresh(`csrc ${csrc}`, timestamp, nowMs));
    const voices = line
      .voicesHeard()
      .filter(({ voice, timestamp }) => this.#isFresh(`voice ${voice}`, timestamp, nowMs));
    for (const [key, { seen }] of this.#voices) if (nowMs - seen > 15_000) this.#voices.delete(key);
    return { mixed, voices };
  }

  // Browsers disagree on the clock of these timestamps, so only their changes are used.
  #isFresh(key: string, timestamp: number, nowMs: number): boolean {
    const known = this.#voices.get(key);
    const news = known?.timestamp !== timestamp;
    const seen = news ? nowMs : known.seen;
    if (news) this.#lastVoice = nowMs;
    this.#voices.set(key, { timestamp, seen });
    return nowMs - seen <= heardForMs;
  }

  #notePictures(line: Line, nowMs: number): void {
    const latest = Math.max(0, ...this.#host.expected().map((slot) => line.lastPicture(slot)));
    if (latest !== this.#lastPicture.timestamp)
      this.#lastPicture = { timestamp: latest, seen: nowMs };
  }

  #isStalled(nowMs: number): boolean {
    const { timestamp, seen } = this.#lastPicture;
    if (nowMs - this.#lastVoice <= stalledMs) return false; // the line is there, a sender's is not
    return timestamp > 0 && this.#host.expected().length > 0 && nowMs - seen > stalledMs;
  }

  async #read(): Promise<void> {
    const line = this.line.value;
    if (!line || this.link.value !== 'up') return;
    const report = await line.peer.getStats().catch(() => null);
    if (!report || this.line.value !== line) return;
    const totals = readTotals(report, performance.now());
    line.arrived(
      { packets: totals.picturePackets, lost: totals.picturesLost },
      totals.rttMs || this.#host.roundTripMs(),
    );
    if (this.#totals && totals.atMs - this.#totals.atMs < figuresMs) return;
    if (this.#totals) this.#host.figures(figuresBetween(this.#totals, totals));
    this.#totals = totals;
  }
}
