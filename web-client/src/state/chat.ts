// The chat: what the server keeps, and what is on its way. A message that was sent while the line
// broke goes again with the same reference, so it is stored once.

import { batch, computed, signal } from '@preact/signals';
import { type ErrorCode, errorCode } from '../protocol/errors';
import type { Answer, ChatMessage, Requests } from '../protocol/messages';

export interface PendingMessage {
  ref: string;
  text: string;
  error: ErrorCode | null;
}

export interface ChatHost {
  send(data: Requests['chat']): Promise<Answer<'chat'>>;
  history(data: Requests['chat_history']): Promise<Answer<'chat_history'>>;
  you(): { id: string; name: string };
}

const lastingErrors: ReadonlySet<ErrorCode> = new Set([
  'chat.too_long',
  'chat.empty',
  'chat.closed',
]);

export class Chat {
  readonly messages = signal<readonly ChatMessage[]>([]);
  readonly pending = signal<readonly PendingMessage[]>([]);
  readonly more = signal(false);
  readonly open = signal(false);
  readonly #readTo = signal(0);
  #host: ChatHost;
  #inFlight = new Set<string>();

  constructor(host: ChatHost) {
    this.#host = host;
  }

  readonly unread = computed(() => {
    if (this.open.value) return 0;
    const you = this.#host.you().id;
    return this.messages.value.filter(({ id, from }) => id > this.#readTo.value && from !== you)
      .length;
  });

  /** From a snapshot. What was there before the first one has been read. */
  replace(messages: readonly ChatMessage[], hasOlder: boolean, first: boolean): void {
    batch(() => {
      const older = this.messages.value.filter(({ id }) => id < (messages[0]?.id ?? 0));
      this.messages.value = first ? messages : [...older, ...messages];
      if (first) {
        this.more.value = hasOlder;
        this.#readTo.value = messages.at(-1)?.id ?? 0;
      }
    });
  }

  add(message: ChatMessage): void {
    const { value } = this.messages;
    if (value.some(({ id }) => id === message.id)) return;
    this.messages.value = [...value, message].sort((a, b) => a.id - b.id);
    if (this.open.value) this.markRead();
  }

  markRead(): void {
    this.#readTo.value = Math.max(this.#readTo.value, this.messages.value.at(-1)?.id ?? 0);
  }

  setOpen(open: boolean): void {
    batch(() => {
      this.open.value = open;
      this.markRead();
    });
  }

  async send(text: string): Promise<void> {
    const trimmed = text.trim().normalize('NFC');
    if (!trimmed) return;
    const ref = crypto.randomUUID();
    this.pending.value = [...this.pending.value, { ref, text: trimmed, error: null }];
    await this.#deliver({ ref, text: trimmed, error: null });
  }

  /** After the line came back. */
  async resend(): Promise<void> {
    for (const message of this.pending.value) await this.#deliver(message);
  }

  discard(ref: string): void {
    this.pending.value = this.pending.value.filter((message) => message.ref !== ref);
  }

  async older(): Promise<void> {
    const before = this.messages.value[0]?.id;
    if (before === undefined) return;
    const { chat, more } = await this.#host.history({ before, limit: 100 });
    batch(() => {
      const known = new Set(this.messages.value.map(({ id }) => id));
      this.messages.value = [...chat.filter(({ id }) => !known.has(id)), ...this.messages.value];
      this.more.value = more;
    });
  }

  async #deliver({ ref, text }: PendingMessage): Promise<void> {
    if (this.#inFlight.has(ref)) return;
    this.#inFlight.add(ref);
    try {
      const { id, at } = await this.#host.send({ text, ref });
      const { id: from, name } = this.#host.you();
      batch(() => {
        this.discard(ref);
        this.add({ id, from, name, text, at });
      });
    } catch (error) {
      const code = errorCode(error);
      // Anything else is tried again when the line is back.
      if (lastingErrors.has(code) || !isLineTrouble(code))
        this.pending.value = this.pending.value.map((message) =>
          message.ref === ref ? { ...message, error: code } : message,
        );
    } finally {
      this.#inFlight.delete(ref);
    }
  }
}

function isLineTrouble(code: ErrorCode): boolean {
  return code === 'connection.lost' || code === 'connection.timeout';
}
