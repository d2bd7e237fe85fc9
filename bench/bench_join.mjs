// From the click on "join" to the first remote picture and the first sound, on loopback, in real
// Chromium: one participant sends, another joins 20 times.
import { chromiumFor } from '../tests/browser/lib/browsers.mjs';
import { Hopd } from '../tests/browser/lib/hopd.mjs';
import { PEOPLE } from '../tests/browser/lib/media.mjs';
import { until } from '../tests/browser/lib/until.mjs';
import { percentile, report } from './lib/report.mjs';

const JOINS = 20;
const BAR_MS = 1000;

const hopd = await new Hopd().start();
const code = await hopd.newRoom();
const [sender, joiner] = await Promise.all(PEOPLE.slice(0, 2).map((p) => chromiumFor(p)));
const picture = [];
const sound = [];
try {
  await sender.join(hopd.url(`/m/${code}`));
  for (let i = 0; i < JOINS; i++) {
    await joiner.join(hopd.url(`/m/${code}`));
    const marks = await until('picture and sound are there', 20000, () => joiner.evaluate(() => {
      const t = window.__hop.marks;
      return t['first-remote-frame'] && t['first-sound'] ? { ...t } : null;
    }));
    picture.push(marks['first-remote-frame'] - marks['click-join']);
    sound.push(marks['first-sound'] - marks['click-join']);
    process.stderr.write(`\rjoin ${i + 1} of ${JOINS}`);
    await joiner.click('leave');
    await until('he has left', 10000, async () => (await sender.tiles()).every((t) => t.self));
  }
  process.stderr.write('\n');
  const cases = [];
  for (const [name, values] of [['first remote picture', picture], ['first sound', sound]])
    for (const p of [50, 95])
      cases.push({ case: name, metric: `p${p}`, value: Math.round(percentile(values, p)), unit: 'ms',
        bar: p === 95 ? BAR_MS : null });
  report('join', cases);
} finally {
  await Promise.all([sender.close(), joiner.close()]);
  await hopd.remove();
}
