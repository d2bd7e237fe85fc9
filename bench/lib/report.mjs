// The one form of every benchmark's result: a table for people, JSON for machines.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Prints the cases and, with `--json FILE`, writes them. `bar` null: a figure without a bar;
 * `better: 'more'`: at least that much. */
export function report(bench, cases) {
  for (const c of cases) {
    const more = c.better === 'more';
    c.holds = c.bar === null || c.bar === undefined ? null : more ? c.value >= c.bar : c.value <= c.bar;
  }
  const rows = cases.map((c) => [c.case, c.metric, String(c.value), c.unit, c.holds === null ? '' : `${c.better === 'more' ? '≥' : '≤'} ${c.bar}`,
    c.holds === null ? '' : c.holds ? 'holds' : 'MISSED']);
  const head = ['case', 'metric', 'value', 'unit', 'bar', ''];
  const width = head.map((h, i) => Math.max(h.length, ...rows.map((r) => r[i].length)));
  for (const r of [head, ...rows]) console.log(r.map((x, i) => x.padEnd(width[i])).join('  ').trimEnd());
  const at = process.argv.indexOf('--json');
  if (at > 0 && process.argv[at + 1]) {
    const file = path.resolve(process.env.HOP_BENCH_CWD ?? '.', process.argv[at + 1]);
    const machine = { cpus: os.cpus().length, model: os.cpus()[0]?.model, kernel: os.release(),
      memory_bytes: os.totalmem() };
    fs.writeFileSync(file, `${JSON.stringify({ bench, commit: process.env.HOP_BENCH_COMMIT, machine, cases }, null, 2)}\n`);
  }
  process.exitCode = cases.some((c) => c.holds === false) ? 1 : 0;
}

/** The p-th percentile (0..100), nearest rank. */
export function percentile(values, p) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)];
}
