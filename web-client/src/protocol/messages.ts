// The vocabulary of hop.v1 (docs/protocol.md): what comes from the server as shapes, what goes to it
// as types.

import {
  array,
  bool,
  type Infer,
  nullable,
  num,
  object,
  oneOf,
  oneOfOr,
  optional,
  partial,
  type Shape,
  str,
  withDefault,
} from './shape';

export const subprotocol = 'hop.v1';

export const role = oneOfOr(
  'guest',
  'chair',
  'secretary',
  'delegate',
  'guest',
  'observer',
  'technician',
  'organizer',
);
export type Role = Infer<typeof role>;

/** What a video tile shows. */
export type PictureSource = 'camera' | 'screen';
export type Source = 'microphone' | PictureSource;

const pictureSource: Shape<PictureSource> = oneOf('camera', 'screen');
const source: Shape<Source> = oneOf('microphone', 'camera', 'screen');

export const mediaState = object({ microphone: bool, camera: bool, screen: bool });
export type MediaState = Infer<typeof mediaState>;

const line = oneOfOr('connecting', 'connecting', 'up', 'down');
export type LineState = Infer<typeof line>;

/** How well a participant's pictures come through: told to himself and to moderators. */
const quality = oneOfOr('good', 'good', 'poor', 'lost');
export type Quality = Infer<typeof quality>;

/** How it is known who somebody is. */
const signed = oneOfOr('none', 'account', 'invitation', 'none');
export type Signed = Infer<typeof signed>;

export const participant = object({
  id: str,
  name: str,
  title: withDefault(str, ''),
  unit: withDefault(str, ''),
  signed: withDefault(signed, 'none'),
  role,
  /** Stands in for the chair, with his rights. */
  acting: withDefault(bool, false),
  site: num,
  guest: bool,
  csrc: num,
  media: mediaState,
  active: mediaState,
  muted: mediaState,
  hand: nullable(str),
  line,
  /** Where he sits with others; those of one hall are not in each other's mix. */
  hall: nullable(str),
  quality: optional(nullable(quality)),
  joined_at: str,
});
export type Participant = Infer<typeof participant>;

const partialMedia = partial({ microphone: bool, camera: bool, screen: bool });

const participantChange = object({
  id: str,
  name: optional(str),
  title: optional(str),
  unit: optional(str),
  signed: optional(signed),
  role: optional(role),
  acting: optional(bool),
  site: optional(num),
  guest: optional(bool),
  csrc: optional(num),
  media: optional(partialMedia),
  active: optional(partialMedia),
  muted: optional(partialMedia),
  hand: optional(nullable(str)),
  line: optional(line),
  hall: optional(nullable(str)),
  quality: optional(nullable(quality)),
  joined_at: optional(str),
});
export type ParticipantChange = Infer<typeof participantChange>;

/** What one of the client's slots shows, and why it does not, or not better. */
export const slot = object({
  slot: num,
  participant: str,
  source: pictureSource,
  layer: num,
  temporal: optional(num),
  state: optional(oneOfOr('live', 'live', 'waiting', 'paused')),
  reason: optional(nullable(oneOfOr('line', 'line', 'cap', 'publisher', 'key_frame'))),
});
export type Slot = Infer<typeof slot>;
export type SlotReason = NonNullable<Slot['reason']>;

/** Under the policy `forward`: whose own voice a voice slot plays. */
export const voice = object({
  voice: num,
  participant: str,
  source: oneOfOr('microphone', 'microphone', 'screen_audio'),
});
export type Voice = Infer<typeof voice>;

export const chatMessage = object({
  id: num,
  from: str,
  name: str,
  text: str,
  at: str,
});
export type ChatMessage = Infer<typeof chatMessage>;

const audioPolicy = oneOfOr('mix', 'mix', 'forward');
export type AudioPolicy = Infer<typeof audioPolicy>;
const roomAudio = object({ policy: audioPolicy, levelling: bool });
export type RoomAudio = Infer<typeof roomAudio>;

/** What the meeting applies to those who join. */
const settings = object({
  lobby: oneOfOr('off', 'off', 'guests', 'all'),
  muted: bool,
  camera_off: bool,
  share: oneOfOr('all', 'all', 'moderators'),
  unmute: oneOfOr('all', 'all', 'moderators'),
  recording: bool,
});
export type JoinSettings = Infer<typeof settings>;

const roomFields = {
  code: str,
  title: str,
  /** Of the HTTP API; null: a room without a meeting. */
  meeting: nullable(num),
  occurrence: nullable(str),
  started_at: nullable(str),
  ends_at: nullable(str),
  chat_open: bool,
  settings,
  audio: roomAudio,
};
export const room = object(roomFields);
export type RoomInfo = Infer<typeof room>;

/** What the relay measures of this client's line. */
const lineNews = object({
  quality,
  /** What it carries down; null while that is not known. */
  down_kbps: nullable(num),
  loss: num,
  rtt_ms: num,
  /** Something is smaller or slower because of it. */
  limited: bool,
});
export type LineNews = Infer<typeof lineNews>;

/** Somebody in the lobby, as moderators see him. */
export const knock = object({
  participant: str,
  name: str,
  title: str,
  unit: str,
  role,
  signed,
  removed: bool,
  lost: bool,
  since: str,
});
export type Knock = Infer<typeof knock>;

/** What somebody waits for. */
const waitingFor = {
  reason: oneOfOr('early', 'early', 'lobby', 'chair'),
  title: str,
  starts_at: nullable(str),
  opens_at: nullable(str),
};
const waitingForShape = object(waitingFor);
export type WaitingFor = Infer<typeof waitingForShape>;

// ---- attendance

const presence = oneOfOr('not_marked', 'present_room', 'present_online', 'absent', 'not_marked');
export type Presence = Infer<typeof presence>;

const attendee = object({
  person: str,
  name: str,
  title: str,
  unit: str,
  role,
  kind: oneOfOr('guest', 'user', 'guest', 'site'),
  invited: bool,
  rsvp: oneOfOr('none', 'none', 'accepted', 'declined', 'tentative'),
  state: presence,
  marked: bool,
  reason: str,
  attendees: num,
  here: bool,
  first_joined_at: nullable(str),
  last_left_at: nullable(str),
  seconds: num,
  spans: array(
    object({
      joined_at: str,
      left_at: nullable(str),
      through: signed,
      admitted_by: str,
      attendees: num,
    }),
  ),
});
export type Attendee = Infer<typeof attendee>;

export const attendance = object({
  meeting: object({
    id: nullable(num),
    title: str,
    occurrence: nullable(str),
    starts_at: nullable(str),
    ends_at: nullable(str),
    chair: nullable(str),
    secretary: nullable(str),
  }),
  people: array(attendee),
  counts: object({
    listed: num,
    present_room: num,
    present_online: num,
    absent: num,
    not_marked: num,
    here: num,
    attendees: num,
  }),
});
export type Attendance = Infer<typeof attendance>;

export const snapshot = object({
  seq: num,
  time: str,
  room,
  you: str,
  participants: array(participant),
  lobby: withDefault(array(knock), []),
  slots: array(slot),
  voices: array(voice),
  demand: object({ camera: num, screen: num }),
  line: nullable(lineNews),
  chat: array(chatMessage),
  chat_more: withDefault(bool, false),
});
export type Snapshot = Infer<typeof snapshot>;

// ---- notifications

const codec = oneOf('VP8', 'H264', 'VP9', 'AV1');
export type CodecName = Infer<typeof codec>;

/** What the relay decided about what this client gets, and why. */
const decision = object({
  at: str,
  what: str,
  reason: str,
  participant: optional(str),
  source: optional(pictureSource),
  kbps: optional(num),
  layer: optional(num),
});
export type Decision = Infer<typeof decision>;

const verdict = oneOfOr('ok', 'quiet', 'ok', 'loud');
export type Verdict = Infer<typeof verdict>;

/** A server that carries media where nothing else gets through. */
const iceServer = object({ urls: array(str), username: optional(str), credential: optional(str) });
export type IceServer = Infer<typeof iceServer>;

const events = {
  'participant.joined': object({ participant }),
  'participant.changed': object({ participant: participantChange }),
  'participant.left': object({
    participant: str,
    reason: oneOfOr('left', 'left', 'lost', 'removed', 'lobby'),
  }),
  slots: object({ slots: array(slot) }),
  speaking: object({
    speakers: array(object({ participant: str, level: num })),
    dominant: nullable(str),
  }),
  voice: object({ participant: str, level: num, verdict }),
  voices: object({ voices: array(voice) }),
  demand: object({ source: pictureSource, top: num }),
  line: lineNews,
  decision,
  codec: object({ source: pictureSource, codec }),
  chat: chatMessage,
  muted: object({ source, muted: bool, by: str }),
  unmute_asked: object({ by: str }),
  'room.changed': object({ room: partial(roomFields) }),
  'room.ended': object({ reason: oneOfOr('ended', 'ended', 'time', 'cancelled') }),
  opened: object({}),
  waiting: waitingForShape,
  lobby: object({ waiting: array(knock) }),
  refused: object({ message: nullable(str) }),
  'media.path': object({ path: oneOfOr('udp', 'udp', 'tcp'), srtp: str }),
  'media.lost': object({ reason: str }),
  ice_servers: object({ ice_servers: array(iceServer) }),
  stopping: object({ retry_after_ms: num }),
} satisfies Record<string, Shape<unknown>>;

export type EventName = keyof typeof events;
export type ServerEvent = {
  [K in EventName]: { event: K; seq: number; data: Infer<(typeof events)[K]> };
}[EventName];

export function isEventName(name: string): name is EventName {
  return Object.hasOwn(events, name);
}

export function readEvent(event: EventName, seq: number, data: unknown): ServerEvent {
  return { event, seq, data: events[event](data, event) } as ServerEvent;
}

// ---- requests and their answers

const joined = object({
  status: oneOf('joined'),
  session: str,
  secret: str,
  key: str,
  answer: optional(str),
  snapshot,
  ice_servers: optional(array(iceServer)),
});
const waiting = object({ status: oneOf('waiting'), ...waitingFor, key: optional(str) });
export type JoinAnswer = Infer<typeof joined> | Infer<typeof waiting>;

const joinAnswer: Shape<JoinAnswer> = (value, path) =>
  object({ status: oneOf('joined', 'waiting') })(value, path).status === 'joined'
    ? joined(value, path)
    : waiting(value, path);

const nothing = object({});

const answers = {
  join: joinAnswer,
  resume: object({ snapshot, answer: optional(str), ice_servers: optional(array(iceServer)) }),
  offer: object({ answer: str }),
  view: nothing,
  media: nothing,
  mute: nothing,
  mute_all: nothing,
  ask_unmute: nothing,
  hand: nothing,
  chat: object({ id: num, at: str }),
  chat_history: object({ chat: array(chatMessage), more: bool }),
  rename: nothing,
  role: nothing,
  remove: nothing,
  room: nothing,
  hall: nothing,
  admit: nothing,
  refuse: nothing,
  send_back: nothing,
  site: nothing,
  attendance,
  mark: nothing,
  end: nothing,
  leave: nothing,
  ping: object({ time: str }),
  stats: nothing,
} satisfies Record<string, Shape<unknown>>;

export type Op = keyof typeof answers;
export type Answer<K extends Op> = Infer<(typeof answers)[K]>;

export function readAnswer<K extends Op>(op: K, data: unknown): Answer<K> {
  return answers[op](data, op) as Answer<K>;
}

export interface ViewTile {
  participant: string;
  source: PictureSource;
  /** Pixels of the tile's height on this screen. */
  height: number;
  pinned: boolean;
}

/** What a client measures; the operators' page shows it. */
export interface LineReport {
  rtt_ms?: number;
  loss_up?: number;
  loss_down?: number;
  jitter_ms?: number;
  fps?: number;
}

export interface JoinRequest {
  room: string;
  name: string;
  lang: string;
  key?: string;
  offer?: string;
  media: MediaState;
  site?: number;
  /** The token of a personal link. */
  invite?: string;
  password?: string;
  /** Into a test of one's own line instead: joins with the same token meet. */
  test?: string;
  /** null: nowhere with others; left out: as the last time. */
  hall?: string | null;
}

export interface Requests {
  join: JoinRequest;
  resume: { session: string; secret: string; offer?: string };
  offer: { sdp: string };
  /** `max_kbps`: no more than that may come down; 0: no cap. */
  view: { tiles: ViewTile[]; max_kbps?: number };
  media: Partial<MediaState>;
  mute: { participant: string; source: Source; muted: boolean };
  mute_all: { source: Source; muted: boolean };
  ask_unmute: { participant: string };
  hand: { raised: boolean; participant?: string };
  chat: { text: string; ref?: string };
  chat_history: { before: number; limit?: number };
  rename: { name: string };
  role: { participant: string; role: Role };
  remove: { participant: string };
  room: { chat_open?: boolean; audio_policy?: AudioPolicy; levelling?: boolean };
  hall: { hall: string | null; participant?: string };
  admit: { participant: string } | { all: true };
  refuse: { participant: string; message?: string };
  send_back: { participant: string };
  site: { site: number; participant?: string };
  attendance: Record<string, never>;
  /** `state` null: as the server saw it. */
  mark: { person: string; state: Presence | null; reason: string; attendees: number };
  end: Record<string, never>;
  leave: Record<string, never>;
  ping: Record<string, never>;
  stats: LineReport;
}

export const closeCodes = {
  left: 1000,
  serverStops: 1001,
  abuse: 1008,
  tooBig: 1009,
  full: 1013,
  replaced: 4001,
  removed: 4002,
  ended: 4003,
  refused: 4004,
} as const;
