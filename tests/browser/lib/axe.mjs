// axe-core on a page: what WCAG 2.2 AA forbids, as lines to read.
import fs from 'node:fs';
import { createRequire } from 'node:module';

const source = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** Empty: nothing was found. The page's policy forbids foreign scripts, so axe comes by the debugger. */
export async function faults(page) {
  await page.page.evaluate(source);
  return page.evaluate(async (tags) => {
    // what is still moving has not its colours yet
    await Promise.allSettled(document.getAnimations().map((a) => a.effect?.getTiming().iterations === Infinity
      ? null : (a.finish(), a.finished)));
    const { violations } = await window.axe.run(document, { runOnly: tags, resultTypes: ['violations'] });
    return violations.flatMap((v) => v.nodes.map((n) =>
      `${v.id}: ${n.target.join(' ')} ${n.html.slice(0, 160)} ${n.any[0]?.message ?? n.all[0]?.message ?? n.none[0]?.message ?? ''}`));
  }, TAGS);
}
