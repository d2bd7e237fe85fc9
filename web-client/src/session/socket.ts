// The WebSocket as this client needs it, so that tests can put their own in its place.

import { subprotocol } from '../protocol/messages';

export interface SocketHandlers {
  open(): void;
  message(text: string): void;
  close(code: number): void;
}

export interface Socket {
  send(text: string): void;
  /** No handler is called after this. */
  close(code?: number): void;
}

export type OpenSocket = (url: string, handlers: SocketHandlers) => Socket;

export const openWebSocket: OpenSocket = (url, handlers) => {
  const socket = new WebSocket(url, subprotocol);
  let closed = false;
  socket.onopen = () => {
    if (!closed) handlers.open();
  };
  socket.onmessage = (event: MessageEvent<unknown>) => {
    if (!closed && typeof event.data === 'string') handlers.message(event.data);
  };
  socket.onclose = (event) => {
    if (!closed) handlers.close(event.code);
    closed = true;
  };
  return {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close: (code) => {
      closed = true;
      socket.close(code);
    },
  };
};
