// /meetings: what is on today, the list, the calendar, the invitations' mail.

import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { has } from '../../state/account';
import { t } from '../../state/i18n';
import { type MeetingTab, route } from '../../state/router';
import { mayPlan } from '../../state/schedule';
import { words } from '../../state/words';
import { SignedIn } from '../admin/sign-in';
import { Icon } from '../parts/icons';
import { Link } from '../parts/page';
import { SubNav } from '../parts/subnav';
import { ListTab } from './list';
import { MailTab } from './mail';
import { TodayTab } from './today';
import '../styles/admin.css';
import '../styles/people.css';
import '../styles/schedule.css';

const bodies = { today: TodayTab, list: ListTab, calendar: LaterCalendar, mail: MailTab };

/** The event calendar is by far the biggest part. */
function LaterCalendar() {
  const [Part, setPart] = useState<ComponentType | null>(null);
  useEffect(
    () =>
      void import('./calendar').then(
        (module) => setPart(() => module.CalendarTab),
        () => location.reload(),
      ),
    [],
  );
  return Part ? (
    <Part />
  ) : (
    <span class="spinner large" role="status" aria-label={t.value.common.loading} />
  );
}

export function Meetings() {
  return (
    <SignedIn at="meetings">
      <Inside />
    </SignedIn>
  );
}

function Inside() {
  const { nav, meeting } = words.value;
  const tab: MeetingTab = route.value.page === 'meetings' ? route.value.tab : 'today';
  const Body = bodies[tab];
  const tabs: MeetingTab[] = ['today', 'list', 'calendar'];
  if (has('administrator', 'secretary')) tabs.push('mail');
  return (
    <div class={`admin schedule ${tab}`}>
      <header class="page-head">
        <SubNav
          label={nav.label}
          links={tabs.map((name) => ({
            to: name === 'today' ? '/meetings' : `/meetings/${name}`,
            label: nav[name],
            current: name === tab,
            testId: `tab-${name}`,
          }))}
        />
        {mayPlan() && <NewMeeting label={meeting.new} />}
      </header>
      <Body />
    </div>
  );
}

function NewMeeting({ label }: { label: string }) {
  return (
    <Link to="/meetings/new" class="button primary" testId="meeting-create">
      <Icon name="plus" size={20} />
      <span>{label}</span>
    </Link>
  );
}
