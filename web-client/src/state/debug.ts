// For browser tests and for support: with localStorage.hopDebug = '1' the page shows its inside as
// window.__hop. Read-only; without the switch nothing is there.

import { readTotals } from '../media/stats';
import type { Room } from './room';

export function debugging(): boolean {
  try {
    return localStorage.getItem('hopDebug') === '1';
  } catch {
    return false;
  }
}

export function offerDebugHandle(room: Room): void {
  if (!debugging()) return;
  const handle = {
    get pc() {
      return room.call.line.value?.peer ?? null;
    },
    get session() {
      return {
        phase: room.phase.value,
        stage: room.stage.value,
        link: room.link.value,
        path: room.path.value,
        you: room.roster.you.value,
        participants: [...room.roster.people.value.values()],
        slots: room.roster.slots.value,
        spoken: [...room.roster.spoken.value],
        heard: [...room.roster.heard.value],
        dominant: room.roster.dominant.value,
        voices: room.roster.voices.value,
        verdicts: [...room.roster.verdicts.value],
        line: room.notes.news.value,
        demand: room.call.looked.value,
        decisions: room.notes.decisions.value,
        view: room.layout.view.value.tiles,
        maxKbps: room.layout.view.value.max_kbps,
      };
    },
    /** performance.now() of click-join, joined, first-remote-frame, first-sound. */
    get marks() {
      return Object.fromEntries(room.marks);
    },
    async stats() {
      const peer = room.call.line.value?.peer;
      return peer ? readTotals(await peer.getStats(), performance.now()) : null;
    },
    /** Cuts the WebSocket as a broken line would. */
    cut() {
      room.session.renew();
    },
  };
  Object.defineProperty(globalThis, '__hop', { value: Object.freeze(handle), configurable: true });
}
