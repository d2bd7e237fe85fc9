// What destroys something happens a few seconds after it was asked for, and can be undone until then.
// A page that is closed meanwhile carries it out at once.

import { errorCode } from '../protocol/errors';
import type { CallOptions } from '../session/http';
import { noteSignedOut } from './account';
import { errorText } from './i18n';
import { announce, dismiss, toast } from './toasts';

const graceMs = 7_000;

interface Act {
  run: (options?: CallOptions) => Promise<void>;
  undone: () => void;
  note: number;
  timer: ReturnType<typeof setTimeout>;
}

const acts = new Set<Act>();

export interface Undoable {
  /** "“Giao ban” is about to be cancelled". */
  text: string;
  undo: string;
  undoneText: string;
  run: (options?: CallOptions) => Promise<void>;
  /** The page shows it as done at once, … */
  hide: () => void;
  /** … and as it was, when it was undone or failed. */
  show: () => void;
  /** It has happened. */
  done?: () => void;
}

export function later(what: Undoable): void {
  what.hide();
  const finish = async (options?: CallOptions): Promise<void> => {
    if (!acts.delete(act)) return;
    clearTimeout(act.timer);
    dismiss(act.note);
    try {
      await what.run(options);
      what.done?.();
    } catch (error) {
      noteSignedOut(error);
      what.show();
      toast(errorText(errorCode(error)), 'bad');
    }
  };
  const undo = (): void => {
    if (!acts.delete(act)) return;
    clearTimeout(act.timer);
    what.show();
    announce(what.undoneText);
  };
  const act: Act = {
    run: finish,
    undone: undo,
    note: toast(what.text, 'warning', { ms: graceMs, action: { label: what.undo, run: undo } }),
    timer: setTimeout(() => void finish(), graceMs),
  };
  acts.add(act);
  announce(what.text);
}

/** Before something that depends on it, and when the page goes. */
export async function finishPending(options?: CallOptions): Promise<void> {
  await Promise.all([...acts].map((act) => act.run(options)));
}

if (typeof addEventListener === 'function')
  addEventListener('pagehide', () => void finishPending({ keepalive: true }));
