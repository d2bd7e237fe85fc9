// /m/CODE: which of the meeting's faces is shown.

import { useEffect } from 'preact/hooks';
import { current, enterRoom, leaveRoom } from '../state/current';
import { errorText, t } from '../state/i18n';
import type { Room, Stage } from '../state/room';
import { go } from '../state/router';
import { Meeting } from './meeting/meeting';
import { Button } from './parts/button';
import type { IconName } from './parts/icons';
import { Notice, Page } from './parts/page';
import { Prejoin } from './prejoin';
import { Waiting } from './waiting';

export function RoomPage({ code }: { code: string }) {
  useEffect(() => {
    enterRoom(code);
    return leaveRoom;
  }, [code]);
  const room = current.value;
  if (room?.code !== code) return <Checking />;
  const stage = room.stage.value;
  switch (stage.name) {
    case 'checking':
      return <Checking />;
    case 'prejoin':
    case 'joining':
      return <Prejoin room={room} />;
    case 'waiting':
      return <Waiting room={room} waiting={stage.waiting} />;
    case 'meeting':
      return <Meeting room={room} />;
    case 'left':
      return <Left room={room} stage={stage} />;
    case 'unavailable':
      return <Unavailable room={room} stage={stage} />;
  }
}

function Checking() {
  return (
    <Page centred>
      <div class="checking" role="status">
        <span class="spinner large" aria-hidden="true" />
        <p>{t.value.prejoin.checking}</p>
      </div>
    </Page>
  );
}

function HomeButton({ primary = false }: { primary?: boolean }) {
  return (
    <Button kind={primary ? 'primary' : 'plain'} testId="go-home" onClick={() => go('/')}>
      {t.value.common.home}
    </Button>
  );
}

function Left({ room, stage }: { room: Room; stage: Extract<Stage, { name: 'left' }> }) {
  const { left, unavailable } = t.value;
  const again = (label: string) => (
    <Button kind="primary" testId="rejoin" onClick={() => enterRoom(room.code)}>
      {label}
    </Button>
  );
  const { title, text, icon, action } = {
    left: { title: left.title, text: left.hint, icon: 'out', action: again(left.rejoin) },
    replaced: {
      title: left.replaced,
      text: left.replacedHint,
      icon: 'people',
      action: again(left.moveHere),
    },
    turned_away: {
      title: left.turnedAway,
      text: stage.message ? left.turnedAwayWord(stage.message) : left.turnedAwayHint,
      icon: 'out',
      action: again(left.knock),
    },
    removed: {
      title: left.removed,
      text: left.removedHint,
      icon: 'out',
      action: again(left.knock),
    },
    ended: { title: left.ended, text: left.endedHint, icon: 'check', action: null },
    cancelled: {
      title: unavailable.cancelled,
      text: unavailable.cancelledHint,
      icon: 'calendar',
      action: null,
    },
    refused: {
      title: left.refused,
      text: stage.code ? errorText(stage.code) : '',
      icon: 'warning',
      action: again(left.rejoin),
    },
  }[stage.reason];
  return (
    <Page centred>
      <Notice icon={icon as IconName} title={title} text={text} testId={`left-${stage.reason}`}>
        {action}
        <HomeButton primary={action === null} />
      </Notice>
    </Page>
  );
}

function Unavailable(props: { room: Room; stage: Extract<Stage, { name: 'unavailable' }> }) {
  const { room, stage } = props;
  const { unavailable, common } = t.value;
  const [title, text] = {
    not_found: [unavailable.notFound, unavailable.notFoundHint],
    ended: [unavailable.ended, unavailable.endedHint],
    cancelled: [unavailable.cancelled, unavailable.cancelledHint],
    unsupported: [unavailable.unsupported, unavailable.unsupportedHint],
    error: [errorText(stage.code ?? 'unknown'), ''],
  }[stage.reason] as [string, string];
  return (
    <Page centred>
      <Notice
        icon={stage.reason === 'ended' ? 'check' : 'warning'}
        title={title}
        text={text}
        testId={`unavailable-${stage.reason}`}
      >
        {stage.reason === 'error' && (
          <Button kind="primary" onClick={() => enterRoom(room.code)}>
            {common.retry}
          </Button>
        )}
        <HomeButton primary={stage.reason !== 'error'} />
      </Notice>
    </Page>
  );
}
