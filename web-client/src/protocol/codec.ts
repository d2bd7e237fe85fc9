// One WebSocket message to a typed frame. What breaks the protocol is told apart from what a newer
// server may say: an unknown event is skipped, a wrong shape is an error.

import { isEventName, readEvent, type ServerEvent } from './messages';
import { isObject, num, ShapeError, str } from './shape';

export type Frame =
  | { kind: 'answer'; re: number; data: unknown }
  | { kind: 'refusal'; re: number; code: string; message: string }
  | { kind: 'event'; event: ServerEvent }
  | { kind: 'unknown'; name: string };

/** Throws ShapeError. */
export function readFrame(text: string): Frame {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ShapeError('message', 'JSON');
  }
  if (!isObject(value)) throw new ShapeError('message', 'an object');
  if ('event' in value) {
    const name = str(value.event, 'event');
    if (!isEventName(name)) return { kind: 'unknown', name };
    return { kind: 'event', event: readEvent(name, num(value.seq, 'seq'), value.data) };
  }
  const re = num(value.re, 're');
  if (value.error === undefined) return { kind: 'answer', re, data: value.data };
  if (!isObject(value.error)) throw new ShapeError('error', 'an object');
  const { code, message } = value.error;
  return {
    kind: 'refusal',
    re,
    code: str(code, 'error.code'),
    message: typeof message === 'string' ? message : '',
  };
}

export function writeRequest(id: number, op: string, data: unknown): string {
  return JSON.stringify({ id, op, data });
}
