// One call of the HTTP API: headers, body, and what a refusal says.

import { asErrorCode, HopError } from '../protocol/errors';
import { type ImportAnswer, importAnswer, readRestError } from '../protocol/rest';
import { isObject, type Shape } from '../protocol/shape';

export const base = '/api/v1';
export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export interface CallOptions {
  /** The version that was read: refused with `meeting.changed` when it is not the present one. */
  version?: number;
  /** Goes out even if the page is closed now. */
  keepalive?: boolean;
}

/** Somebody else was faster; `current` is what stands there now. */
export class Changed extends HopError {
  readonly current: unknown;
  constructor(current: unknown) {
    super('meeting.changed');
    this.current = current;
  }
}

export async function send(
  method: Method,
  path: string,
  body?: unknown,
  options: CallOptions = {},
): Promise<Response> {
  const headers: Record<string, string> = {};
  if (method !== 'GET') headers['X-Hop'] = '1';
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (options.version !== undefined) headers['If-Match'] = `"${options.version}"`;
  let response: Response;
  try {
    response = await fetch(base + path, {
      method,
      headers,
      credentials: 'same-origin',
      cache: 'no-store',
      keepalive: options.keepalive ?? false,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new HopError('connection.lost', `${method} ${path}`);
  }
  if (response.ok) return response;
  throw await refusal(response);
}

export class RefusedWithLines extends HopError {
  readonly answer: ImportAnswer;
  constructor(answer: ImportAnswer) {
    super('request.invalid');
    this.answer = answer;
  }
}

function currentOf(body: Record<string, unknown>): unknown {
  if (isObject(body.current)) return body.current;
  return isObject(body.error) ? body.error.current : undefined;
}

async function refusal(response: Response): Promise<HopError> {
  const body: unknown = await response.json().catch(() => null);
  if (isObject(body) && 'lines' in body) return new RefusedWithLines(importAnswer(body));
  if (response.status === 412 && isObject(body)) return new Changed(currentOf(body));
  const { code, message, member } = readRestError(body);
  const retry = Number(response.headers.get('Retry-After'));
  const fallback = response.status === 401 ? 'auth.required' : 'unknown';
  const known = asErrorCode(code);
  return new HopError(
    known === 'unknown' ? fallback : known,
    message,
    retry > 0 ? retry : undefined,
    member,
  );
}

export async function call<T>(
  shape: Shape<T>,
  method: Method,
  path: string,
  body?: unknown,
  options?: CallOptions,
): Promise<T> {
  const response = await send(method, path, body, options);
  try {
    return shape(await response.json());
  } catch (error) {
    throw new HopError('connection.bad_answer', String(error));
  }
}
