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

export const user = object({
  name: str,
  username: optional(str),
  administrator: withDefault(bool, false),
});
export type User = Infer<typeof user>;

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

export const meeting = object({
  id: ((value, path) =>
    typeof value === 'number' ? String(num(value, path)) : str(value, path)) as Shape<string>,
  code: str,
  url: str,
  title: str,
  description: withDefault(str, ''),
  starts_at: str,
  ends_at: withDefault(nullable(str), null),
  time_zone: str,
  status: oneOfOr('scheduled', 'scheduled', 'open', 'ended', 'cancelled'),
});
export type Meeting = Infer<typeof meeting>;
export const meetingList = object({ meetings: array(meeting) });

export interface MeetingDraft {
  title: string;
  description: string;
  starts_at: string;
  ends_at: string;
  time_zone: string;
}

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
export function readRestError(value: unknown): { code: string; message: string } {
  const error = isObject(value) && isObject(value.error) ? value.error : {};
  return {
    code: typeof error.code === 'string' ? error.code : 'unknown',
    message: typeof error.message === 'string' ? error.message : '',
  };
}
