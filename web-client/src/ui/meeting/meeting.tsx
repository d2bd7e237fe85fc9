// The meeting itself: pictures, panel, bar, sound and keys.

import { useEffect, useRef, useState } from 'preact/hooks';
import { canChooseSpeaker } from '../../media/speaker-test';
import { t } from '../../state/i18n';
import type { Room } from '../../state/room';
import { settings } from '../../state/settings';
import { AttendancePanel } from './attendance-panel';
import { AskedDialog, Banners } from './banners';
import { ChatPanel } from './chat-panel';
import { ConnectionPanel } from './connection-panel';
import { Controls } from './controls';
import { useKeys } from './keys';
import { LobbyPanel } from './lobby-panel';
import { PeoplePanel } from './people-panel';
import { RoomDialog } from './room-dialog';
import { SettingsDialog } from './settings-dialog';
import { ShortcutsDialog } from './shortcuts-dialog';
import { Stage } from './stage';

export type Panel = 'chat' | 'people' | 'lobby' | 'attendance' | 'connection' | null;

export function Meeting({ room }: { room: Room }) {
  const [panel, setPanel] = useState<Panel>(null);
  const [dialog, setDialog] = useState<'settings' | 'shortcuts' | 'room' | null>(null);
  const sound = useMix(room);
  useWakeLock();
  useKeys(room, { list: () => setDialog((now) => (now === 'shortcuts' ? null : 'shortcuts')) });
  const close = (): void => setDialog(null);
  return (
    <main class={`meeting${panel ? ' with-panel' : ''}`} data-testid="meeting">
      <h1 class="sr-only">{room.roster.room.value?.title || t.value.prejoin.untitled}</h1>
      {/* biome-ignore lint/a11y/useMediaCaption: a live meeting has no captions to offer. */}
      <audio ref={sound.ref} autoplay data-testid="mix" />
      <Voices room={room} />
      <Banners
        room={room}
        blocked={sound.blocked}
        hear={sound.hear}
        openLine={() => setPanel('connection')}
        openSettings={() => setDialog('settings')}
      />
      <Stage room={room} />
      {panel === 'chat' && <ChatPanel room={room} onClose={() => setPanel(null)} />}
      {panel === 'lobby' && <LobbyPanel room={room} onClose={() => setPanel(null)} />}
      {panel === 'attendance' && <AttendancePanel room={room} onClose={() => setPanel(null)} />}
      {panel === 'people' && <PeoplePanel room={room} onClose={() => setPanel(null)} />}
      {panel === 'connection' && <ConnectionPanel room={room} onClose={() => setPanel(null)} />}
      <Controls
        room={room}
        panel={panel}
        setPanel={setPanel}
        openSettings={() => setDialog('settings')}
        openShortcuts={() => setDialog('shortcuts')}
        openRoom={() => setDialog('room')}
      />
      {dialog === 'settings' && (
        <SettingsDialog
          room={room}
          onClose={close}
          openLine={() => {
            close();
            setPanel('connection');
          }}
        />
      )}
      {dialog === 'room' && <RoomDialog room={room} onClose={close} />}
      {dialog === 'shortcuts' && <ShortcutsDialog onClose={close} />}
      <AskedDialog room={room} />
    </main>
  );
}

/** A listener's screen stays on; the lock is lost with every change of tab. */
function useWakeLock(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | undefined;
    let over = false;
    const take = async (): Promise<void> => {
      if (document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return;
      lock = await navigator.wakeLock.request('screen').catch(() => undefined);
      if (over) void lock?.release();
    };
    const again = (): void => void take();
    again();
    document.addEventListener('visibilitychange', again);
    return () => {
      over = true;
      document.removeEventListener('visibilitychange', again);
      void lock?.release();
    };
  }, []);
}

/**
 * The voice slots. They play from the start, silent under the policy `mix`, so that nothing has to
 * begin when the policy changes in mid-word.
 */
function Voices({ room }: { room: Room }) {
  const voices = room.call.line.value?.voices ?? [];
  return (
    <>
      {voices.map((stream) => (
        <Voice key={stream.id} stream={stream} />
      ))}
    </>
  );
}

function Voice({ stream }: { stream: MediaStream }) {
  const ref = useRef<HTMLAudioElement>(null);
  const speaker = settings.value.speakerId;
  useEffect(() => {
    const audio = ref.current;
    if (!audio) return;
    audio.srcObject = stream;
    // Blocked like the mix, whose banner asks for the click that helps both.
    audio.play().catch(() => {});
    return () => {
      audio.srcObject = null;
    };
  }, [stream]);
  useEffect(() => {
    const audio = ref.current;
    if (audio && canChooseSpeaker(audio)) void audio.setSinkId(speaker).catch(() => {});
  }, [speaker]);
  // biome-ignore lint/a11y/useMediaCaption: a live meeting has no captions to offer.
  return <audio ref={ref} autoplay data-testid="voice" />;
}

/** Plays the room's mix; a browser that wants a click first gets one. */
function useMix(room: Room) {
  const ref = useRef<HTMLAudioElement>(null);
  const [blocked, setBlocked] = useState(false);
  const mix = room.call.line.value?.mix ?? null;
  const speaker = settings.value.speakerId;
  const hear = (): void => {
    for (const voice of document.querySelectorAll<HTMLAudioElement>('[data-testid="voice"]'))
      void voice.play().catch(() => {});
    ref.current?.play().then(
      () => setBlocked(false),
      (error: unknown) => {
        if (error instanceof DOMException && error.name === 'NotAllowedError') setBlocked(true);
      },
    );
  };
  useEffect(() => {
    const audio = ref.current;
    if (!audio || audio.srcObject === mix) return;
    audio.srcObject = mix;
    if (mix) hear();
  }, [mix]);
  useEffect(() => {
    const audio = ref.current;
    // A speaker that is gone leaves the default in use.
    if (audio && canChooseSpeaker(audio)) void audio.setSinkId(speaker).catch(() => {});
  }, [speaker]);
  return { ref, blocked, hear };
}
