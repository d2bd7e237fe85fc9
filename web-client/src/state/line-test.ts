// A test of one's own line and devices: this page meets itself in a room of its own, sends sound and
// picture through the real relay, and measures what comes back (docs/protocol.md, "A test").

import { signal } from '@preact/signals';
import { chooseCodecs } from '../media/layout';
import { Line } from '../media/line';
import { meterOf } from '../media/meter';
import type { NewPeer } from '../media/peer';
import { keepCandidates } from '../media/sdp';
import { figuresBetween, readTotals } from '../media/stats';
import { type ErrorCode, errorCode, HopError } from '../protocol/errors';
import type { MediaState } from '../protocol/messages';
import type { LineTestResult } from '../protocol/rest';
import { isObject } from '../protocol/shape';
import { Session } from '../session/session';
import type { OpenSocket } from '../session/socket';

export interface LineTestDeps {
  newPeer: NewPeer;
  codecs: RTCRtpCodec[];
  openSocket: OpenSocket;
  socketUrl: string;
  iceServers: () => Promise<RTCIceServer[]>;
  /** Resolves with the code to read to the operator. */
  send: (result: LineTestResult) => Promise<string>;
}

export interface LineTestInput {
  code: string;
  invite: string | null;
  name: string;
  media: MediaState;
  microphone: MediaStreamTrack | null;
  camera: MediaStreamTrack | null;
}

export type LineTestState =
  | { name: 'idle' }
  | { name: 'running' }
  | { name: 'failed'; code: ErrorCode }
  | { name: 'done'; result: LineTestResult; number: string | null };

/** Estimates need some seconds before they say what the line carries. */
const settleMs = 3_000;
const measureMs = 6_000;
const connectMs = 10_000;
/** Whether a protocol gets through at all shows sooner. */
const reachMs = 5_000;
/** Of 0..1: what speech in a quiet room surely reaches. */
const heardLevel = 0.2;

export class LineTest {
  readonly state = signal<LineTestState>({ name: 'idle' });
  /** What came back of one's own voice. */
  readonly recording = signal<Blob | null>(null);
  #deps: LineTestDeps;

  constructor(deps: LineTestDeps) {
    this.#deps = deps;
  }

  async run(input: LineTestInput): Promise<void> {
    this.state.value = { name: 'running' };
    this.recording.value = null;
    const ends: End[] = [];
    try {
      const result = await this.#measure(input, ends);
      const number = await this.#deps.send(result).catch(() => null);
      this.state.value = { name: 'done', result, number };
    } catch (error) {
      this.state.value = { name: 'failed', code: errorCode(error) };
    } finally {
      for (const end of ends) await end.leave();
    }
  }

  /** Each way by itself, into a room of its own; then the servers that a relay needs. */
  async #reach(input: LineTestInput, ends: End[]): Promise<Reach> {
    const fixed = await this.#deps.iceServers();
    const test = newToken();
    const none = { microphone: false, camera: false, screen: false };
    const attempt = async (only: Only, servers: RTCIceServer[]) => {
      const end = new End(this.#deps, servers, 0, only);
      ends.push(end);
      await end.join(input, test, none);
      return { end, reached: await end.comesUp(reachMs) };
    };
    const [udp, tcp] = await Promise.all([attempt('udp', []), attempt('tcp', [])]);
    const iceServers = [...fixed, ...udp.end.relays];
    const turn = iceServers.some(({ urls }) => [urls].flat().some((url) => url.startsWith('turn')))
      ? (await attempt('relay', iceServers)).reached
      : undefined;
    for (const end of ends.splice(0)) await end.leave();
    return { iceServers, udp: udp.reached, tcp: tcp.reached, turn };
  }

  async #measure(input: LineTestInput, ends: End[]): Promise<LineTestResult> {
    const test = newToken();
    const { iceServers, udp, tcp, turn } = await this.#reach(input, ends);
    const sender = new End(this.#deps, iceServers, 0);
    const listener = new End(this.#deps, iceServers, 1);
    ends.push(sender, listener);
    const none = { microphone: false, camera: false, screen: false };
    await sender.join(input, test, input.media);
    await sender.line.send('microphone', input.microphone);
    await sender.line.send('camera', input.camera);
    await listener.join(input, test, none);
    await Promise.all([sender.up(), listener.up()]);
    await listener.session.request('view', {
      tiles: [{ participant: sender.you, source: 'camera', height: 1080, pinned: true }],
    });
    const ears = new Ears(listener.line.mix);
    await pause(settleMs);
    const before = [await sender.totals(), await listener.totals()] as const;
    ears.listen();
    await pause(measureMs);
    this.recording.value = await ears.finish();
    const up = figuresBetween(before[0], await sender.totals());
    const down = figuresBetween(before[1], await listener.totals());
    return {
      microphone: input.media.microphone,
      camera: input.media.camera && down.report.fps > 0,
      heard_back: ears.loudest >= heardLevel,
      up_kbps: Math.round(Math.max(up.upBps, await sender.mayCarry()) / 1000),
      down_kbps: Math.max(Math.round(down.downBps / 1000), listener.downKbps),
      rtt_ms: up.report.rtt_ms,
      jitter_ms: down.report.jitter_ms,
      loss_up: up.report.loss_up,
      loss_down: down.report.loss_down,
      fps: down.report.fps,
      width: up.picture?.width ?? 0,
      height: up.picture?.height ?? 0,
      level_db: ears.loudest > 0 ? Math.round((ears.loudest - 1) * 60) : -60,
      tcp: up.protocol === 'tcp',
      udp,
      ice_tcp: tcp,
      ...(turn === undefined ? {} : { turn }),
    };
  }
}

type Only = 'udp' | 'tcp' | 'relay';

interface Reach {
  iceServers: RTCIceServer[];
  udp: boolean;
  tcp: boolean;
  turn: boolean | undefined;
}

/** One of the two connections, or one that tries a single way. */
class End {
  readonly session: Session;
  readonly line: Line;
  you = '';
  /** What the relay has found that the line carries down; 0: nothing yet. */
  downKbps = 0;
  relays: RTCIceServer[] = [];
  #up: Promise<void>;

  constructor(deps: LineTestDeps, iceServers: RTCIceServer[], slots: number, only?: Only) {
    let arrive = (): void => {};
    this.#up = new Promise((resolve) => {
      arrive = resolve;
    });
    this.line = new Line(
      (servers) => deps.newPeer(servers, only === 'relay'),
      { iceServers, size: { slots, voices: 0 }, codecs: chooseCodecs(deps.codecs) },
      {
        state: (state) => {
          if (state === 'up') arrive();
        },
        needsRestart: () => {},
      },
    );
    this.session = new Session(
      { url: deps.socketUrl, open: deps.openSocket, probe: () => Promise.resolve(true) },
      {
        phase: () => {},
        snapshot: (snapshot) => {
          this.you = snapshot.you;
        },
        event: (event) => {
          if (event.event === 'line') this.downKbps = event.data.down_kbps ?? this.downKbps;
          if (event.event === 'codec') void this.line.useCodec(event.data.source, event.data.codec);
          if (event.event === 'demand') void this.line.demand(event.data.source, event.data.top);
        },
        key: () => {},
        newOffer: () => this.line.firstOffer(),
        restartOffer: () => Promise.resolve(undefined),
        relays: (servers) => {
          this.relays = servers;
        },
        answer: (sdp) =>
          this.line.takeAnswer(only ? keepCandidates(sdp, only === 'tcp' ? 'tcp' : 'udp') : sdp),
        broken: () => {},
      },
    );
  }

  async join(input: LineTestInput, test: string, media: MediaState): Promise<void> {
    const { code, invite, name } = input;
    await this.session.join({
      room: code,
      name: name || 'test',
      lang: 'vi',
      media,
      test,
      ...(invite ? { invite } : {}),
    });
  }

  async up(): Promise<void> {
    const late = pause(connectMs).then(() => {
      throw new HopError('connection.timeout');
    });
    await Promise.race([this.#up, late]);
  }

  async comesUp(ms: number): Promise<boolean> {
    return Promise.race([this.#up.then(() => true), pause(ms).then(() => false)]);
  }

  async totals() {
    return readTotals(await this.line.peer.getStats(), performance.now());
  }

  /** The browser's own estimate, bit/s; 0 where it tells none. A still picture needs less. */
  async mayCarry(): Promise<number> {
    let most = 0;
    (await this.line.peer.getStats()).forEach((entry) => {
      if (isObject(entry) && typeof entry.availableOutgoingBitrate === 'number')
        most = Math.max(most, entry.availableOutgoingBitrate);
    });
    return most;
  }

  async leave(): Promise<void> {
    await this.session.leave().catch(() => {});
    this.line.close();
  }
}

/** How loud one comes back, and a recording of it to listen to. */
class Ears {
  loudest = 0;
  #stream: MediaStream;
  #element: HTMLAudioElement;
  #recorder: MediaRecorder | undefined;
  #chunks: Blob[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(stream: MediaStream) {
    this.#stream = stream;
    // Chromium lets no sound of a call into Web Audio that no element plays.
    this.#element = new Audio();
    this.#element.muted = true;
    this.#element.srcObject = stream;
    void this.#element.play().catch(() => {});
  }

  listen(): void {
    const track = this.#stream.getAudioTracks()[0];
    if (!track) return;
    const meter = meterOf(track);
    this.#timer = setInterval(() => {
      this.loudest = Math.max(this.loudest, meter.level());
    }, 50);
    try {
      this.#recorder = new MediaRecorder(this.#stream);
      this.#recorder.ondataavailable = ({ data }) => this.#chunks.push(data);
      this.#recorder.start();
    } catch {
      // The level tells as much.
    }
  }

  async finish(): Promise<Blob | null> {
    clearInterval(this.#timer);
    const recorder = this.#recorder;
    if (recorder && recorder.state !== 'inactive')
      await new Promise<void>((resolve) => {
        recorder.onstop = () => resolve();
        recorder.stop();
      });
    this.#element.srcObject = null;
    return this.#chunks.length > 0 ? new Blob(this.#chunks, { type: recorder?.mimeType }) : null;
  }
}

/** Sound and a small picture get through. Where no estimate is told, losses decide. */
export function enoughUp(result: LineTestResult): boolean {
  return (result.up_kbps ?? 0) >= 100 && (result.loss_up ?? 0) < 0.05;
}

function newToken(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
