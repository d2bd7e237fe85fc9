import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeNet } from '../../tests/fakes/socket';
import { settle } from '../../tests/fakes/values';
import type { ServerEvent } from '../protocol/messages';
import { Connection, closeTimeout, timing } from './connection';

describe('Connection', () => {
  let net: FakeNet;
  let events: ServerEvent[];
  let closes: number[];
  let broken: unknown[];
  let connection: Connection;

  beforeEach(() => {
    vi.useFakeTimers();
    net = new FakeNet();
    events = [];
    closes = [];
    broken = [];
    connection = new Connection(net.open, 'ws://x', {
      event: (event) => events.push(event),
      close: (code) => closes.push(code),
      broken: (error) => broken.push(error),
    });
  });
  afterEach(() => vi.useRealTimers());

  it('matches answers with requests in any order', async () => {
    net.last.open();
    const chat = connection.request('chat', { text: 'a' });
    const hand = connection.request('hand', { raised: true });
    net.last.answer('hand', {});
    net.last.answer('chat', { id: 5, at: '2026-11-23T07:30:00Z' });
    await expect(hand).resolves.toEqual({});
    await expect(chat).resolves.toEqual({ id: 5, at: '2026-11-23T07:30:00Z' });
    const ids = net.last.sent.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('gives refusals their code', async () => {
    net.last.open();
    const chat = connection.request('chat', { text: '' });
    net.last.refuse('chat', 'chat.empty');
    await expect(chat).rejects.toMatchObject({ code: 'chat.empty' });
  });

  it('does not trust an answer of the wrong shape', async () => {
    net.last.open();
    const chat = connection.request('chat', { text: 'a' });
    net.last.answer('chat', { id: 'five' });
    await expect(chat).rejects.toMatchObject({ code: 'connection.bad_answer' });
    expect(broken).toHaveLength(1);
  });

  it('skips a broken message and goes on', () => {
    net.last.open();
    net.last.raw('{');
    net.last.event(1, 'opened', {});
    expect(broken).toHaveLength(1);
    expect(events.map(({ event }) => event)).toEqual(['opened']);
    expect(closes).toEqual([]);
  });

  it('fails what is pending when it closes', async () => {
    net.last.open();
    const chat = connection.request('chat', { text: 'a' });
    net.last.drop(1006);
    await expect(chat).rejects.toMatchObject({ code: 'connection.lost' });
    expect(closes).toEqual([1006]);
    await expect(connection.request('leave', {})).rejects.toMatchObject({
      code: 'connection.lost',
    });
  });

  it('says so when the server takes no more connections', async () => {
    const opened = expect(connection.opened).rejects.toMatchObject({ code: 'server.full' });
    net.last.drop(1013);
    await opened;
  });

  it('gives up a server that does not open', async () => {
    const opened = expect(connection.opened).rejects.toMatchObject({ code: 'connection.lost' });
    await vi.advanceTimersByTimeAsync(timing.openMs);
    await opened;
    expect(closes).toEqual([closeTimeout]);
    expect(net.last.isClosed).toBe(true);
  });

  it('pings, and gives up a server that has gone silent', async () => {
    net.last.open();
    await vi.advanceTimersByTimeAsync(timing.pingEveryMs);
    net.last.answer('ping', { time: '2026-11-23T07:30:00Z' });
    await settle();
    expect(closes).toEqual([]);
    await vi.advanceTimersByTimeAsync(timing.pingEveryMs);
    expect(net.last.sent.filter(({ op }) => op === 'ping')).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(timing.pongWithinMs);
    expect(closes).toEqual([closeTimeout]);
  });

  it('takes a refused ping for a sign of life', async () => {
    net.last.open();
    await vi.advanceTimersByTimeAsync(timing.pingEveryMs);
    net.last.refuse('ping', 'session.not_joined');
    await vi.advanceTimersByTimeAsync(timing.pongWithinMs - 1);
    expect(closes).toEqual([]);
  });

  it('is in doubt only as long as an answer takes on this line', async () => {
    net.last.open();
    const view = connection.request('view', { tiles: [] });
    await vi.advanceTimersByTimeAsync(100);
    net.last.answer('view', {});
    await view;
    connection.check();
    await vi.advanceTimersByTimeAsync(599);
    expect(closes).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(closes).toEqual([closeTimeout]);
  });

  it('is quiet after it was closed from this side', async () => {
    net.last.open();
    connection.close(1000);
    expect(net.last.closedWith).toBe(1000);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(closes).toEqual([]);
    expect(net.last.sent).toEqual([]);
  });
});
