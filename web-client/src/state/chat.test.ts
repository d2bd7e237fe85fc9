import { describe, expect, it } from 'vitest';
import { HopError } from '../protocol/errors';
import type { ChatMessage } from '../protocol/messages';
import { Chat } from './chat';

describe('Chat', () => {
  const message = (id: number, from = 'p2'): ChatMessage => ({
    id,
    from,
    name: 'Bình',
    text: `t${id}`,
    at: '2026-11-23T07:30:00Z',
  });

  function make(
    send: (data: { text: string; ref?: string }) => Promise<{ id: number; at: string }>,
  ) {
    return new Chat({
      send,
      history: async () => ({ chat: [message(1), message(2)], more: false }),
      you: () => ({ id: 'p1', name: 'An' }),
    });
  }
  const ids = (chat: Chat): number[] => chat.messages.value.map(({ id }) => id);

  it('shows one’s own text once, whether the echo or the answer comes first', async () => {
    const chat = make(async () => {
      chat.add(message(5, 'p1'));
      return { id: 5, at: '2026-11-23T07:30:00Z' };
    });
    await chat.send('  xin chào ');
    chat.add(message(5, 'p1'));
    expect(ids(chat)).toEqual([5]);
    expect(chat.pending.value).toEqual([]);
  });

  it('sends again with the same reference after the line was lost', async () => {
    const refs: (string | undefined)[] = [];
    let lost = true;
    const chat = make(async ({ ref }) => {
      refs.push(ref);
      if (lost) throw new HopError('connection.lost');
      return { id: 9, at: '2026-11-23T07:30:00Z' };
    });
    await chat.send('a');
    expect(chat.pending.value).toMatchObject([{ text: 'a', error: null }]);
    lost = false;
    await chat.resend();
    expect(refs[0]).toBeDefined();
    expect(refs[1]).toBe(refs[0]);
    expect(ids(chat)).toEqual([9]);
  });

  it('says why a text was refused, until it is put away', async () => {
    const chat = make(async () => {
      throw new HopError('chat.closed');
    });
    await chat.send('a');
    expect(chat.pending.value).toMatchObject([{ error: 'chat.closed' }]);
    chat.discard(chat.pending.value[0]?.ref ?? '');
    expect(chat.pending.value).toEqual([]);
  });

  it('counts as unread only what others wrote since the panel was closed', () => {
    const chat = make(async () => ({ id: 0, at: '' }));
    chat.replace([message(1), message(2)], false, true);
    expect(chat.unread.value).toBe(0);
    chat.add(message(3));
    chat.add(message(4, 'p1'));
    expect(chat.unread.value).toBe(1);
    chat.setOpen(true);
    chat.add(message(5));
    chat.setOpen(false);
    expect(chat.unread.value).toBe(0);
  });

  it('keeps older pages over a resume, and fetches more of them', async () => {
    const chat = make(async () => ({ id: 0, at: '' }));
    chat.replace([message(3), message(4)], true, true);
    expect(chat.more.value).toBe(true);
    await chat.older();
    expect(ids(chat)).toEqual([1, 2, 3, 4]);
    expect(chat.more.value).toBe(false);
    chat.replace([message(4), message(6)], true, false);
    expect(ids(chat)).toEqual([1, 2, 3, 4, 6]);
    chat.add(message(5));
    expect(ids(chat)).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
