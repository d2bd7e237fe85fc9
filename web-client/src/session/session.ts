// One person's session in one meeting, over as many connections as it takes. It joins, waits for the
// opening, resumes within 30 s of a lost connection, joins again by key after that or after a restart
// of the server, and tells why it ended for good.

import { type ErrorCode, HopError } from '../protocol/errors';
import {
  type Answer,
  closeCodes,
  type IceServer,
  type JoinRequest,
  type Op,
  type Requests,
  type ServerEvent,
  type Snapshot,
  type WaitingFor,
} from '../protocol/messages';
import { pauseBefore, resumeWithinMs } from './backoff';
import { Connection } from './connection';
import type { OpenSocket } from './socket';

export type EndReason =
  | 'left'
  | 'replaced'
  | 'removed'
  | 'ended'
  | 'cancelled'
  | 'refused'
  | 'turned_away';

export type Phase =
  | { name: 'idle' }
  | { name: 'ready' }
  | { name: 'joining' }
  | ({ name: 'waiting' } & WaitingFor)
  | { name: 'joined' }
  | { name: 'reconnecting'; sinceMs: number }
  | { name: 'over'; reason: EndReason; code?: ErrorCode; message?: string };

export interface SessionHandlers {
  phase(phase: Phase): void;
  /** `fresh`: this is an arrival, not the end of an interruption. */
  snapshot(snapshot: Snapshot, fresh: boolean): void;
  event(event: ServerEvent): void;
  /** The key that brings this person back under the same id and role. */
  key(key: string): void;
  /** An offer of a new peer connection (the server knows of none). */
  newOffer(): Promise<string | undefined>;
  /** An offer for an ICE restart if the media need one, after the connection was lost. */
  restartOffer(): Promise<string | undefined>;
  /** TURN servers, with credentials of some hours. */
  relays?(servers: IceServer[]): void;
  answer(sdp: string): Promise<void>;
  broken(error: unknown): void;
}

export interface SessionOptions {
  url: string;
  open: OpenSocket;
  /** Is the server there? Browsers delay WebSockets to a server that refused some; a fetch is not. */
  probe: () => Promise<boolean>;
  random?: () => number;
}

type Identity = Omit<JoinRequest, 'offer' | 'key'>;

export class Session {
  #options: SessionOptions;
  #handlers: SessionHandlers;
  #connection: Connection | undefined;
  #phase: Phase = { name: 'idle' };
  #identity: Identity | undefined;
  #key: string | undefined;
  #resume: { session: string; secret: string } | undefined;
  #lostAt = 0;
  #attempt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #trying = false;
  #announcedStop = false;
  #cancelled = false;
  #word: string | null = null;

  constructor(options: SessionOptions, handlers: SessionHandlers) {
    this.#options = options;
    this.#handlers = handlers;
  }

  get phase(): Phase {
    return this.#phase;
  }

  get roundTripMs(): number {
    return this.#connection?.roundTripMs ?? 0;
  }

  /** Opens the connection ahead of the click; failing is not an error yet. */
  async prepare(): Promise<void> {
    if (this.#phase.name !== 'idle') return;
    try {
      await this.#connect();
      if (this.#phase.name === 'idle') this.#enter({ name: 'ready' });
    } catch {
      // join() tries again and reports.
    }
  }

  /** Rejects with a HopError when the meeting cannot be entered; the session may be used again. */
  async join(identity: Identity, key?: string): Promise<void> {
    this.#identity = identity;
    this.#key = key;
    this.#enter({ name: 'joining' });
    try {
      await this.#connect();
      await this.#sendJoin();
    } catch (error) {
      if (this.#phase.name === 'joining') this.#enter({ name: 'idle' });
      throw error;
    }
  }

  /** What join() announces when it has to be sent again. */
  remember(change: Partial<Identity>): void {
    if (this.#identity) this.#identity = { ...this.#identity, ...change };
  }

  request<K extends Op>(op: K, data: Requests[K]): Promise<Answer<K>> {
    if (!this.#connection) return Promise.reject(new HopError('connection.lost'));
    return this.#connection.request(op, data);
  }

  /** The network came back or changed: do not wait for the next attempt. */
  hurry(): void {
    if (this.#phase.name !== 'reconnecting' || this.#trying) return;
    this.#attempt = 0;
    this.#schedule();
  }

  async leave(): Promise<void> {
    const connection = this.#connection;
    const wasIn = this.#phase.name === 'joined' || this.#phase.name === 'waiting';
    this.#over('left');
    if (wasIn && connection?.isOpen) {
      try {
        await connection.request('leave', {}, 1_000);
      } catch {
        // Gone is gone.
      }
    }
    connection?.close(closeCodes.left);
  }

  /** There is reason to doubt the connection: one from an address that is gone stays open, silently. */
  doubt(): void {
    this.#connection?.check();
  }

  /** The connection is surely of no use any more: resume over a new one. */
  renew(): void {
    this.#drop();
    if (this.#phase.name === 'joined' || this.#phase.name === 'waiting') this.#lost();
  }

  /** Ends it without a word, when the page goes. */
  dispose(): void {
    clearTimeout(this.#retry);
    this.#drop();
    this.#phase = { name: 'over', reason: 'left' };
  }

  async #connect(): Promise<Connection> {
    if (this.#connection) {
      await this.#connection.opened;
      return this.#connection;
    }
    const connection: Connection = new Connection(this.#options.open, this.#options.url, {
      event: (event) => {
        if (this.#connection === connection) this.#takeEvent(event);
      },
      close: (code) => {
        if (this.#connection === connection) this.#closed(code);
      },
      broken: (error) => this.#handlers.broken(error),
    });
    this.#connection = connection;
    await connection.opened;
    return connection;
  }

  async #sendJoin(): Promise<void> {
    const connection = this.#connection;
    if (!connection || !this.#identity) throw new HopError('connection.lost');
    const offer = await this.#handlers.newOffer();
    const answer = await connection.request('join', {
      ...this.#identity,
      ...(this.#key ? { key: this.#key } : {}),
      ...(offer ? { offer } : {}),
    });
    if (answer.status === 'waiting') {
      const { status: _, key, ...reason } = answer;
      if (key) this.#keep(key);
      this.#attempt = 0;
      this.#enter({ name: 'waiting', ...reason });
      return;
    }
    this.#resume = { session: answer.session, secret: answer.secret };
    this.#keep(answer.key);
    this.#handlers.snapshot(answer.snapshot, true);
    this.#arrived();
    if (answer.ice_servers) this.#handlers.relays?.(answer.ice_servers);
    if (answer.answer) await this.#handlers.answer(answer.answer);
  }

  async #sendResume(resume: { session: string; secret: string }): Promise<void> {
    const connection = this.#connection;
    if (!connection) throw new HopError('connection.lost');
    const offer = await this.#handlers.restartOffer();
    const answer = await connection.request('resume', { ...resume, ...(offer ? { offer } : {}) });
    this.#handlers.snapshot(answer.snapshot, false);
    this.#arrived();
    if (answer.ice_servers) this.#handlers.relays?.(answer.ice_servers);
    if (answer.answer) await this.#handlers.answer(answer.answer);
  }

  #keep(key: string): void {
    this.#key = key;
    this.#handlers.key(key);
  }

  #arrived(): void {
    this.#attempt = 0;
    this.#announcedStop = false;
    this.#enter({ name: 'joined' });
  }

  #takeEvent(event: ServerEvent): void {
    if (event.event === 'stopping') {
      this.#announcedStop = true;
      return;
    }
    if (event.event === 'opened') {
      if (this.#phase.name === 'waiting') this.#open();
      return;
    }
    if (event.event === 'waiting') {
      // Also from within the meeting: somebody who leads it has sent this person back.
      this.#resume = undefined;
      this.#enter({ name: 'waiting', ...event.data });
      return;
    }
    if (event.event === 'refused') {
      this.#word = event.data.message;
      return;
    }
    if (event.event === 'ice_servers') {
      this.#handlers.relays?.(event.data.ice_servers);
      return;
    }
    if (event.event === 'room.ended') this.#cancelled = event.data.reason === 'cancelled';
    this.#handlers.event(event);
  }

  #open(): void {
    this.#enter({ name: 'joining' });
    this.#sendJoin().catch((error: unknown) => {
      const code = error instanceof HopError ? error.code : 'unknown';
      if (isFinal(code)) this.#over('refused', code);
      else if (this.#phase.name === 'joining') this.#lost();
    });
  }

  #closed(code: number): void {
    this.#connection = undefined;
    if (code === closeCodes.replaced) this.#over('replaced');
    else if (code === closeCodes.removed) this.#over('removed');
    else if (code === closeCodes.ended) this.#over(this.#cancelled ? 'cancelled' : 'ended');
    else if (code === closeCodes.refused) this.#over('turned_away', undefined, this.#word);
    else if (this.#phase.name === 'ready') this.#enter({ name: 'idle' });
    else if (code === closeCodes.abuse && this.#phase.name === 'joined')
      this.#over('refused', 'protocol.flood');
    else if (this.#phase.name === 'joined' || this.#phase.name === 'waiting') this.#lost();
    else if (this.#phase.name === 'reconnecting' && !this.#trying) this.#schedule();
  }

  #lost(): void {
    this.#lostAt = Date.now();
    this.#attempt = 0;
    this.#enter({ name: 'reconnecting', sinceMs: this.#lostAt });
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#retry);
    const random = (this.#options.random ?? Math.random)();
    const pause = pauseBefore(this.#attempt, Date.now() - this.#lostAt, random);
    this.#retry = setTimeout(() => void this.#tryAgain(), pause);
  }

  async #tryAgain(): Promise<void> {
    if (this.#trying) return;
    this.#trying = true;
    const first = this.#attempt === 0 && !this.#announcedStop;
    this.#attempt += 1;
    let final: ErrorCode | undefined;
    try {
      if (first || (await this.#options.probe())) await this.#comeBack();
    } catch (error) {
      this.#drop();
      const code = error instanceof HopError ? error.code : 'unknown';
      if (isFinal(code)) final = code;
    }
    this.#trying = false;
    if (this.#phase.name !== 'reconnecting') return;
    if (final === 'room.ended') this.#over('ended');
    else if (final === 'room.cancelled') this.#over('cancelled');
    else if (final) this.#over('refused', final);
    else this.#schedule();
  }

  async #comeBack(): Promise<void> {
    await this.#connect();
    if (this.#resume && Date.now() - this.#lostAt < resumeWithinMs) {
      try {
        await this.#sendResume(this.#resume);
        return;
      } catch (error) {
        if (!(error instanceof HopError) || error.code !== 'session.unknown') throw error;
      }
    }
    this.#resume = undefined;
    await this.#sendJoin();
  }

  #drop(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  #over(reason: EndReason, code?: ErrorCode, message?: string | null): void {
    clearTimeout(this.#retry);
    this.#resume = undefined;
    if (reason !== 'left') this.#drop();
    else this.#connection = undefined;
    this.#enter({
      name: 'over',
      reason,
      ...(code ? { code } : {}),
      ...(message ? { message } : {}),
    });
  }

  #enter(phase: Phase): void {
    if (this.#phase.name === 'over') return;
    this.#phase = phase;
    this.#handlers.phase(phase);
  }
}

/** No further attempt would be answered differently. */
function isFinal(code: ErrorCode): boolean {
  return (
    code === 'room.not_found' ||
    code === 'room.ended' ||
    code === 'room.cancelled' ||
    code === 'room.password' ||
    code === 'invite.unknown' ||
    code === 'permission.denied' ||
    code === 'name.invalid' ||
    code === 'protocol.bad_data'
  );
}
