// Which page, and what lies over all of them. The secretary's and the operators' pages are loaded
// only when somebody opens them.

import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../state/i18n';
import { go, route } from '../state/router';
import { Home } from './home';
import { LineTestPage } from './line-test';
import { Button } from './parts/button';
import { Notice, Page } from './parts/page';
import { Toasts } from './parts/toasts';
import { RoomPage } from './room';

export function App() {
  return (
    <>
      <CurrentPage />
      <Toasts />
    </>
  );
}

const meetings = () => import('./schedule/meetings').then((module) => module.Meetings);
const meeting = () => import('./schedule/meeting').then((module) => module.MeetingPage);
const editor = () => import('./schedule/editor').then((module) => module.EditorPage);
const people = () => import('./admin/people').then((module) => module.People);
const groups = () => import('./admin/groups').then((module) => module.Groups);
const resources = () => import('./admin/resources').then((module) => module.Resources);
const account = () => import('./admin/account').then((module) => module.AccountPage);
const ops = () => import('./ops/ops').then((module) => module.Ops);
const invitation = () => import('./invitation').then((module) => module.InvitationPage);

function CurrentPage() {
  const now = route.value;
  switch (now.page) {
    case 'home':
      return <Home />;
    case 'room':
      return <RoomPage key={now.code} code={now.code} />;
    case 'test':
      return <LineTestPage key={now.code} code={now.code} />;
    case 'meetings':
      return <Later key="meetings" load={meetings} />;
    case 'meeting':
      return <Later key={`meeting-${now.id}`} load={meeting} />;
    case 'editor':
      return <Later key={`editor-${now.id}-${now.occurrence}`} load={editor} />;
    case 'groups':
      return <Later key="groups" load={groups} />;
    case 'resources':
      return <Later key="resources" load={resources} />;
    case 'invitation':
      return <Later key="invitation" load={invitation} />;
    case 'people':
      return <Later key="people" load={people} />;
    case 'account':
      return <Later key="account" load={account} />;
    case 'ops':
      return <Later key="ops" load={ops} />;
    case 'not-found':
      return (
        <Page centred>
          <Notice icon="warning" title={t.value.notFound.title} text={t.value.notFound.hint}>
            <Button kind="primary" onClick={() => go('/')}>
              {t.value.common.home}
            </Button>
          </Notice>
        </Page>
      );
  }
}

function Later({ load }: { load: () => Promise<ComponentType> }) {
  const [Part, setPart] = useState<ComponentType | null>(null);
  useEffect(() => {
    load().then(
      (part) => setPart(() => part),
      // A new version of the page was installed under this one.
      () => location.reload(),
    );
  }, [load]);
  return Part ? (
    <Part />
  ) : (
    <Page centred>
      <span class="spinner large" role="status" aria-label={t.value.common.loading} />
    </Page>
  );
}
