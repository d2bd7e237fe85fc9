// The operators' live page: asks every two seconds, and keeps two minutes for the charts.

import { signal } from '@preact/signals';
import { type ErrorCode, errorCode } from '../protocol/errors';
import type { Live } from '../protocol/rest';
import { api } from '../session/api';
import { noteSignedOut } from './account';

export const everyMs = 2_000;
export const kept = 60;

export interface Sample {
  participants: number;
  rx: number;
  tx: number;
  cpu: number[];
}

export const live = signal<Live | null>(null);
export const history = signal<readonly Sample[]>([]);
export const liveError = signal<ErrorCode | null>(null);

export function sampleOf(now: Live): Sample {
  return {
    participants: now.rooms.reduce((sum, room) => sum + room.participants.length, 0),
    rx: now.workers.reduce((sum, worker) => sum + worker.rx_bps, 0),
    tx: now.workers.reduce((sum, worker) => sum + worker.tx_bps, 0),
    cpu: now.workers.map((worker) => worker.cpu),
  };
}

export function pushSample(before: readonly Sample[], sample: Sample): Sample[] {
  return [...before, sample].slice(-kept);
}

/** Until the returned function is called. */
export function watchLive(): () => void {
  let over = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const ask = async (): Promise<void> => {
    try {
      const now = await api.live();
      if (over) return;
      live.value = now;
      history.value = pushSample(history.value, sampleOf(now));
      liveError.value = null;
    } catch (error) {
      noteSignedOut(error);
      liveError.value = errorCode(error);
    }
    if (!over) timer = setTimeout(() => void ask(), everyMs);
  };
  void ask();
  return () => {
    over = true;
    clearTimeout(timer);
  };
}
