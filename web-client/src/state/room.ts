// One person in one meeting, from the page's opening to its end: prepares the line while he looks at
// his picture, joins, keeps session and media together, and turns what happens into what is shown.

import { batch, computed, effect, signal } from '@preact/signals';
import type { Capture } from '../media/devices';
import { chooseCodecs, firstSize } from '../media/layout';
import type { NewPeer } from '../media/peer';
import type { LineFigures } from '../media/stats';
import { type ErrorCode, errorCode, HopError } from '../protocol/errors';
import type {
  Knock,
  MediaState,
  Op,
  Quality,
  Requests,
  Role,
  Snapshot,
  Source,
  Verdict,
  WaitingFor,
} from '../protocol/messages';
import type { ClientInfo, Invitation, RoomStatus } from '../protocol/rest';
import { type EndReason, type Phase, Session } from '../session/session';
import type { OpenSocket } from '../session/socket';
import { AttendanceList } from './attendance';
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
  | { name: 'waiting'; waiting: WaitingFor }
  | { name: 'meeting' }
  | { name: 'left'; reason: EndReason; code: ErrorCode | null; message: string | null }
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
  /** The token of a personal link, out of the address. */
  invite: string | null;
  invitation: (token: string) => Promise<Invitation | null>;
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
  /** What the personal link says of who opened it. */
  readonly invitation = signal<Invitation | null>(null);
  readonly joinError = signal<ErrorCode | null>(null);
  /** Strangers must know the meeting's password. */
  readonly wantsPassword = signal(false);
  readonly attendance: AttendanceList;
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
    this.attendance = new AttendanceList((op, data) => this.session.request(op, data));
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
        snapshot: (snapshot, fresh) => this.#takeSnapshot(snapshot, fresh),
        event: (event) => this.#notices.take(event),
        key: (key) => keepKey(this.code, this.#keyName(settings.value.name), key),
        newOffer: () => this.call.newOffer(),
        restartOffer: () => this.call.resumeOffer(performance.now()),
        relays: (servers) => this.call.useRelays(servers),
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
      const token = this.#deps.invite;
      const [client, info, invitation] = await Promise.all([
        this.#deps.client(),
        this.#deps.status(this.code),
        token ? this.#deps.invitation(token) : null,
      ]);
      this.invitation.value = invitation;
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

  async join(
    name: string,
    place: { site?: number; hall?: string; password?: string } = {},
  ): Promise<void> {
    if (this.stage.value.name === 'joining') return;
    const { site = 1, hall = '', password = '' } = place;
    const invite = this.#deps.invite;
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
          ...(invite ? { invite } : {}),
          ...(password ? { password } : {}),
          hall: hall || null,
        },
        keyFor(this.code, this.#keyName(name)),
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

  admit(participant: string): Promise<boolean> {
    return this.act('admit', { participant });
  }

  admitAll(): Promise<boolean> {
    return this.act('admit', { all: true });
  }

  turnAway(participant: string, message: string): Promise<boolean> {
    return this.act('refuse', { participant, ...(message ? { message } : {}) });
  }

  sendBack(participant: string): Promise<boolean> {
    return this.act('send_back', { participant });
  }

  /** The other leads from now on, and this person no longer. */
  async handOver(participant: string): Promise<void> {
    const you = this.roster.you.value;
    if (!(await this.setRole(participant, 'chair'))) return;
    if (this.roster.self.value?.role === 'chair') await this.setRole(you, 'delegate');
    toast(t.value.participants.handedOver(this.roster.nameOf(participant)), 'good');
  }

  /** How many sit in front of a connection; one's own, if nobody is named. */
  async setSite(site: number, participant?: string): Promise<boolean> {
    const done = await this.act('site', { site, ...(participant ? { participant } : {}) });
    if (done && !participant) this.session.remember({ site });
    return done;
  }

  /** Others have come to the door since the last list. */
  noteLobby(lobby: readonly Knock[]): void {
    const known = new Set(this.roster.lobby.value.map(({ participant }) => participant));
    const fresh = lobby.filter(({ participant, lost }) => !lost && !known.has(participant));
    this.roster.lobby.value = lobby;
    const first = fresh[0];
    if (!first) return;
    const { lobby: words } = t.value;
    const text = fresh.length > 1 ? words.several(fresh.length) : words.one(first.name);
    this.#deps.chime();
    announce(text);
    if (fresh.length > 1 || first.removed) toast(text, 'info', { ms: 8_000 });
    else
      toast(text, 'info', {
        ms: 8_000,
        action: { label: words.admit, run: () => void this.admit(first.participant) },
      });
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

  /** Whoever comes with a personal link is not the one who came without. */
  #keyName(name: string): string {
    return this.#deps.invite ? `${name}#${this.#deps.invite.slice(0, 8)}` : name;
  }

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
      if (code === 'room.password') this.wantsPassword.value = true;
      this.joinError.value = code;
      this.stage.value = { name: 'prejoin' };
    }
  }

  #enter(phase: Phase): void {
    const before = this.phase.value;
    this.phase.value = phase;
    if (phase.name === 'waiting') {
      this.#waited = true;
      if (before.name === 'joined') this.#sentBack();
      const { name: _, ...waiting } = phase;
      this.stage.value = { name: 'waiting', waiting };
    } else if (phase.name === 'joined') this.#arrived(before);
    else if (phase.name === 'reconnecting') {
      this.roster.setSpoken([]);
      this.notes.reset();
    } else if (phase.name === 'over')
      this.#ended(phase.reason, phase.code ?? null, phase.message ?? null);
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

  /** Out of the meeting, and before its door again: the media ended with it. */
  #sentBack(): void {
    clearInterval(this.#ticker);
    this.#ticker = undefined;
    this.call.dispose();
    this.roster.lobby.value = [];
    toast(t.value.waiting.sentBack, 'warning', { ms: 10_000 });
    announce(t.value.waiting.sentBack);
  }

  #ended(reason: EndReason, code: ErrorCode | null, message: string | null): void {
    this.#notices.dispose();
    this.#release();
    this.stage.value = { name: 'left', reason, code, message };
  }

  #release(): void {
    clearInterval(this.#ticker);
    clearTimeout(this.#growTimer);
    this.attendance.close();
    clearToasts();
    this.local.dispose();
    this.call.dispose();
    this.notes.dispose();
  }

  #takeSnapshot(snapshot: Snapshot, fresh: boolean): void {
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
    if (self && fresh) this.#obeySettings(self.media);
    if (self) this.obeyMutes(self.muted);
    if (self) this.#announced = self.media;
    // Whatever changed while the line was away.
    queueMicrotask(() => this.#announceMedia());
  }

  /** The meeting lets people in muted, or without a picture. */
  #obeySettings(media: MediaState): void {
    // What was announced and not taken; a camera that opened since is another matter.
    const shut = {
      microphone: this.#announced.microphone && !media.microphone,
      camera: this.#announced.camera && !media.camera,
      screen: false,
    };
    if (!shut.microphone && !shut.camera) return;
    this.obeyMutes(shut);
    toast(t.value.waiting.joinedShut, 'info', { ms: 8_000 });
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
