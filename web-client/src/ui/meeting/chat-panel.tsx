// The chat: what was said, who said it, and a place to write.

import { useEffect, useRef, useState } from 'preact/hooks';
import { formatTime } from '../../i18n/format';
import type { ChatMessage } from '../../protocol/messages';
import { client } from '../../state/account';
import type { PendingMessage } from '../../state/chat';
import { errorText, t } from '../../state/i18n';
import type { Room } from '../../state/room';
import { Button, IconButton } from '../parts/button';
import { Icon } from '../parts/icons';
import { PanelFrame } from './panel';

export function ChatPanel({ room, onClose }: { room: Room; onClose: () => void }) {
  const { chat } = t.value;
  const open = room.roster.room.value?.chat_open !== false;
  const moderator = room.roster.isModerator.value;
  useEffect(() => {
    room.chat.setOpen(true);
    return () => room.chat.setOpen(false);
  }, [room]);
  return (
    <PanelFrame title={chat.title} onClose={onClose} testId="chat-panel">
      <Messages room={room} />
      {moderator && !open && (
        <button
          type="button"
          class="link panel-link"
          onClick={() => void room.act('room', { chat_open: true })}
        >
          {chat.reopen}
        </button>
      )}
      {(open || moderator) && room.roster.maySend.value ? (
        <Writer room={room} />
      ) : (
        <p class="panel-note">
          <Icon name="lock" size={18} /> {chat.closed}
        </p>
      )}
    </PanelFrame>
  );
}

function Messages({ room }: { room: Room }) {
  const { chat } = t.value;
  const list = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const messages = room.chat.messages.value;
  const pending = room.chat.pending.value;
  const you = room.roster.you.value;
  useEffect(() => {
    const box = list.current;
    if (box && atEnd.current) box.scrollTop = box.scrollHeight;
  }, [messages, pending]);
  return (
    <section
      class="messages"
      ref={list}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable by key.
      tabIndex={0}
      aria-label={chat.title}
      onScroll={(event) => {
        const box = event.currentTarget;
        atEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
      }}
    >
      {room.chat.more.value && (
        <Button kind="quiet" small onClick={() => void room.chat.older()}>
          {chat.older}
        </Button>
      )}
      {messages.length + pending.length === 0 && (
        <div class="messages-empty">
          <Icon name="chat" size={28} />
          <p>{chat.empty}</p>
        </div>
      )}
      <ol>
        {messages.map((message, i) => (
          <Message
            key={message.id}
            message={message}
            mine={message.from === you}
            continued={continues(messages[i - 1], message)}
          />
        ))}
        {pending.map((message) => (
          <Pending key={message.ref} room={room} message={message} />
        ))}
      </ol>
    </section>
  );
}

/** The same person within two minutes: the name is not said again. */
function continues(before: ChatMessage | undefined, now: ChatMessage): boolean {
  return (
    before !== undefined &&
    before.from === now.from &&
    before.name === now.name &&
    new Date(now.at).getTime() - new Date(before.at).getTime() < 120_000
  );
}

function Message(props: { message: ChatMessage; mine: boolean; continued: boolean }) {
  const { message, mine, continued } = props;
  return (
    <li
      class={`message${mine ? ' mine' : ''}${continued ? ' continued' : ''}`}
      data-testid="chat-message"
      data-from={message.name}
    >
      {!continued && (
        <p class="message-head">
          <strong>{mine ? t.value.common.you : message.name}</strong>
          <time dateTime={message.at}>{formatTime(message.at)}</time>
        </p>
      )}
      <p class="message-text">
        <Linked text={message.text} />
      </p>
    </li>
  );
}

function Pending({ room, message }: { room: Room; message: PendingMessage }) {
  const { chat, common } = t.value;
  return (
    <li class="message mine pending" data-testid="chat-pending">
      <p class="message-text">{message.text}</p>
      {message.error ? (
        <p class="message-state wrong" role="alert">
          {errorText(message.error)}{' '}
          <button type="button" class="link" onClick={() => room.chat.discard(message.ref)}>
            {common.close}
          </button>
        </p>
      ) : (
        <p class="message-state">{chat.sending}</p>
      )}
    </li>
  );
}

/** Addresses become links; nothing else of the text is interpreted. */
function Linked({ text }: { text: string }) {
  const parts = text.split(/(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]])/g);
  return (
    <>
      {parts.map((part, i) =>
        i % 2 === 1 ? (
          <a key={`${i}${part}`} href={part} target="_blank" rel="noopener noreferrer nofollow">
            {part}
          </a>
        ) : (
          part
        ),
      )}
    </>
  );
}

function Writer({ room }: { room: Room }) {
  const { chat } = t.value;
  const [text, setText] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  const max = client.value?.limits.chat ?? 4000;
  const tooLong = [...text].length > max;
  useEffect(() => field.current?.focus(), []);
  useEffect(() => {
    const area = field.current;
    if (!area) return;
    area.style.height = 'auto';
    area.style.height = `${Math.min(140, area.scrollHeight)}px`;
  }, [text]);
  const send = (): void => {
    if (!text.trim() || tooLong) return;
    void room.chat.send(text);
    setText('');
    field.current?.focus();
  };
  return (
    <form
      class="writer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={field}
        rows={1}
        value={text}
        aria-label={chat.placeholder}
        placeholder={chat.placeholder}
        aria-invalid={tooLong}
        data-testid="chat-input"
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          // Vietnamese is typed with composition: its Enter is not ours.
          if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          send();
        }}
      />
      <IconButton
        icon="send"
        label={chat.send}
        tip="none"
        tone="active"
        disabled={!text.trim() || tooLong}
        testId="chat-send"
        onClick={send}
      />
      {tooLong && (
        <p class="message-state wrong" role="alert">
          {chat.tooLong(max)}
        </p>
      )}
    </form>
  );
}
