// Before the room opens: how long still, and the promise to be let in.

import { useEffect, useState } from 'preact/hooks';
import { formatDateTime, formatDuration } from '../i18n/format';
import { t } from '../state/i18n';
import type { Room } from '../state/room';
import { Button } from './parts/button';
import { Icon } from './parts/icons';
import { Page } from './parts/page';
import { DeviceToggles, Preview } from './prejoin';

export function Waiting(props: { room: Room; opensAt: string | null; title: string }) {
  const { room, opensAt, title } = props;
  const { waiting, prejoin, meeting } = t.value;
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const left = opensAt ? new Date(opensAt).getTime() - now : 0;
  return (
    <Page centred>
      <section class="waiting" data-testid="waiting">
        <div class="waiting-text">
          <span class="notice-icon">
            <Icon name="clock" size={32} />
          </span>
          <h1>{title || prejoin.untitled}</h1>
          <p class="lead">{waiting.title}</p>
          {left > 0 && opensAt ? (
            <>
              <p class="countdown" role="timer" data-testid="countdown">
                {formatDuration(left)}
              </p>
              <p>{waiting.opensAt(formatDateTime(opensAt))}</p>
            </>
          ) : (
            <p class="countdown soon">{waiting.soon}</p>
          )}
          <p class="muted">{waiting.auto}</p>
          <Button kind="plain" icon="out" onClick={() => void room.leave()}>
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
