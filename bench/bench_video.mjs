// ./dev bench video [--case NAME]… [--peer janus] [--json FILE] [--dump DIR]: what receivers on bad lines
// see, with the real hopd and real Chromium. The cases are in bench/video/cases.mjs; without --case all
// of them run, one after the other. --dump keeps what was collected, for looking into it.
import fs from 'node:fs';
import path from 'node:path';
import { report } from './lib/report.mjs';
import { CASES } from './video/cases.mjs';
import { cpu } from './video/cpu.mjs';
import { HopServer, JanusServer, Meeting } from './video/meeting.mjs';

function option(name) {
  return process.argv.flatMap((a, i) => (a === name && process.argv[i + 1] ? [process.argv[i + 1]] : []));
}

const wanted = option('--case');
const unknown = wanted.filter((w) => !CASES[w]);
if (unknown.length || process.argv.includes('--list')) {
  if (unknown.length) console.error(`there is no case ${unknown.join(', ')}`);
  for (const [name, c] of Object.entries(CASES)) console.log(`${name.padEnd(12)} ${c.title}`);
  process.exit(unknown.length ? 2 : 0);
}

const peer = option('--peer')[0];
const names = (wanted.length ? wanted : Object.keys(CASES)).filter((name) => !peer || CASES[name].peers);
const rows = [];
for (const name of names) {
  const title = peer ? `${peer}: ${CASES[name].title}` : CASES[name].title;
  const { run } = CASES[name];
  const meeting = new Meeting();
  const used = cpu();
  console.error(`# ${title}`);
  try {
    for (const r of await run(meeting, peer ? new JanusServer() : new HopServer()))
      rows.push({ case: title, ...r, ...(peer ? { bar: null } : {}) });
    const { busy, by } = used();
    rows.push({ case: title, metric: 'of the machine busy', value: busy, unit: '%', bar: null });
    console.error(`# processors, % of one: ${by.map(([what, p]) => `${what} ${p}`).join(', ')}`);
  } catch (e) {
    console.error(`# ${title}: ${e.stack}`);
    rows.push({ case: title, metric: `did not run: ${e.message.split('\n')[0]}`, value: Infinity, unit: '', bar: 0 });
  } finally {
    const [dir] = option('--dump');
    if (dir) await meeting.keep(path.join(path.resolve(process.env.HOP_BENCH_CWD ?? '.', dir), `${peer ?? ''}${name}.json`), fs);
    await meeting.close();
  }
}
report('video', rows);
