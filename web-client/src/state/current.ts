// The meeting that this page is in, with the browser's own socket, devices and peer connection.

import { signal } from '@preact/signals';
import type { Capture } from '../media/devices';
import { browserCodecs, newBrowserPeer } from '../media/peer';
import { playTestSound } from '../media/speaker-test';
import { isObject } from '../protocol/shape';
import { api, meetUrl, probeServer } from '../session/api';
import { openWebSocket } from '../session/socket';
import { loadClient } from './account';
import { debugging, offerDebugHandle } from './debug';
import { Room } from './room';
import { readInvite } from './router';
import { settings } from './settings';

export const current = signal<Room | null>(null);

interface NetworkInformation extends EventTarget {
  readonly type?: string;
}

export function enterRoom(code: string): Room {
  leaveRoom();
  const devices: MediaDevices | undefined = navigator.mediaDevices;
  const room = new Room(code, {
    newPeer: newBrowserPeer,
    codecs: browserCodecs(),
    capture: testCapture() ?? devices,
    devices,
    openSocket: openWebSocket,
    probe: probeServer,
    socketUrl: meetUrl(location),
    screenWidth: Math.min(screen.width, innerWidth),
    client: loadClient,
    invite: readInvite(location.hash),
    invitation: api.invitation,
    status: api.room,
    chime: () => void playTestSound(settings.value.speakerId).catch(() => {}),
    supported: 'RTCPeerConnection' in globalThis && 'WebSocket' in globalThis,
  });
  current.value = room;
  offerDebugHandle(room);
  void room.open();
  return room;
}

export function leaveRoom(): void {
  current.value?.dispose();
  current.value = null;
}

/** Once, for the life of the page. */
export function watchNetwork(): void {
  const changed = (): void => {
    if (navigator.onLine) current.value?.networkChanged(false);
  };
  addEventListener('online', () => current.value?.networkChanged(true));
  if ('connection' in navigator && navigator.connection instanceof EventTarget)
    (navigator.connection as NetworkInformation).addEventListener('change', changed);
  addEventListener('pagehide', (event) => {
    if (!event.persisted) void current.value?.leave();
  });
  document.addEventListener('visibilitychange', () =>
    current.value?.layout.setHidden(document.visibilityState === 'hidden'),
  );
  const awake = (): void => current.value?.stayPrepared();
  for (const name of ['focus', 'pointerdown', 'keydown']) addEventListener(name, awake);
}

/** Under test a page may bring its own devices: window.__hopMedia, while hopDebug is set. */
function testCapture(): Capture | undefined {
  if (!debugging()) return undefined;
  const given: unknown = Reflect.get(globalThis, '__hopMedia');
  return isObject(given) && typeof given.getUserMedia === 'function'
    ? (given as unknown as Capture)
    : undefined;
}
