// How busy the machine was, and with what: a benchmark on a full machine measures the machine.
import fs from 'node:fs';

const TICKS = 100; // a second, in /proc

function machine() {
  const [, ...t] = /^cpu .*/.exec(fs.readFileSync('/proc/stat', 'utf8'))[0].split(/\s+/);
  const n = t.slice(0, 8).map(Number);
  return { idle: n[3] + n[4], all: n.reduce((a, b) => a + b, 0) };
}

/** pid → { what, ticks } of everything that runs. */
function processes() {
  const out = new Map();
  for (const pid of fs.readdirSync('/proc').filter((d) => /^\d+$/.test(d))) {
    try {
      const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const command = fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1');
      const type = /--type=([a-z-]+)/.exec(command)?.[1], sub = /utility-sub-type=([a-z]+)/.exec(command)?.[1];
      const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
      out.set(pid, { what: [name, type, sub].filter(Boolean).join(' '), ticks: Number(fields[11]) + Number(fields[12]) });
    } catch { /* has ended */ }
  }
  return out;
}

/** Returns a function that tells what has been used since: { busy: % of all processors,
 * by: [[what, % of one processor], …] }. */
export function cpu() {
  const from = machine(), then = processes(), began = Date.now();
  return () => {
    const to = machine(), by = new Map();
    for (const [pid, { what, ticks }] of processes())
      by.set(what, (by.get(what) ?? 0) + ticks - (then.get(pid)?.ticks ?? 0));
    const seconds = (Date.now() - began) / 1000;
    return { busy: Math.round(100 * (1 - (to.idle - from.idle) / (to.all - from.all))),
      by: [...by].map(([what, t]) => [what, Math.round((100 * t) / TICKS / seconds)]).filter(([, p]) => p >= 2).sort((a, b) => b[1] - a[1]) };
  };
}
