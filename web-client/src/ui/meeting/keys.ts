// The keyboard in a meeting and before it.

import { useEffect } from 'preact/hooks';
import type { Room } from '../../state/room';
import { settings } from '../../state/settings';
import { type Action, actionFor } from '../../state/shortcuts';

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    (target instanceof HTMLInputElement && !['checkbox', 'radio', 'button'].includes(target.type))
  );
}

function isOnControl(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('button, a, input, [role^=menuitem]') !== null;
}

function scrolls(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('.panel, dialog, .menu') !== null;
}

export function useKeys(room: Room, extra: { list: () => void }): void {
  useEffect(() => {
    const run: Record<Action, () => void> = {
      microphone: () => void room.toggleMicrophone(),
      camera: () => void room.toggleCamera(),
      hand: () => void room.toggleHand(),
      view: () => room.layout.switchMode(),
      talk: () => room.holdToTalk(true),
      list: extra.list,
      previous: () => room.layout.turnPage(-1),
      next: () => room.layout.turnPage(1),
    };
    const down = (event: KeyboardEvent): void => {
      const { singleKeys, holdToTalk } = settings.value;
      const action = actionFor(event, {
        typing: isTyping(event.target),
        onControl: isOnControl(event.target),
        scrolls: scrolls(event.target),
        singleKeys,
        holdToTalk,
      });
      if (!action) return;
      event.preventDefault();
      run[action]();
    };
    const up = (event: KeyboardEvent): void => {
      if (event.code === 'Space') room.holdToTalk(false);
    };
    const away = (): void => room.holdToTalk(false);
    addEventListener('keydown', down);
    addEventListener('keyup', up);
    addEventListener('blur', away);
    return () => {
      removeEventListener('keydown', down);
      removeEventListener('keyup', up);
      removeEventListener('blur', away);
    };
  }, [room]);
}
