// Error codes: those of the server (docs/protocol.md, docs/rest-api.md) and those this client finds
// itself. The texts that people read are in the catalogues, by code.

export const serverCodes = [
  'protocol.malformed',
  'protocol.unknown_op',
  'protocol.bad_data',
  'protocol.too_big',
  'protocol.flood',
  'session.not_joined',
  'session.already_joined',
  'session.unknown',
  'room.not_found',
  'room.full',
  'room.ended',
  'room.cancelled',
  'room.password',
  'room.early',
  'invite.unknown',
  'server.full',
  'server.busy',
  'server.overloaded',
  'server.stopping',
  'server.storage',
  'sdp.malformed',
  'sdp.unsupported',
  'sdp.limit',
  'sdp.changed',
  'media.muted',
  'permission.denied',
  'participant.unknown',
  'person.unknown',
  'chat.empty',
  'chat.too_long',
  'chat.closed',
  'name.invalid',
  'auth.wrong',
  'auth.locked',
  'auth.required',
  'auth.second_factor',
  'auth.wrong_code',
  'auth.disabled',
  'auth.change_password',
  'request.invalid',
  'user.exists',
  'user.changed',
  'user.last_administrator',
  'user.not_found',
  'unit.exists',
  'unit.loop',
  'unit.not_empty',
  'unit.limit',
  'unit.not_found',
  'meeting.not_found',
  'meeting.changed',
  'meeting.limit',
  'resource.exists',
  'resource.changed',
  'resource.limit',
  'resource.not_found',
  'group.exists',
  'group.changed',
  'group.limit',
  'group.not_found',
  'invitation.not_found',
  'token.limit',
] as const;

export const clientCodes = [
  'connection.lost',
  'connection.timeout',
  'connection.bad_answer',
  'device.denied',
  'device.denied_by_system',
  'device.not_found',
  'device.in_use',
  'device.insecure',
  'device.unknown',
  'unknown',
] as const;

export type ErrorCode = (typeof serverCodes)[number] | (typeof clientCodes)[number];

const known: ReadonlySet<string> = new Set([...serverCodes, ...clientCodes]);

export function asErrorCode(code: string): ErrorCode {
  return known.has(code) ? (code as ErrorCode) : 'unknown';
}

export class HopError extends Error {
  readonly code: ErrorCode;
  /** For `auth.locked`: when to try again. */
  readonly retryAfterSeconds: number | undefined;
  /** For `request.invalid`: which member of the request. */
  readonly member: string;

  constructor(code: ErrorCode, message?: string, retryAfterSeconds?: number, member = '') {
    super(message ?? code);
    this.name = 'HopError';
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
    this.member = member;
  }
}

export function errorCode(error: unknown): ErrorCode {
  return error instanceof HopError ? error.code : 'unknown';
}
