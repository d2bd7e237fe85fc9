// The HTTP API's values (docs/rest-api.md).

import {
  array,
  bool,
  type Infer,
  isObject,
  nullable,
  num,
  object,
  oneOfOr,
  optional,
  record,
  type Shape,
  str,
  withDefault,
} from './shape';

export const roles = ['administrator', 'operator', 'secretary', 'official'] as const;
export type AccountRole = (typeof roles)[number];
const roleList = array(oneOfOr('official', ...roles));

export const user = object({
  name: str,
  username: optional(str),
  administrator: withDefault(bool, false),
  roles: withDefault(roleList, []),
  must_change: withDefault(bool, false),
});
export type User = Infer<typeof user>;

export const account = object({
  id: num,
  username: str,
  name: str,
  title: withDefault(str, ''),
  email: withDefault(str, ''),
  language: withDefault(str, ''),
  unit: withDefault(nullable(num), null),
  roles: withDefault(roleList, []),
  must_change: withDefault(bool, false),
  disabled: withDefault(bool, false),
  totp: withDefault(bool, false),
  version: num,
  /** The first password, in the answer that made the account. */
  password: optional(str),
});
export type Account = Infer<typeof account>;
export const accountList = object({ users: array(account), more: withDefault(bool, false) });

export interface AccountDraft {
  name: string;
  title: string;
  email: string;
  unit: number | null;
  roles: AccountRole[];
}

/** What a personal link says before anybody joins. */
export const invitation = object({
  title: withDefault(str, ''),
  name: str,
  role: withDefault(str, 'guest'),
});
export type Invitation = Infer<typeof invitation>;

/** How a site's line did, as its technician's page found. */
export interface LineTestResult {
  microphone?: boolean;
  camera?: boolean;
  speaker?: boolean;
  heard_back?: boolean;
  up_kbps?: number;
  down_kbps?: number;
  rtt_ms?: number;
  jitter_ms?: number;
  loss_up?: number;
  loss_down?: number;
  width?: number;
  height?: number;
  fps?: number;
  level_db?: number;
  tcp?: boolean;
  /** What gets through by itself; of `turn` nothing is said where there is no such server. */
  udp?: boolean;
  ice_tcp?: boolean;
  turn?: boolean;
}

/** Six digits to read to the operator. */
export const lineTestAnswer = object({ code: str });

export const unit = object({
  id: num,
  parent: withDefault(nullable(num), null),
  name: str,
  users: withDefault(num, 0),
});
export type Unit = Infer<typeof unit>;
export const unitList = object({ units: array(unit) });

export const firstPassword = object({ password: str });

export const importAnswer = object({
  applied: withDefault(bool, false),
  right: num,
  wrong: num,
  lines: array(
    object({
      line: num,
      username: str,
      name: str,
      unit: withDefault(str, ''),
      errors: withDefault(array(object({ member: str, code: str })), []),
      password: optional(str),
    }),
  ),
});
export type ImportAnswer = Infer<typeof importAnswer>;

export const session = object({
  id: str,
  this: withDefault(bool, false),
  agent: withDefault(str, ''),
  address: withDefault(str, ''),
  created_at: str,
  seen_at: str,
});
export type Session = Infer<typeof session>;
export const sessionList = object({ sessions: array(session) });

export const totpOffer = object({ secret: str, uri: str });
export const totpAnswer = object({ recovery_codes: array(str) });

const iceServer = object({
  urls: ((value, path) =>
    Array.isArray(value) ? array(str)(value, path) : [str(value, path)]) as Shape<string[]>,
  username: optional(str),
  credential: optional(str),
});
export type IceServer = Infer<typeof iceServer>;

export const clientInfo = object({
  name: str,
  version: str,
  limits: withDefault(object({ name: num, chat: num }), { name: 80, chat: 4000 }),
  ice_servers: withDefault(array(iceServer), []),
  rooms: withDefault(object({ anonymous: bool }), { anonymous: true }),
  user: withDefault(nullable(user), null),
});
export type ClientInfo = Infer<typeof clientInfo>;

export const sessionAnswer = object({ user });

export const newRoom = object({ code: str, url: str });

export const roomStatus = object({
  code: str,
  title: str,
  status: oneOfOr('open', 'open', 'early', 'ended', 'cancelled'),
  opens_at: withDefault(nullable(str), null),
  starts_at: withDefault(nullable(str), null),
  ends_at: withDefault(nullable(str), null),
  time_zone: withDefault(nullable(str), null),
  participants: withDefault(num, 0),
});
export type RoomStatus = Infer<typeof roomStatus>;

const count = withDefault(num, 0);
const name = withDefault(str, '');

export const liveParticipant = object({
  id: str,
  name,
  role: name,
  line: name,
  path: name,
  rx_bps: count,
  tx_bps: count,
  rx_loss: count,
  tx_loss: count,
  rtt_ms: count,
  jitter_ms: count,
});
export const liveRoom = object({ code: str, title: name, participants: array(liveParticipant) });
export const liveWorker = object({
  index: num,
  rooms: count,
  peers: count,
  cpu: count,
  rx_bps: count,
  tx_bps: count,
  drops: withDefault(record(num), {}),
});
export const live = object({
  uptime_s: count,
  version: name,
  rooms: array(liveRoom),
  workers: array(liveWorker),
  memory_bytes: count,
});
export type Live = Infer<typeof live>;
export type LiveRoom = Infer<typeof liveRoom>;
export type LiveParticipant = Infer<typeof liveParticipant>;
export type LiveWorker = Infer<typeof liveWorker>;

/** The `{"error": {code, message}}` of a failed call. */
export function readRestError(value: unknown): { code: string; message: string; member: string } {
  const error = isObject(value) && isObject(value.error) ? value.error : {};
  return {
    code: typeof error.code === 'string' ? error.code : 'unknown',
    message: typeof error.message === 'string' ? error.message : '',
    member: typeof error.member === 'string' ? error.member : '',
  };
}
