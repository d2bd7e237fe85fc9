// How busy the machine was: a benchmark on a full machine measures the machine.
import fs from 'node:fs';

function times() {
  const [, ...t] = /^cpu .*/.exec(fs.readFileSync('/proc/stat', 'utf8'))[0].split(/\s+/);
  const n = t.slice(0, 8).map(Number);
  return { idle: n[3] + n[4], all: n.reduce((a, b) => a + b, 0) };
}

/** Returns a function that tells the share of all processors in use since, in %. */
export function cpu() {
  const from = times();
  return () => {
    const to = times();
    return Math.round(100 * (1 - (to.idle - from.idle) / (to.all - from.all)));
  };
}
