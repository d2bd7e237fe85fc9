// What must be seen at once: one's own connection, blocked sound, sharing, saving data, being asked.

import type { ComponentChildren } from 'preact';
import { t } from '../../state/i18n';
import type { Room } from '../../state/room';
import { Button } from '../parts/button';
import { Confirm } from '../parts/dialog';
import { Icon, type IconName } from '../parts/icons';

export function Banners(props: { room: Room; blocked: boolean; hear: () => void }) {
  const { room, blocked, hear } = props;
  const { meeting } = t.value;
  const connection = room.connection.value;
  return (
    <div class="banners">
      <div
        role="status"
        data-testid="connection-state"
        data-state={connection}
        class={connection === 'up' || connection === 'connecting' ? 'sr-only' : ''}
      >
        {(connection === 'signaling-lost' || connection === 'media-lost') && (
          <div class="banner warning">
            <span class="spinner" aria-hidden="true" />
            <p>
              {connection === 'signaling-lost' ? meeting.reconnecting : meeting.reconnectingMedia}
            </p>
          </div>
        )}
      </div>
      {blocked && (
        <Banner icon="sound" text={meeting.hear}>
          <Button kind="primary" small testId="hear" onClick={hear}>
            {meeting.hearAction}
          </Button>
        </Banner>
      )}
      {room.local.screen.value && (
        <Banner icon="screen" text={meeting.youShare}>
          <Button small onClick={() => room.local.stopScreen()}>
            {meeting.stopShare}
          </Button>
        </Banner>
      )}
      {room.layout.saveData.value && (
        <Banner icon="leaf" text={meeting.saveDataOn}>
          <Button
            small
            onClick={() => {
              room.layout.saveData.value = false;
            }}
          >
            {meeting.saveDataOff}
          </Button>
        </Banner>
      )}
      {room.talkingMuted.value && (
        <Banner icon="microphone-off" text={meeting.talkingMuted}>
          <Button small onClick={() => void room.toggleMicrophone()}>
            {meeting.microphoneOff}
          </Button>
        </Banner>
      )}
    </div>
  );
}

function Banner(props: { icon: IconName; text: string; children?: ComponentChildren }) {
  return (
    <div class="banner" role="status">
      <Icon name={props.icon} size={20} />
      <p>{props.text}</p>
      {props.children}
    </div>
  );
}

/** A moderator asks; only the person himself opens the microphone. */
export function AskedDialog({ room }: { room: Room }) {
  const { meeting } = t.value;
  const by = room.asked.value;
  if (by === null) return null;
  return (
    <Confirm
      title={meeting.askUnmuteTitle}
      text={meeting.askUnmute(by)}
      confirm={meeting.unmuteNow}
      kind="primary"
      cancel={meeting.notNow}
      testId="unmute-now"
      onClose={() => {
        room.asked.value = null;
      }}
      onConfirm={() => void room.local.setMicrophone(true)}
    />
  );
}
