// The frame of the quiet pages: skip link, top bar, main.

import type { ComponentChildren } from 'preact';
import { has, user } from '../../state/account';
import { t } from '../../state/i18n';
import { go } from '../../state/router';
import { Icon, type IconName, Logo } from './icons';
import { Preferences } from './preferences';

/** A link that stays inside the page. */
export function Link(props: {
  to: string;
  class?: string;
  current?: boolean;
  testId?: string;
  children: ComponentChildren;
}) {
  return (
    <a
      href={props.to}
      class={props.class ?? ''}
      aria-current={props.current ? 'page' : undefined}
      data-testid={props.testId}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        go(props.to);
      }}
    >
      {props.children}
    </a>
  );
}

function TopLink(props: { to: string; icon: IconName; label: string; current: boolean }) {
  return (
    <Link to={props.to} class="top-link" current={props.current}>
      <Icon name={props.icon} size={18} />
      <span>{props.label}</span>
    </Link>
  );
}

export type PlaceName = 'home' | 'meetings' | 'people' | 'account' | 'ops' | 'invitation';

export interface PageProps {
  at?: PlaceName;
  /** The content fills the window and centres itself. */
  centred?: boolean;
  children: ComponentChildren;
}

export function Page({ at, centred = false, children }: PageProps) {
  const { home, common } = t.value;
  return (
    <div class="page">
      <a class="skip" href="#main">
        {common.skip}
      </a>
      <header class="top">
        <Link to="/" class="brand">
          <Logo size={32} />
          <span>họp</span>
        </Link>
        <nav aria-label={common.pages}>
          {user.value ? (
            <>
              <TopLink
                to="/meetings"
                icon="calendar"
                label={home.manage}
                current={at === 'meetings'}
              />
              {has('administrator', 'secretary') && (
                <TopLink
                  to={has('administrator') ? '/people' : '/groups'}
                  icon="people"
                  label={home.people}
                  current={at === 'people'}
                />
              )}
              {has('administrator', 'operator') && (
                <TopLink to="/ops" icon="gauge" label={home.operations} current={at === 'ops'} />
              )}
              <TopLink to="/account" icon="user" label={home.account} current={at === 'account'} />
            </>
          ) : (
            at !== 'meetings' && (
              <TopLink to="/meetings" icon="user" label={common.signIn} current={false} />
            )
          )}
        </nav>
        <Preferences />
      </header>
      <main id="main" tabIndex={-1} class={centred ? 'centred' : ''}>
        {children}
      </main>
    </div>
  );
}

/** One message in the middle: an icon, a heading, a sentence, what to do. */
export function Notice(props: {
  icon: IconName;
  title: string;
  text?: string;
  children?: ComponentChildren;
  testId?: string;
}) {
  return (
    <section class="notice" data-testid={props.testId}>
      <span class="notice-icon">
        <Icon name={props.icon} size={32} />
      </span>
      <h1>{props.title}</h1>
      {props.text && <p>{props.text}</p>}
      {props.children && <div class="actions">{props.children}</div>}
    </section>
  );
}
