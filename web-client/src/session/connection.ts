// One WebSocket's life: requests are matched with their answers, messages are checked, and a peer
// that has gone silent is noticed by a ping. It never reconnects; Session does.

import { readFrame, writeRequest } from '../protocol/codec';
import { asErrorCode, type ErrorCode, HopError } from '../protocol/errors';
import {
  type Answer,
  closeCodes,
  type Op,
  type Requests,
  readAnswer,
  type ServerEvent,
} from '../protocol/messages';
import type { OpenSocket, Socket } from './socket';

export const timing = {
  openMs: 5_000,
  requestMs: 10_000,
  pingEveryMs: 5_000,
  pongWithinMs: 5_000,
  /** When there is reason to doubt; who is wrongly given up only resumes. */
  checkLeastMs: 300,
  checkMostMs: 1_500,
};

/** The connection was given up by us, because nothing came back. */
export const closeTimeout = 4900;

export interface ConnectionHandlers {
  event(event: ServerEvent): void;
  close(code: number): void;
  /** A message that breaks the protocol; it is skipped. */
  broken(error: unknown): void;
}

interface Pending {
  settle(outcome: { data: unknown } | { error: HopError }): void;
  timer: ReturnType<typeof setTimeout>;
}

export class Connection {
  readonly opened: Promise<void>;
  #socket: Socket;
  #handlers: ConnectionHandlers;
  #pending = new Map<number, Pending>();
  #nextId = 1;
  #ended = false;
  #isOpen = false;
  #pinger: ReturnType<typeof setInterval> | undefined;
  #openTimer: ReturnType<typeof setTimeout>;
  /** Of the last small request; 0: unknown. */
  roundTripMs = 0;

  constructor(open: OpenSocket, url: string, handlers: ConnectionHandlers) {
    this.#handlers = handlers;
    let opened: () => void = () => {};
    let refused: (error: HopError) => void = () => {};
    this.opened = new Promise<void>((resolve, reject) => {
      opened = resolve;
      refused = reject;
    });
    this.opened.catch(() => {});
    this.#openTimer = setTimeout(() => this.#end(closeTimeout), timing.openMs);
    this.#refuse = refused;
    this.#socket = open(url, {
      open: () => {
        clearTimeout(this.#openTimer);
        this.#isOpen = true;
        this.#pinger = setInterval(() => void this.#ping(timing.pongWithinMs), timing.pingEveryMs);
        opened();
      },
      message: (text) => this.#take(text),
      close: (code) => this.#end(code),
    });
  }

  #refuse: (error: HopError) => void;

  get isOpen(): boolean {
    return this.#isOpen && !this.#ended;
  }

  async request<K extends Op>(
    op: K,
    data: Requests[K],
    withinMs = timing.requestMs,
  ): Promise<Answer<K>> {
    if (!this.isOpen) throw new HopError('connection.lost');
    const id = this.#nextId++;
    const answer = new Promise<unknown>((resolve, reject) => {
      const settle: Pending['settle'] = (outcome) => {
        clearTimeout(timer);
        this.#pending.delete(id);
        if ('error' in outcome) reject(outcome.error);
        else resolve(outcome.data);
      };
      const timer = setTimeout(
        () => settle({ error: new HopError('connection.timeout', op) }),
        withinMs,
      );
      this.#pending.set(id, { settle, timer });
    });
    const sent = performance.now();
    this.#socket.send(writeRequest(id, op, data));
    const raw = await answer;
    if (op === 'ping' || op === 'view' || op === 'stats')
      this.roundTripMs = performance.now() - sent;
    try {
      return readAnswer(op, raw);
    } catch (error) {
      this.#handlers.broken(error);
      throw new HopError('connection.bad_answer', op);
    }
  }

  /** Ends it from this side; `close` of the handlers is not called. */
  close(code?: number): void {
    if (this.#ended) return;
    this.#release();
    this.#socket.close(code);
  }

  /** Is the other end still there? Closes soon if not. */
  check(): void {
    const patience = 200 + 4 * (this.roundTripMs || 150);
    if (this.isOpen)
      void this.#ping(Math.min(timing.checkMostMs, Math.max(timing.checkLeastMs, patience)));
  }

  async #ping(withinMs: number): Promise<void> {
    try {
      await this.request('ping', {}, withinMs);
    } catch (error) {
      // A refusal is a sign of life as well.
      if (error instanceof HopError && error.code === 'connection.timeout') this.#end(closeTimeout);
    }
  }

  #take(text: string): void {
    try {
      const frame = readFrame(text);
      if (frame.kind === 'event') this.#handlers.event(frame.event);
      else if (frame.kind === 'answer') this.#pending.get(frame.re)?.settle({ data: frame.data });
      else if (frame.kind === 'refusal')
        this.#pending
          .get(frame.re)
          ?.settle({ error: new HopError(asErrorCode(frame.code), frame.message) });
    } catch (error) {
      this.#handlers.broken(error);
    }
  }

  #end(code: number): void {
    if (this.#ended) return;
    this.#release(code === closeCodes.full ? 'server.full' : 'connection.lost');
    this.#socket.close();
    this.#handlers.close(code);
  }

  #release(why: ErrorCode = 'connection.lost'): void {
    this.#ended = true;
    clearTimeout(this.#openTimer);
    clearInterval(this.#pinger);
    const lost = new HopError(why);
    this.#refuse(lost);
    for (const pending of [...this.#pending.values()]) pending.settle({ error: lost });
  }
}
