// One time of a meeting as a row, with what can be done with it.

import { useState } from 'preact/hooks';
import { formatDate } from '../../i18n/format';
import { ownZone } from '../../i18n/zones';
import { errorCode } from '../../protocol/errors';
import type { Occurrence } from '../../protocol/meetings';
import { meetingsApi } from '../../session/meetings-api';
import { noteSignedOut } from '../../state/account';
import { errorText, t } from '../../state/i18n';
import { go } from '../../state/router';
import { cancelMeeting, isOver, mayPlan } from '../../state/schedule';
import { toast } from '../../state/toasts';
import { sayHours, sayRule, sayWhen, words } from '../../state/words';
import { copyText } from '../meeting/stage';
import { IconButton } from '../parts/button';
import { Confirm } from '../parts/dialog';
import { Icon } from '../parts/icons';
import { Menu, type MenuEntry } from '../parts/menu';
import { Link } from '../parts/page';

export const linkOf = (code: string): string => new URL(`/m/${code}`, location.href).href;

export function MeetingRow({ of, again }: { of: Occurrence; again: () => void }) {
  const { status, list, meeting } = words.value;
  const over = isOver(of.status);
  return (
    <li
      class={`card meeting-row ${of.status}`}
      data-testid="meeting-row"
      data-code={of.code}
      data-id={of.id}
      data-occurrence={of.occurrence ?? ''}
    >
      <div class="meeting-when">
        <strong>{sayHours(of)}</strong>
        {of.time_zone !== ownZone() && <span class="zone">{of.time_zone.replace(/_/g, ' ')}</span>}
      </div>
      <div class="meeting-what">
        <h3>
          <Link to={`/meetings/${of.id}`} class="meeting-title">
            {of.title}
          </Link>
        </h3>
        <p class="meeting-facts">
          <span class={`status ${of.status}`}>{status[of.status]}</span>
          {of.conflict && (
            <span class="status warning">
              <Icon name="warning" size={14} />
              {list.conflict}
            </span>
          )}
          {of.rrule && (
            <span class="fact">
              <Icon name="repeat" size={16} />
              {sayRule(of.rrule, of.starts_at, of.time_zone)}
            </span>
          )}
          {of.place && (
            <span class="fact">
              <Icon name="place" size={16} />
              {of.place}
            </span>
          )}
          {of.chair && (
            <span class="fact">
              {meeting.chair}: {of.chair.name}
            </span>
          )}
        </p>
      </div>
      <div class="meeting-actions">
        {!over && of.status !== 'draft' && (
          <>
            <Link to={`/m/${of.code}`} class="button plain small">
              <Icon name="enter" size={18} />
              <span>{meeting.enter}</span>
            </Link>
            <IconButton
              icon="link"
              label={`${t.value.common.copyLink}: ${of.title}`}
              tipText={t.value.common.copyLink}
              size="small"
              testId="meeting-copy"
              onClick={() => void copyText(linkOf(of.code))}
            />
          </>
        )}
        <MeetingMenu of={of} again={again} />
      </div>
    </li>
  );
}

export async function copyMeeting(id: number): Promise<void> {
  try {
    const made = await meetingsApi.duplicate(id);
    go(`/meetings/${made.id}/edit`);
  } catch (error) {
    noteSignedOut(error);
    toast(errorText(errorCode(error)), 'bad');
  }
}

/** `here`: on the meeting's own page. */
export function MeetingMenu(props: { of: Occurrence; again: () => void; here?: boolean }) {
  const { of, again, here = false } = props;
  const { meeting } = words.value;
  const [asking, setAsking] = useState<'one' | 'all' | null>(null);
  const over = isOver(of.status);
  const series = of.rrule !== null;
  const one = series && of.occurrence !== null;
  const entries: (MenuEntry | null)[] = [];
  const add = (entry: MenuEntry): void => void entries.push(entry);
  if (!here) add({ label: meeting.details, icon: 'search', run: () => go(`/meetings/${of.id}`) });
  add({
    label: meeting.download,
    icon: 'download',
    testId: 'meeting-ics',
    run: () => location.assign(meetingsApi.inviteUrl(of.id)),
  });
  if (mayPlan()) {
    if (one && !over)
      add({
        label: meeting.editOne,
        icon: 'pencil',
        testId: 'meeting-edit-one',
        run: () => go(`/meetings/${of.id}/edit/${of.occurrence}`),
      });
    if (!over || series)
      add({
        label: series ? meeting.editSeries : meeting.edit,
        icon: 'pencil',
        testId: 'meeting-edit',
        run: () => go(`/meetings/${of.id}/edit`),
      });
    add({
      label: meeting.duplicate,
      icon: 'copy',
      testId: 'meeting-duplicate',
      run: () => void copyMeeting(of.id),
    });
    if (!over) entries.push(null);
    if (one && !over)
      add({
        label: meeting.cancelOne,
        icon: 'close',
        danger: true,
        testId: 'meeting-cancel-one',
        run: () => setAsking('one'),
      });
    if (!over)
      add({
        label:
          of.status === 'draft' ? meeting.remove : series ? meeting.cancelSeries : meeting.cancel,
        icon: 'close',
        danger: true,
        testId: 'meeting-cancel',
        run: () => (of.status === 'draft' ? cancelMeeting(of, null, again) : setAsking('all')),
      });
  }
  return (
    <>
      <Menu
        label={meeting.actions(of.title)}
        look="icon-button plain small"
        testId="meeting-menu"
        entries={entries}
      >
        <Icon name="more" size={20} />
      </Menu>
      {asking && (
        <Confirm
          title={asking === 'one' ? meeting.cancelOne : meeting.cancelTitle}
          text={
            asking === 'one'
              ? meeting.cancelOneText(of.title, sayWhen(of))
              : meeting.cancelText(of.title)
          }
          confirm={asking === 'one' ? meeting.cancelOne : meeting.cancel}
          cancel={meeting.keep}
          testId="meeting-cancel-confirm"
          onClose={() => setAsking(null)}
          onConfirm={() => cancelMeeting(of, asking === 'one' ? of.occurrence : null, again)}
        />
      )}
    </>
  );
}

/** By day, each where the meeting is. */
export function byDay(list: readonly Occurrence[]): [string, Occurrence[]][] {
  const days = new Map<string, Occurrence[]>();
  for (const one of list) {
    const day = formatDate(one.starts_at, one.time_zone);
    const found = days.get(day);
    if (found) found.push(one);
    else days.set(day, [one]);
  }
  return [...days];
}
