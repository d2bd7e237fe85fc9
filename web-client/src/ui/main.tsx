// The page begins here.

import { effect } from '@preact/signals';
import { render } from 'preact';
import { loadClient } from '../state/account';
import { current, watchNetwork } from '../state/current';
import { watchAddress } from '../state/router';
import { applyToDocument, settings } from '../state/settings';
import { App } from './app';

effect(() => applyToDocument(document.documentElement, settings.value));
effect(() => {
  const title = current.value?.roster.room.value?.title ?? current.value?.info.value?.title;
  document.title = title ? `${title} · họp` : 'họp';
});
watchAddress();
watchNetwork();
// Pages that need the answer ask again; a failure here is theirs to show.
loadClient().catch(() => {});

const root = document.getElementById('app');
if (root) render(<App />, root);
