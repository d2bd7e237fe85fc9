// Who may use whom: protocol < session + media < state < ui; i18n knows only the protocol's words.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../src', import.meta.url));

const may: Record<string, string[]> = {
  protocol: [],
  i18n: ['protocol'],
  session: ['protocol'],
  media: ['protocol'],
  state: ['protocol', 'i18n', 'session', 'media'],
  ui: ['protocol', 'i18n', 'session', 'media', 'state'],
};
/** Which packages a layer may name. */
const packages: Record<string, string[]> = {
  protocol: [],
  i18n: [],
  session: [],
  media: [],
  state: ['@preact/signals'],
  ui: [
    '@preact/signals',
    'preact',
    'preact/hooks',
    'uqr',
    '@event-calendar/core',
    '@event-calendar/core/index.css',
  ],
};

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sources(path);
    return /\.tsx?$/.test(name) && !/\.test\.ts$/.test(name) ? [path] : [];
  });
}

function importsOf(source: string): string[] {
  const statements =
    /^(?:import|export)\b[^;']*\bfrom\s*'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)/gm;
  return [...source.matchAll(statements)].map(
    ([, from, bare, later]) => from ?? bare ?? later ?? '',
  );
}

describe('layers', () => {
  const files = sources(root);

  it('every folder has its rule', () => {
    const folders = new Set(files.map((path) => relative(root, path).split('/')[0]));
    expect([...folders].sort()).toEqual(Object.keys(may).sort());
  });

  it.each(files.map((path) => relative(root, path)))('%s', (path) => {
    const layer = path.split('/')[0] ?? '';
    const full = join(root, path);
    for (const name of importsOf(readFileSync(full, 'utf8'))) {
      if (!name.startsWith('.')) {
        expect(packages[layer], `${path} uses the package ${name}`).toContain(name);
        continue;
      }
      const target = relative(root, join(dirname(full), name)).split('/')[0] ?? '';
      if (target !== layer) expect(may[layer], `${path} uses ${target}`).toContain(target);
    }
  });

  it('the reader of imports sees all kinds', () => {
    const source = `import a from 'a';\nimport type { B } from './b';\nimport './c.css';\nimport('d')`;
    expect(importsOf(source)).toEqual(['a', './b', './c.css', 'd']);
  });

  it('components and media never write HTML from text', () => {
    for (const path of files)
      expect(readFileSync(path, 'utf8'), path).not.toMatch(
        /dangerouslySetInnerHTML|innerHTML|eval\(/,
      );
  });
});
