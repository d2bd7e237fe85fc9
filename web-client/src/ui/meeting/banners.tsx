// What must be seen at once: one's own connection, blocked sound, sharing, saving data, being asked.

import type { ComponentChildren } from 'preact';
import { bitRate, t } from '../../state/i18n';
import type { Room } from '../../state/room';
import { Button, IconButton } from '../parts/button';
import { Confirm } from '../parts/dialog';
import { Icon, type IconName } from '../parts/icons';

export interface BannersProps {
  room: Room;
  blocked: boolean;
  hear: () => void;
  openLine: () => void;
  openSettings: () => void;
}

export function Banners(props: BannersProps) {
  const { room, blocked, hear } = props;
  const { meeting } = t.value;
  const connection = room.connection.value;
  const acting = room.roster.acting.value;
  const you = room.roster.you.value;
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
      {acting && (
        <Banner
          icon="people"
          text={acting.id === you ? meeting.youAct : meeting.acts(acting.name)}
          testId="acting-banner"
        />
      )}
      <LineBanner room={room} open={props.openLine} />
      <MicrophoneBanner room={room} open={props.openSettings} />
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

/** Why the pictures are smaller than they could be. */
function LineBanner({ room, open }: { room: Room; open: () => void }) {
  const { meeting } = t.value;
  const notice = room.notes.notice.value;
  if (!notice || room.connection.value !== 'up') return null;
  const text = notice.kbps ? meeting.reduced(bitRate(notice.kbps * 1000)) : meeting.reducedUnknown;
  return (
    <Banner icon="gauge" text={text} testId="line-notice">
      <Button
        small
        testId="line-details"
        onClick={() => {
          room.notes.dismiss();
          open();
        }}
      >
        {meeting.details}
      </Button>
      <Close run={() => room.notes.dismiss()} />
    </Banner>
  );
}

function MicrophoneBanner({ room, open }: { room: Room; open: () => void }) {
  const { meeting } = t.value;
  const hint = room.microphoneHint.value;
  if (!hint || !room.local.microphone.value.on) return null;
  const close = (): void => {
    room.microphoneHint.value = null;
  };
  return (
    <Banner
      icon="microphone"
      text={hint === 'quiet' ? meeting.quietMicrophone : meeting.loudMicrophone}
      testId="microphone-hint"
    >
      <Button
        small
        onClick={() => {
          close();
          open();
        }}
      >
        {meeting.chooseMicrophone}
      </Button>
      <Close run={close} />
    </Banner>
  );
}

function Close({ run }: { run: () => void }) {
  return (
    <IconButton icon="close" size="small" tip="none" label={t.value.common.close} onClick={run} />
  );
}

function Banner(props: {
  icon: IconName;
  text: string;
  testId?: string;
  children?: ComponentChildren;
}) {
  return (
    <div class="banner" role="status" data-testid={props.testId}>
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
