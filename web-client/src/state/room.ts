// One person in one meeting, from the page's opening to its end: prepares the line while he looks at
// his picture, joins, keeps session and media together, and turns what happens into what is shown.

import { batch, computed, effect, signal } from '@preact/signals';
import type { Capture } from '../media/devices';
import { chooseCodecs, firstSize } from '../media/layout';
import type { NewPeer } from '../media/peer';
import type { LineFigures } from '../media/stats';
import { type ErrorCode, errorCode, HopError } from '../protocol/errors';
import type {
  MediaState,
  Op,
  Quality,
  Requests,
  Role,
  Source,
  Verdict,
} from '../protocol/messages';
import type { ClientInfo, RoomStatus } from '../protocol/rest';
import { type EndReason, type Phase, Session } from '../session/session';
import type { OpenSocket } from '../session/socket';
import { Call } from './call';
import { Chat } from './chat';
import { errorText, t } from './i18n';
import { LayoutModel } from './layout';
import { LineNotes } from './line-notes';
import { LocalMedia } from './local-media';
import { Notices } from './notices';
import { keepKey, keyFor, remember } from './recent';
import { Roster } from './roster';
import { change, settings } from './settings';
import { announce, clearToasts, toast } from './toasts';

export type Unavailable = 'not_found' | 'ended' | 'cancelled' | 'unsupported' | 'error';

export type Stage =
  | { name: 'checking' }
  | { name: 'prejoin' }
  | { name: 'joining' }
  | { name: 'waiting'; opensAt: string | null; title: string }
  | { name: 'meeting' }
  | { name: 'left'; reason: EndReason; code: ErrorCode | null }
  | { name: 'unavailable'; reason: Unavailable; code: ErrorCode | null };

export interface RoomDeps {
  newPeer: NewPeer;
  codecs: RTCRtpCodec[];
  capture: Capture | undefined;
  devices: MediaDevices | undefined;
  openSocket: OpenSocket;
  probe: () => Promise<boolean>;
  socketUrl: string;
  screenWidth: number;
  client: () => Promise<ClientInfo>;
  status: (code: string) => Promise<RoomStatus>;
  /** The door opens for one who waited, perhaps in another tab. */
  chime: () => void;
  /** Without WebRTC there is no meeting. */
  supported: boolean;
}

export type Mark = 'click-join' | 'joined' | 'first-remote-frame' | 'first-sound';

const talkHintEveryMs = 30_000;
const talkLevel = 0.55;
const growAfterMs = 300;

export class Room {
  readonly code: string;
  readonly stage = signal<Stage>({ name: 'checking' });
  readonly info = signal<RoomStatus | null>(null);
  readonly joinError = signal<ErrorCode | null>(null);
  readonly phase = signal<Phase>({ name: 'idle' });
  readonly figures = signal<LineFigures | null>(null);
  readonly path = signal<{ path: string; srtp: string } | null>(null);
  /** Who asks this person to unmute. */
  readonly asked = signal<string | null>(null);
  readonly talkingMuted = signal(false);
  /** One's own microphone, while it is not right and nobody has closed the hint. */
  readonly microphoneHint = signal<Exclude<Verdict, 'ok'> | null>(null);
  readonly marks = new Map<Mark, number>();
  readonly roster = new Roster();
  readonly notes = new LineNotes();
  readonly local: LocalMedia;
  readonly call: Call;
  readonly chat: Chat;
  readonly layout: LayoutModel;
  readonly session: Session;
  #deps: RoomDeps;
  #client: ClientInfo | null = null;
  #notices: Notices;
  #announced: MediaState = { microphone: false, camera: false, screen: false };
  #ticker: ReturnType<typeof setInterval> | undefined;
  #talkSince = 0;
  #lastTalkHint = Number.NEGATIVE_INFINITY;
  #holding = false;
  #firstSnapshot = true;
  #waited = false;
  #growTimer: ReturnType<typeof setTimeout> | undefined;
  #stopGrowing: () => void;

  constructor(code: string, deps: RoomDeps) {
    this.code = code;
    this.#deps = deps;
    this.local = new LocalMedia({
      capture: deps.capture,
      devices: deps.devices,
      send: (source, track) => this.call.send(source, track),
      changed: () => this.#announceMedia(),
    });
    this.call = new Call({
      newPeer: deps.newPeer,
      iceServers: () => this.#client?.ice_servers ?? [],
      size: firstSize(deps.screenWidth),
      codecs: chooseCodecs(deps.codecs),
      exchange: async (sdp) => (await this.session.request('offer', { sdp })).answer,
      attach: () => this.local.resend(),
      heard: (heard) => this.roster.setHeard(heard),
      expected: () => this.#expectedSlots(),
      figures: (figures) => this.#report(figures),
      firstSound: () => this.mark('first-sound'),
      trouble: () => this.session.doubt(),
      roundTripMs: () => this.session.roundTripMs,
    });
    this.chat = new Chat({
      send: (data) => this.session.request('chat', data),
      history: (data) => this.session.request('chat_history', data),
      you: () => ({ id: this.roster.you.value, name: this.roster.self.value?.name ?? '' }),
    });
    this.layout = new LayoutModel(this.roster, (view) => {
      if (this.phase.value.name === 'joined') this.#quietly('view', view);
    });
    // Not at every change: people turn pages, and cameras come one by one.
    this.#stopGrowing = effect(() => {
      const wanted = this.layout.wantedSlots.value;
      const joined = this.phase.value.name === 'joined' && this.link.value === 'up';
      clearTimeout(this.#growTimer);
      if (joined && wanted > 0)
        this.#growTimer = setTimeout(() => void this.call.wantSlots(wanted), growAfterMs);
    });
    this.session = new Session(
      { url: deps.socketUrl, open: deps.openSocket, probe: deps.probe },
      {
        phase: (phase) => this.#enter(phase),
        snapshot: (snapshot) => this.#takeSnapshot(snapshot),
        event: (event) => this.#notices.take(event),
        key: (key) => keepKey(this.code, settings.value.name, key),
        newOffer: () => this.call.newOffer(),
        restartOffer: () => this.call.resumeOffer(performance.now()),
        answer: (sdp) => this.call.takeAnswer(sdp),
        broken: (error) => console.warn('hop: message skipped:', error),
      },
    );
    this.#notices = new Notices(this);
  }

  readonly link = computed(() => this.call.link.value);

  /** What the banner says about one's own connection. */
  readonly connection = computed<'up' | 'connecting' | 'signaling-lost' | 'media-lost'>(() => {
    const phase = this.phase.value.name;
    if (phase === 'reconnecting') return 'signaling-lost';
    if (this.link.value === 'down') return 'media-lost';
    return this.link.value === 'up' ? 'up' : 'connecting';
  });

  /** How well one's own line does. */
  readonly ownQuality = computed<Quality>(() => {
    if (this.connection.value === 'signaling-lost' || this.connection.value === 'media-lost')
      return 'lost';
    return this.notes.news.value?.quality ?? this.roster.self.value?.quality ?? 'good';
  });

  /** Looks the meeting up and gets devices and line ready. */
  async open(): Promise<void> {
    if (!this.#deps.supported) return this.#unavailable('unsupported', null);
    const devices = this.local.start();
    void this.session.prepare();
    try {
      const [client, info] = await Promise.all([this.#deps.client(), this.#deps.status(this.code)]);
      this.#client = client;
      this.info.value = info;
      if (client.user) change({ name: client.user.name });
      if (info.status === 'ended') return this.#unavailable('ended', null);
      if (info.status === 'cancelled') return this.#unavailable('cancelled', null);
      this.call.prepare();
      this.stage.value = { name: 'prejoin' };
    } catch (error) {
      const code = errorCode(error);
      if (code === 'room.not_found') this.#unavailable('not_found', null);
      else this.#unavailable('error', code);
    }
    await devices;
  }

  /** The server closes a connection that joins nothing; whoever comes back to the page needs one. */
  stayPrepared(): void {
    if (this.stage.value.name === 'prejoin') void this.session.prepare();
  }

  async join(name: string, place: { site?: number; hall?: string } = {}): Promise<void> {
    if (this.stage.value.name === 'joining') return;
    const { site = 1, hall = '' } = place;
    this.mark('click-join');
    change({ name, hall });
    this.joinError.value = null;
    this.stage.value = { name: 'joining' };
    const media = this.local.sending();
    this.#announced = media;
    try {
      await this.session.join(
        {
          room: this.code,
          name,
          lang: settings.value.language,
          media,
          ...(site > 1 ? { site } : {}),
          hall: hall || null,
        },
        keyFor(this.code, name),
      );
    } catch (error) {
      this.#joinFailed(errorCode(error));
    }
  }

  async leave(): Promise<void> {
    this.#notices.dispose();
    const gone = this.session.leave();
    this.#release();
    await gone;
  }

  /** The page goes. */
  dispose(): void {
    this.#notices.dispose();
    this.session.dispose();
    this.#release();
    this.layout.dispose();
    this.#stopGrowing();
    clearTimeout(this.#growTimer);
  }

  /** `lost`: it was away for a moment, so no connection of before can be alive. */
  networkChanged(lost: boolean): void {
    this.call.noteNetwork();
    if (lost) this.session.renew();
    else this.session.doubt();
    this.session.hurry();
    this.call.networkChanged();
  }

  mark(name: Mark): void {
    if (!this.marks.has(name)) this.marks.set(name, performance.now());
  }

  // ---- what the person does

  async toggleMicrophone(): Promise<void> {
    const on = !this.local.microphone.value.on;
    if (on && !this.#allowed('microphone')) return;
    await this.local.setMicrophone(on);
    this.#explain(this.local.microphone.value.error);
  }

  async toggleCamera(): Promise<void> {
    const { on, opening } = this.local.camera.value;
    if (!on && !opening && !this.#allowed('camera')) return;
    await this.local.setCamera(!(on || opening));
    this.#explain(this.local.camera.value.error);
  }

  async toggleScreen(): Promise<void> {
    if (this.local.screen.value) return this.local.stopScreen();
    if (!this.#allowed('screen')) return;
    this.#explain(await this.local.startScreen());
  }

  toggleHand(): Promise<boolean> {
    return this.act('hand', { raised: this.roster.self.value?.hand === null });
  }

  /** Space held: the microphone is on meanwhile. */
  holdToTalk(down: boolean): void {
    if (down === this.#holding) return;
    const { on } = this.local.microphone.value;
    if (down && (on || !this.#allowed('microphone'))) return;
    this.#holding = down;
    void this.local.setMicrophone(down, false);
  }

  mute(participant: string, source: Source, muted: boolean): Promise<boolean> {
    return this.act('mute', { participant, source, muted });
  }

  async muteAll(): Promise<void> {
    if (await this.act('mute_all', { source: 'microphone', muted: true }))
      toast(t.value.participants.mutedAll, 'good');
  }

  async askUnmute(participant: string): Promise<void> {
    if (await this.act('ask_unmute', { participant }))
      toast(t.value.participants.asked(this.roster.nameOf(participant)), 'good');
  }

  setRole(participant: string, role: Role): Promise<boolean> {
    return this.act('role', { participant, role });
  }

  async rename(name: string): Promise<boolean> {
    const done = await this.act('rename', { name });
    if (done) {
      change({ name });
      this.session.remember({ name });
    }
    return done;
  }

  /** Where somebody sits with others; null: alone. Moderators may say it of others. */
  async setHall(hall: string | null, participant?: string): Promise<boolean> {
    const done = await this.act('hall', { hall, ...(participant ? { participant } : {}) });
    if (done && !participant) {
      change({ hall: hall ?? '' });
      this.session.remember({ hall });
    }
    return done;
  }

  /** The relay has listened for a while. */
  noteVoice(participant: string, verdict: Verdict): void {
    this.roster.setVerdict(participant, verdict);
    if (participant === this.roster.you.value)
      this.microphoneHint.value = verdict === 'ok' ? null : verdict;
  }

  /** A request whose failure the person is told. */
  async act<K extends Op>(op: K, data: Requests[K]): Promise<boolean> {
    try {
      await this.session.request(op, data);
      return true;
    } catch (error) {
      toast(errorText(errorCode(error)), 'bad');
      return false;
    }
  }

  // ---- inside

  #quietly<K extends Op>(op: K, data: Requests[K]): void {
    this.session.request(op, data).catch(() => {});
  }

  #allowed(source: Source): boolean {
    if (!this.roster.self.value?.muted[source]) return true;
    toast(errorText('media.muted'), 'warning');
    return false;
  }

  #explain(code: ErrorCode | null): void {
    if (!code) return;
    const help = t.value.deviceHelp[code];
    toast(help ? `${errorText(code)} ${help}` : errorText(code), 'bad', { ms: 10_000 });
  }

  #unavailable(reason: Unavailable, code: ErrorCode | null): void {
    this.stage.value = { name: 'unavailable', reason, code };
    this.#release();
    this.session.dispose();
  }

  #joinFailed(code: ErrorCode): void {
    if (code === 'room.not_found') this.#unavailable('not_found', null);
    else if (code === 'room.ended') this.#unavailable('ended', null);
    else if (code === 'room.cancelled') this.#unavailable('cancelled', null);
    else {
      this.joinError.value = code;
      this.stage.value = { name: 'prejoin' };
    }
  }

  #enter(phase: Phase): void {
    const before = this.phase.value;
    this.phase.value = phase;
    if (phase.name === 'waiting') {
      this.#waited = true;
      this.stage.value = { name: 'waiting', opensAt: phase.opensAt, title: phase.title };
    } else if (phase.name === 'joined') this.#arrived(before);
    else if (phase.name === 'reconnecting') {
      this.roster.setSpoken([]);
      this.notes.reset();
    } else if (phase.name === 'over') this.#ended(phase.reason, phase.code ?? null);
  }

  #arrived(before: Phase): void {
    this.mark('joined');
    if (this.#waited) {
      this.#waited = false;
      toast(t.value.waiting.opened, 'good');
      announce(t.value.waiting.opened);
      this.#deps.chime();
    }
    if (before.name === 'reconnecting') {
      toast(t.value.meeting.back, 'good', { ms: 2_500 });
      void this.chat.resend();
    }
    this.stage.value = { name: 'meeting' };
    this.layout.flush(true);
    this.#ticker ??= setInterval(() => this.#tick(), 200);
  }

  #ended(reason: EndReason, code: ErrorCode | null): void {
    this.#notices.dispose();
    this.#release();
    this.stage.value = { name: 'left', reason, code };
  }

  #release(): void {
    clearInterval(this.#ticker);
    clearTimeout(this.#growTimer);
    clearToasts();
    this.local.dispose();
    this.call.dispose();
    this.notes.dispose();
  }

  #takeSnapshot(snapshot: Parameters<Roster['replace']>[0]): void {
    batch(() => {
      this.roster.replace(snapshot);
      this.chat.replace(snapshot.chat, snapshot.chat_more, this.#firstSnapshot);
    });
    this.#firstSnapshot = false;
    // What was said while the connection was away.
    for (const source of ['camera', 'screen'] as const)
      this.call.demand(source, snapshot.demand[source]);
    if (snapshot.line) this.notes.takeLine(snapshot.line);
    remember({
      code: this.code,
      title: snapshot.room.title,
      at: new Date().toISOString(),
    });
    const self = this.roster.self.value;
    if (self) this.obeyMutes(self.muted);
    if (self) this.#announced = self.media;
    // Whatever changed while the line was away.
    queueMicrotask(() => this.#announceMedia());
  }

  /** The chair has shut something: it goes off here as well. */
  obeyMutes(muted: MediaState): void {
    if (muted.microphone && this.local.microphone.value.on)
      void this.local.setMicrophone(false, false);
    if (muted.camera && this.local.camera.value.on) void this.local.setCamera(false, false);
    if (muted.screen) this.local.stopScreen();
  }

  #announceMedia(): void {
    const now = this.local.sending();
    this.session.remember({ media: now });
    if (this.phase.value.name !== 'joined') return;
    const news: Partial<MediaState> = {};
    for (const source of ['microphone', 'camera', 'screen'] as const)
      if (now[source] !== this.#announced[source]) news[source] = now[source];
    if (Object.keys(news).length === 0) return;
    this.#announced = now;
    this.session.request('media', news).catch((error: unknown) => {
      if (error instanceof HopError && error.code === 'media.muted') {
        toast(errorText('media.muted'), 'warning');
        const self = this.roster.self.value;
        if (self) this.obeyMutes(self.muted);
      }
    });
  }

  #expectedSlots(): number[] {
    return this.roster.slots.value
      .filter(
        // a screen on which nothing moves sends a picture a second
        ({ participant, source, state }) =>
          source === 'camera' &&
          (state ?? 'live') === 'live' &&
          this.roster.people.value.get(participant)?.active[source],
      )
      .map(({ slot }) => slot);
  }

  #report(figures: LineFigures): void {
    this.figures.value = figures;
    const rtt = figures.report.rtt_ms || Math.round(this.session.roundTripMs);
    if (this.phase.value.name === 'joined')
      this.#quietly('stats', { ...figures.report, rtt_ms: rtt });
  }

  #tick(): void {
    const now = performance.now();
    this.layout.noteSpeakers(this.roster.speaking.value, this.roster.dominant.value, now);
    const { on, track } = this.local.microphone.value;
    if (on || !track || this.local.level() < talkLevel) {
      this.#talkSince = 0;
      return;
    }
    this.#talkSince ||= now;
    if (now - this.#talkSince < 500 || now - this.#lastTalkHint < talkHintEveryMs) return;
    this.#lastTalkHint = now;
    this.talkingMuted.value = true;
    setTimeout(() => {
      this.talkingMuted.value = false;
    }, 5_000);
  }
}
