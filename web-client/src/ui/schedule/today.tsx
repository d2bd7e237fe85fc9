// What is about to start and who is missing; the own meetings of today; the personal room.

import { useEffect, useState } from 'preact/hooks';
import { formatDate } from '../../i18n/format';
import { ownZone, parseDate, toInstant } from '../../i18n/zones';
import { errorCode } from '../../protocol/errors';
import type { SoonMeeting } from '../../protocol/meetings';
import { meetingsApi } from '../../session/meetings-api';
import { errorText, t } from '../../state/i18n';
import { addDays } from '../../state/recurrence';
import { isGoing } from '../../state/schedule';
import { toast } from '../../state/toasts';
import { sayDayLong, sayHours, words } from '../../state/words';
import { copyText } from '../meeting/stage';
import { Button } from '../parts/button';
import { Icon } from '../parts/icons';
import { useLoaded } from '../parts/load';
import { Link } from '../parts/page';
import { linkOf, MeetingRow } from './row';

const refreshMs = 10_000;
const namesShown = 6;

/** Counts the clock on, and asks again while somebody looks. */
function useClock(again: () => void): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.hidden) return;
      setNow(Date.now());
      again();
    }, refreshMs);
    return () => clearInterval(timer);
  }, []);
  return now;
}

export function TodayTab() {
  const { today } = words.value;
  const date = formatDate(new Date().toISOString(), ownZone());
  return (
    <>
      <h1>
        {today.title} <span class="muted today-date">{sayDayLong(date, false)}</span>
      </h1>
      <div class="today-grid">
        <div class="today-main">
          <Soon />
          <Mine />
        </div>
        <aside>
          <PersonalRoom />
        </aside>
      </div>
    </>
  );
}

function Soon() {
  const { today } = words.value;
  const soon = useLoaded(() => meetingsApi.dashboard(), []);
  const now = useClock(soon.again);
  const list = (soon.value ?? []).filter((one) => !isGoing(one));
  return (
    <section class="meeting-list" aria-labelledby="soon-title">
      <h2 id="soon-title">{today.soon}</h2>
      {soon.error && (
        <p class="problem" role="alert">
          {errorText(soon.error)}
        </p>
      )}
      {soon.value && list.length === 0 && (
        <div class="recent-empty">
          <Icon name="clock" size={28} />
          <div>
            <strong>{today.soonEmpty}</strong>
            <p>{today.soonEmptyHint}</p>
          </div>
        </div>
      )}
      <ul>
        {list.map((one) => (
          <SoonCard key={`${one.id}/${one.occurrence}`} of={one} now={now} />
        ))}
      </ul>
    </section>
  );
}

function SoonCard({ of, now }: { of: SoonMeeting; now: number }) {
  const { today, meeting, roles } = words.value;
  const minutes = Math.max(0, Math.ceil((new Date(of.starts_at).getTime() - now) / 60_000));
  const shown = of.missing.slice(0, namesShown);
  return (
    <li class="card soon-card" data-testid="soon-meeting" data-id={of.id}>
      <div class="soon-head">
        <div class="meeting-when">
          <strong>{sayHours(of)}</strong>
          <span class={minutes === 0 ? 'running' : ''}>
            {minutes === 0
              ? today.running
              : today.inTime(today.hours(Math.floor(minutes / 60), minutes % 60))}
          </span>
        </div>
        <div class="meeting-what">
          <h3>
            <Link to={`/meetings/${of.id}`} class="meeting-title">
              {of.title}
            </Link>
          </h3>
          <p class="meeting-facts">
            <span class={`status ${of.here > 0 ? 'open' : ''}`}>{today.here(of.here)}</span>
            {of.waiting > 0 && <span class="status warning">{today.waiting(of.waiting)}</span>}
            {of.place && (
              <span class="fact">
                <Icon name="place" size={16} />
                {of.place}
              </span>
            )}
          </p>
        </div>
        <Link to={`/m/${of.code}`} class="button primary small">
          <Icon name="enter" size={18} />
          <span>{meeting.enter}</span>
        </Link>
      </div>
      <div class="missing" data-testid="missing">
        {of.missing.length === 0 ? (
          <p class="all-here">
            <Icon name="check" size={18} />
            {today.allHere}
          </p>
        ) : (
          <>
            <h4>{today.missing(of.missing.length)}</h4>
            <ul>
              {shown.map((one) => (
                <li key={one.id} class="missing-name">
                  <strong>{one.name}</strong>
                  <span>{[roles[one.role], one.unit_name].filter(Boolean).join(' · ')}</span>
                </li>
              ))}
              {of.missing.length > shown.length && (
                <li class="missing-name more-names">
                  {today.moreMissing(of.missing.length - shown.length)}
                </li>
              )}
            </ul>
          </>
        )}
      </div>
    </li>
  );
}

function Mine() {
  const { today } = words.value;
  const zone = ownZone();
  const day = parseDate(formatDate(new Date().toISOString(), zone)) ?? {
    day: 1,
    month: 1,
    year: 2000,
  };
  const midnight = { hour: 0, minute: 0 };
  const mine = useLoaded(
    () =>
      meetingsApi.list({
        from: toInstant({ ...day, ...midnight }, zone).toISOString(),
        to: toInstant({ ...addDays(day, 1), ...midnight }, zone).toISOString(),
        mine: true,
        limit: 100,
      }),
    [],
  );
  const list = (mine.value?.meetings ?? []).filter((one) => !isGoing(one));
  return (
    <section class="meeting-list" aria-labelledby="mine-title">
      <h2 id="mine-title">{today.mine}</h2>
      {mine.error && (
        <p class="problem" role="alert">
          {errorText(mine.error)}
        </p>
      )}
      {mine.value && list.length === 0 && <p class="muted">{today.mineEmpty}</p>}
      <ul>
        {list.map((one) => (
          <MeetingRow key={`${one.id}/${one.occurrence}`} of={one} again={mine.again} />
        ))}
      </ul>
    </section>
  );
}

export function PersonalRoom() {
  const { today } = words.value;
  const room = useLoaded(() => meetingsApi.room(), []);
  const make = (): void =>
    void meetingsApi
      .makeRoom()
      .then(room.set, (error: unknown) => toast(errorText(errorCode(error)), 'bad'));
  return (
    <section class="card room-card" aria-labelledby="room-title">
      <span class="room-icon">
        <Icon name="video" size={24} />
      </span>
      <h2 id="room-title">{today.room}</h2>
      <p class="muted">{today.roomText}</p>
      {room.value ? (
        <>
          <p class="code" data-testid="own-room">
            {room.value.code}
          </p>
          <div class="head-actions">
            <Link to={`/m/${room.value.code}`} class="button primary small">
              <Icon name="enter" size={18} />
              <span>{today.roomEnter}</span>
            </Link>
            <Button small icon="link" onClick={() => void copyText(linkOf(room.value?.code ?? ''))}>
              {t.value.common.copyLink}
            </Button>
          </div>
        </>
      ) : (
        <Button small icon="plus" testId="room-make" onClick={make}>
          {today.roomMake}
        </Button>
      )}
    </section>
  );
}
