// People, groups, resources: the pages of the directory.

import { has } from '../../state/account';
import { words } from '../../state/words';
import { SubNav } from '../parts/subnav';

export function DirectoryNav({ at }: { at: 'people' | 'groups' | 'resources' }) {
  const { nav } = words.value;
  const pages = (['people', 'groups', 'resources'] as const).filter(
    (name) => name !== 'people' || has('administrator'),
  );
  return (
    <SubNav
      label={nav.directory}
      links={pages.map((name) => ({
        to: `/${name}`,
        label: nav[name],
        current: name === at,
        testId: `tab-${name}`,
      }))}
    />
  );
}
