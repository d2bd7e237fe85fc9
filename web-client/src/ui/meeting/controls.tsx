// The bar at the bottom: what a person needs at once, and a menu with the rest.

import { useState } from 'preact/hooks';
import { formatTime } from '../../i18n/format';
import { t } from '../../state/i18n';
import type { Room } from '../../state/room';
import { IconButton } from '../parts/button';
import { Confirm } from '../parts/dialog';
import { Icon } from '../parts/icons';
import { Menu, type MenuEntry } from '../parts/menu';
import { QualityMark } from '../parts/quality';
import type { Panel } from './meeting';
import { copyLink } from './stage';

export interface ControlsProps {
  room: Room;
  panel: Panel;
  setPanel: (panel: Panel) => void;
  openSettings: () => void;
  openShortcuts: () => void;
  openRoom: () => void;
}

export function Controls(props: ControlsProps) {
  const { room, panel, setPanel } = props;
  const { meeting, lobby } = t.value;
  const waiting = room.roster.lobby.value.length;
  const [ending, setEnding] = useState(false);
  const toggle = (which: Panel): void => setPanel(panel === which ? null : which);
  return (
    <footer class="controls">
      <About room={room} open={() => toggle('connection')} shown={panel === 'connection'} />
      <section class="controls-main" aria-label={meeting.controls}>
        {room.roster.maySend.value && <OwnMedia room={room} />}
        <Hand room={room} />
        <MoreMenu {...props} endForAll={() => setEnding(true)} />
        <LeaveButton room={room} endForAll={() => setEnding(true)} />
      </section>
      <div class="controls-side">
        {room.roster.isModerator.value && (waiting > 0 || panel === 'lobby') && (
          <IconButton
            icon="door"
            label={waiting > 0 ? `${lobby.title}, ${lobby.count(waiting)}` : lobby.title}
            badge={waiting}
            pressed={panel === 'lobby'}
            tone={panel === 'lobby' ? 'active' : 'plain'}
            testId="open-lobby"
            onClick={() => toggle('lobby')}
          />
        )}
        <IconButton
          icon="people"
          tipText={meeting.people}
          label={`${meeting.people}, ${t.value.common.people(room.roster.headcount.value)}`}
          pressed={panel === 'people'}
          tone={panel === 'people' ? 'active' : 'plain'}
          testId="participants-open"
          onClick={() => toggle('people')}
        >
          <span class="count" aria-hidden="true">
            {room.roster.headcount.value}
          </span>
        </IconButton>
        <IconButton
          icon="chat"
          label={
            room.chat.unread.value > 0
              ? `${meeting.chat}, ${t.value.chat.unread(room.chat.unread.value)}`
              : meeting.chat
          }
          badge={room.chat.unread.value}
          pressed={panel === 'chat'}
          tone={panel === 'chat' ? 'active' : 'plain'}
          testId="open-chat"
          onClick={() => toggle('chat')}
        />
      </div>
      {ending && (
        <Confirm
          title={meeting.endTitle}
          text={meeting.endText}
          confirm={meeting.endForAll}
          testId="end-confirm"
          onClose={() => setEnding(false)}
          onConfirm={() => void room.act('end', {})}
        />
      )}
    </footer>
  );
}

function About({ room, open, shown }: { room: Room; open: () => void; shown: boolean }) {
  const info = room.roster.room.value;
  const { meeting } = t.value;
  return (
    <div class="about">
      <button
        type="button"
        class="about-line"
        aria-label={meeting.myLine}
        aria-pressed={shown}
        title={meeting.myLine}
        data-testid="my-line"
        onClick={open}
      >
        <QualityMark quality={room.ownQuality.value} />
      </button>
      <div>
        <strong>{info?.title || room.code}</strong>
        {info?.started_at && <span>{meeting.started(formatTime(info.started_at))}</span>}
      </div>
    </div>
  );
}

function OwnMedia({ room }: { room: Room }) {
  const { meeting } = t.value;
  const microphone = room.local.microphone.value;
  const camera = room.local.camera.value;
  const sharing = room.local.screen.value !== null;
  const shut = room.roster.self.value?.muted;
  const canShare = 'getDisplayMedia' in (navigator.mediaDevices ?? {});
  return (
    <>
      <IconButton
        icon={microphone.on ? 'microphone' : 'microphone-off'}
        label={microphone.on ? meeting.microphoneOn : meeting.microphoneOff}
        keys="Ctrl+D"
        tone={microphone.on ? 'plain' : 'off'}
        testId="toggle-microphone"
        onClick={() => void room.toggleMicrophone()}
      >
        {shut?.microphone && <Shut />}
      </IconButton>
      <IconButton
        icon={camera.on ? 'camera' : 'camera-off'}
        label={camera.on ? meeting.cameraOn : meeting.cameraOff}
        keys="Ctrl+E"
        tone={camera.on ? 'plain' : 'off'}
        testId="toggle-camera"
        onClick={() => void room.toggleCamera()}
      >
        {shut?.camera && <Shut />}
      </IconButton>
      {canShare && (
        <span class="wide-only">
          <IconButton
            icon={sharing ? 'screen-off' : 'screen'}
            label={sharing ? meeting.stopShare : meeting.share}
            tone={sharing ? 'active' : 'plain'}
            pressed={sharing}
            testId="share-screen"
            onClick={() => void room.toggleScreen()}
          >
            {shut?.screen && <Shut />}
          </IconButton>
        </span>
      )}
    </>
  );
}

/** The chair has shut this. */
function Shut() {
  return (
    <span class="shut" aria-hidden="true">
      <Icon name="lock" size={14} />
    </span>
  );
}

function Hand({ room }: { room: Room }) {
  const { meeting } = t.value;
  const up = room.roster.self.value?.hand !== null && room.roster.self.value !== null;
  return (
    <IconButton
      icon="hand"
      label={up ? meeting.lowerHand : meeting.hand}
      keys="Ctrl+Shift+H"
      tone={up ? 'active' : 'plain'}
      pressed={up}
      testId="raise-hand"
      onClick={() => void room.toggleHand()}
    />
  );
}

function MoreMenu({
  room,
  panel,
  setPanel,
  openSettings,
  openShortcuts,
  openRoom,
  endForAll,
}: ControlsProps & { endForAll: () => void }) {
  const { meeting, common, shortcuts, attendance } = t.value;
  const { layout } = room;
  const grid = layout.mode.value === 'grid';
  const [full, setFull] = useState(false);
  const entries: (MenuEntry | null)[] = [
    {
      label: grid ? meeting.viewSpeaker : meeting.viewGrid,
      icon: grid ? 'speaker' : 'grid',
      keys: 'V',
      testId: 'switch-view',
      run: () => layout.switchMode(),
    },
    {
      label: meeting.saveData,
      icon: 'leaf',
      checked: layout.saveData.value,
      testId: 'save-data',
      run: () => {
        layout.saveData.value = !layout.saveData.value;
      },
    },
    {
      label: full ? meeting.exitFullscreen : meeting.fullscreen,
      icon: 'expand',
      run: () => {
        if (document.fullscreenElement) void document.exitFullscreen();
        else void document.documentElement.requestFullscreen?.().catch(() => {});
        setFull(!document.fullscreenElement);
      },
    },
    { label: meeting.copyLink, icon: 'link', run: () => void copyLink(room) },
    null,
    {
      label: meeting.myLine,
      icon: 'gauge',
      testId: 'open-line',
      run: () => setPanel(panel === 'connection' ? null : 'connection'),
    },
    { label: common.settings, icon: 'settings', testId: 'open-settings', run: openSettings },
    ...(room.roster.isModerator.value
      ? [
          { label: meeting.room, icon: 'people' as const, testId: 'open-room', run: openRoom },
          {
            label: attendance.title,
            icon: 'list' as const,
            testId: 'open-attendance',
            run: () => setPanel(panel === 'attendance' ? null : 'attendance'),
          },
        ]
      : []),
    { label: shortcuts.title, icon: 'keyboard', keys: '?', run: openShortcuts },
  ];
  // A phone's bar has no room for the arrow beside "leave".
  if (layout.isPhone.value && room.roster.isChair.value)
    entries.push(null, { label: meeting.endForAll, icon: 'leave', danger: true, run: endForAll });
  return (
    <Menu label={meeting.more} entries={entries} look="icon-button plain normal" testId="more">
      <Icon name="more" />
    </Menu>
  );
}

function LeaveButton({ room, endForAll }: { room: Room; endForAll: () => void }) {
  const { meeting } = t.value;
  const chair = room.roster.isChair.value;
  const leave = (
    <button
      type="button"
      class={`leave-button${chair ? ' first' : ''}`}
      aria-label={meeting.leave}
      data-testid="leave"
      onClick={() => void room.leave()}
    >
      <Icon name="leave" />
      <span class="leave-text">{meeting.leaveShort}</span>
    </button>
  );
  if (!chair) return leave;
  return (
    <span class="leave-group">
      {leave}
      <Menu
        label={meeting.endForAll}
        look="leave-button second"
        testId="leave-menu"
        entries={[
          { label: meeting.leave, icon: 'out', run: () => void room.leave() },
          {
            label: meeting.endForAll,
            icon: 'leave',
            danger: true,
            testId: 'end-for-all',
            run: endForAll,
          },
        ]}
      >
        <Icon name="down" size={18} />
      </Menu>
    </span>
  );
}
