import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readFrame, writeRequest } from './codec';
import { asErrorCode, serverCodes } from './errors';
import { type Op, readAnswer } from './messages';

const folder = new URL('../../../tests/golden/messages/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
const text = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
const parsed = (name: string) => JSON.parse(text(name)) as Record<string, unknown>;
const starting = (prefix: string): string[] => files.filter((name) => name.startsWith(prefix));

describe('golden messages', () => {
  it.each(starting('event.'))('%s is read whole', (name) => {
    const frame = readFrame(text(name));
    // Equal, not only accepted: a member that the client does not know would be missing.
    expect(frame).toEqual({ kind: 'event', event: parsed(name) });
  });

  it.each(starting('answer.'))('%s is read whole', (name) => {
    const op = name.split('.')[1] as Op;
    const frame = readFrame(text(name));
    expect(frame.kind).toBe('answer');
    if (frame.kind === 'answer') expect(readAnswer(op, frame.data)).toEqual(parsed(name).data);
  });

  it.each(starting('error.'))('%s has a text', (name) => {
    const frame = readFrame(text(name));
    const code = name.slice('error.'.length, -'.json'.length);
    expect(frame).toMatchObject({ kind: 'refusal', code });
    expect(asErrorCode(code)).toBe(code);
    expect(serverCodes).toContain(code);
  });

  it.each(starting('request.'))('%s is written as this client writes', (name) => {
    const { id, op, data } = parsed(name);
    const written = JSON.parse(writeRequest(Number(id), String(op), data ?? {}));
    expect(written).toEqual({ id, op, data: data ?? {} });
  });

  it('there are some of each', () => {
    for (const prefix of ['event.', 'answer.', 'error.', 'request.'])
      expect(starting(prefix).length).toBeGreaterThan(10);
  });
});

describe('schema', () => {
  const schema = JSON.parse(
    readFileSync(
      new URL('../../../signaling/protocol/hop.v1.schema.json', import.meta.url),
      'utf8',
    ),
  ) as { 'x-hop': { requests: Record<string, unknown>; events: Record<string, unknown> } };

  it('names no request whose answer this client cannot read', () => {
    for (const op of Object.keys(schema['x-hop'].requests))
      expect(starting(`answer.${op}.`).length, op).toBeGreaterThan(0);
  });

  it('names no event that this client skips', () => {
    for (const event of Object.keys(schema['x-hop'].events)) {
      const golden = starting(`event.${event}`)[0];
      expect(golden, event).toBeDefined();
      if (golden) expect(readFrame(text(golden)).kind, event).toBe('event');
    }
  });
});

describe('what a server must not send', () => {
  it.each([
    ['no JSON', '{'],
    ['an array', '[1]'],
    ['no frame', '{}'],
    ['an event without a number', '{"event":"slots","data":{"slots":[]}}'],
    ['an event of the wrong shape', '{"seq":1,"event":"slots","data":{"slots":[{"slot":"a"}]}}'],
    ['an error that is no object', '{"re":1,"error":"no"}'],
    ['an error without a code', '{"re":1,"error":{}}'],
  ])('%s', (_what, message) => {
    expect(() => readFrame(message)).toThrow();
  });

  it('an unknown event is skipped, not an error', () => {
    expect(readFrame('{"seq":1,"event":"vote","data":{}}')).toEqual({
      kind: 'unknown',
      name: 'vote',
    });
    expect(readFrame('{"seq":1,"event":"toString","data":{}}').kind).toBe('unknown');
  });

  it('an unknown role is a guest', () => {
    const frame = readFrame(
      '{"seq":1,"event":"participant.changed","data":{"participant":{"id":"p1","role":"king"}}}',
    );
    expect(frame).toMatchObject({ event: { data: { participant: { role: 'guest' } } } });
  });

  it('a join answer must be complete', () => {
    expect(() => readAnswer('join', { status: 'joined', session: 's' })).toThrow(/secret/);
    expect(() => readAnswer('join', { status: 'flying' })).toThrow(/status/);
  });
});
