// Before the door: what is waited for, until when, and the promise to be let in.

import { useEffect, useState } from 'preact/hooks';
import { formatDateTime, formatDuration } from '../i18n/format';
import type { WaitingFor } from '../protocol/messages';
import { t } from '../state/i18n';
import type { Room } from '../state/room';
import { Button } from './parts/button';
import { Icon, type IconName } from './parts/icons';
import { Page } from './parts/page';
import { DeviceToggles, Preview } from './prejoin';

const icons: Record<WaitingFor['reason'], IconName> = {
  early: 'clock',
  lobby: 'door',
  chair: 'people',
};

export function Waiting({ room, waiting }: { room: Room; waiting: WaitingFor }) {
  const { waiting: words, prejoin, meeting } = t.value;
  const { reason } = waiting;
  return (
    <Page centred>
      <section class="waiting" data-testid="waiting" data-reason={reason}>
        <div class="waiting-text">
          <span class="notice-icon">
            <Icon name={icons[reason]} size={32} />
          </span>
          <h1>{waiting.title || prejoin.untitled}</h1>
          <div role="status">
            <p class="lead">
              {reason === 'early' ? words.title : reason === 'lobby' ? words.lobby : words.chair}
            </p>
          </div>
          <Until waiting={waiting} />
          <p class="muted">{reason === 'lobby' ? words.lobbyHint : words.auto}</p>
          <p class="muted">{words.devices}</p>
          <Button kind="plain" icon="out" testId="waiting-leave" onClick={() => void room.leave()}>
            {meeting.leaveShort}
          </Button>
        </div>
        <div class="waiting-preview">
          <Preview room={room} />
          <DeviceToggles room={room} />
        </div>
      </section>
    </Page>
  );
}

/** The hour at which the waiting ends by itself, if there is one. */
function Until({ waiting }: { waiting: WaitingFor }) {
  const { waiting: words } = t.value;
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const { opens_at, starts_at, reason } = waiting;
  const left = opens_at ? new Date(opens_at).getTime() - now : 0;
  if (left > 0 && opens_at)
    return (
      <>
        <p class="countdown" role="timer" data-testid="countdown">
          {formatDuration(left)}
        </p>
        <p>{words.opensAt(formatDateTime(opens_at))}</p>
      </>
    );
  if (reason === 'early') return <p class="countdown soon">{words.soon}</p>;
  return starts_at ? <p>{words.startsAt(formatDateTime(starts_at))}</p> : null;
}
