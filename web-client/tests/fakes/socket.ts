// A WebSocket whose other end is the test.

import type { OpenSocket, SocketHandlers } from '../../src/session/socket';

export interface Sent {
  id: number;
  op: string;
  data: Record<string, unknown>;
}

export class FakeSocket {
  readonly sent: Sent[] = [];
  closedWith: number | undefined;
  isClosed = false;
  readonly #handlers: SocketHandlers;

  constructor(handlers: SocketHandlers) {
    this.#handlers = handlers;
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Sent);
  }
  close(code?: number): void {
    this.isClosed = true;
    this.closedWith = code;
  }

  // ---- the server's side
  open(): void {
    this.#handlers.open();
  }
  raw(text: string): void {
    this.#handlers.message(text);
  }
  event(seq: number, event: string, data: unknown): void {
    this.raw(JSON.stringify({ seq, event, data }));
  }
  drop(code = 1006): void {
    this.isClosed = true;
    this.#handlers.close(code);
  }
  last(op: string): Sent {
    const found = this.sent.filter((message) => message.op === op).at(-1);
    if (!found) throw new Error(`no ${op} was sent; sent: ${this.sent.map((m) => m.op).join()}`);
    return found;
  }
  answer(op: string, data: unknown): void {
    this.raw(JSON.stringify({ re: this.last(op).id, data }));
  }
  refuse(op: string, code: string): void {
    this.raw(JSON.stringify({ re: this.last(op).id, error: { code, message: 'no' } }));
  }
}

/** Keeps every socket that was opened; the newest is `last`. */
export class FakeNet {
  readonly sockets: FakeSocket[] = [];
  /** What a new socket does by itself. */
  onOpen: ((socket: FakeSocket) => void) | undefined;

  readonly open: OpenSocket = (_url, handlers) => {
    const socket = new FakeSocket(handlers);
    this.sockets.push(socket);
    queueMicrotask(() => this.onOpen?.(socket));
    return socket;
  };

  get last(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error('no socket was opened');
    return socket;
  }
}
