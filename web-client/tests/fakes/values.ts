// Values of the protocol, complete, with what a test cares about changed.

import type { Participant, Snapshot } from '../../src/protocol/messages';

const none = { microphone: false, camera: false, screen: false };

export function person(id: string, change: Partial<Participant> = {}): Participant {
  return {
    id,
    name: `Người ${id}`,
    title: '',
    unit: '',
    signed: 'none',
    role: 'guest',
    acting: false,
    site: 1,
    guest: true,
    csrc: Number(id.slice(1)) * 100,
    media: { ...none, microphone: true },
    active: { ...none },
    muted: { ...none },
    hand: null,
    hall: null,
    line: 'up',
    joined_at: `2026-11-23T07:${id.slice(1).padStart(2, '0')}:00.000Z`,
    ...change,
  };
}

export function snapshot(change: Partial<Snapshot> = {}): Snapshot {
  return {
    seq: 0,
    time: '2026-11-23T07:30:00.000Z',
    room: {
      code: 'kgs-mtpa-wde',
      title: 'Giao ban tuần',
      meeting: null,
      occurrence: null,
      started_at: '2026-11-23T07:30:00.000Z',
      ends_at: null,
      chat_open: true,
      settings: {
        lobby: 'off',
        muted: false,
        camera_off: false,
        share: 'all',
        unmute: 'all',
        recording: true,
      },
      audio: { policy: 'mix', levelling: true },
    },
    you: 'p1',
    participants: [
      person('p1', { media: { microphone: true, camera: true, screen: false } }),
      person('p2'),
    ],
    lobby: [],
    slots: [],
    voices: [],
    demand: { camera: 2, screen: 2 },
    line: null,
    chat: [],
    chat_more: false,
    ...change,
  };
}

export const secrets = { session: 's1', secret: 'x1', key: '0123456789abcdef0123456789abcdef' };

export function joined(change: Partial<Snapshot> = {}, answer = 'answer-sdp') {
  return { status: 'joined', ...secrets, answer, snapshot: snapshot(change) };
}

/** Lets everything that is ready to run, run. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 30; i++) await Promise.resolve();
}
