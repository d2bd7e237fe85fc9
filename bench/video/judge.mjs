// What a receiver saw, judged: from the painted frames (gaps, order, age), from what the server said
// about its slots, and from the line's own counters. Pure functions over collected logs; times are ms
// of the epoch.

/** [from, to] stretches in which the server says that it shows this participant and does not pause it. */
export function shown(events, participant, from, to) {
  const out = [];
  let since = null;
  for (const [at, event, data] of events) {
    if (event !== 'slots') continue;
    const now = data.slots.some((s) => s.participant === participant && s.state !== 'paused');
    if (now && since === null) since = at;
    if (!now && since !== null) {
      out.push([since, at]);
      since = null;
    }
  }
  if (since !== null) out.push([since, Infinity]);
  return out.map(([a, b]) => [Math.max(a, from), Math.min(b, to)]).filter(([a, b]) => b > a);
}

/** ms without a new frame of that painter within the stretches, longest first: {at, ms}. */
export function gaps(frames, id, stretches) {
  const times = frames.filter((f) => f[2] === id).map((f) => f[0]);
  const out = [];
  for (const [from, to] of stretches) {
    const inside = times.filter((t) => t >= from && t <= to);
    const marks = [...inside, to];
    // what comes before the first frame of a stretch is its start, not a freeze, if it began inside
    for (let i = 0; i + 1 < marks.length; i++) out.push({ at: marks[i], ms: marks[i + 1] - marks[i] });
    if (inside.length === 0) out.push({ at: from, ms: to - from });
  }
  return out.sort((a, b) => b.ms - a.ms);
}

/** The longest freeze over all publishers; excuses[] are [from, to] that do not count. */
export function longestFreeze(receiver, publishers, from, to) {
  let worst = { ms: 0, at: from, id: 0 };
  for (const p of publishers) {
    const [longest] = gaps(receiver.frames, p.id, shown(receiver.events, p.name, from, to));
    if (longest && longest.ms > worst.ms) worst = { ...longest, id: p.id };
  }
  return worst;
}

/** Share of the shown time that lies in gaps longer than `least` ms. */
export function frozenShare(receiver, publishers, from, to, least = 200) {
  let frozen = 0, all = 0;
  for (const p of publishers) {
    const stretches = shown(receiver.events, p.name, from, to);
    all += stretches.reduce((n, [a, b]) => n + b - a, 0);
    frozen += gaps(receiver.frames, p.id, stretches).filter((g) => g.ms > least).reduce((n, g) => n + g.ms, 0);
  }
  return all ? frozen / all : 0;
}

/** Damaged pictures: unreadable, of a wrong colour, or older than the one before. */
export function artefacts(frames) {
  const newest = new Map();
  const out = { unreadable: 0, colour: 0, backwards: 0 };
  for (const [, slot, id, number, , , error] of frames) {
    if (id < 0) out.unreadable++;
    if (error !== null && error > 40) out.colour++;
    const key = `${slot}/${id}`, last = newest.get(key);
    if (id >= 0 && last !== undefined && (number - last + 65536) % 65536 > 32768) out.backwards++;
    if (id >= 0) newest.set(key, number);
  }
  return { ...out, all: out.unreadable + out.colour + out.backwards };
}

/** Changes of the picture's width per slot: [at, slot, id, from, to]. */
export function layerChanges(frames) {
  const last = new Map(), out = [];
  for (const [at, slot, id, , , width] of frames) {
    const before = last.get(`${slot}/${id}`);
    if (before !== undefined && before !== width) out.push([at, slot, id, before, width]);
    last.set(`${slot}/${id}`, width);
  }
  return out;
}

/** bit/s of received video (without padding) between the two looks nearest to from and to. */
export function videoRate(stats, from, to, kind = 'video') {
  const near = (t) => stats.reduce((a, b) => (Math.abs(b.at - t) < Math.abs(a.at - t) ? b : a));
  const [a, b] = [near(from), near(to)];
  const total = (s) => s.streams.filter((x) => x.kind === kind).reduce((n, x) => n + x.bytesReceived, 0);
  return ((total(b) - total(a)) * 8000) / (b.at - a.at);
}

/** A counter of the received streams, summed, between two times. */
export function counted(stats, from, to, key, kind = 'video') {
  const near = (t) => stats.reduce((a, b) => (Math.abs(b.at - t) < Math.abs(a.at - t) ? b : a));
  const total = (s) => s.streams.filter((x) => x.kind === kind).reduce((n, x) => n + (x[key] ?? 0), 0);
  return total(near(to)) - total(near(from));
}

/** The line's tenths, summed over windows of `ms`: [{at (epoch ms), bps, overflow, lost, packets, maxMs}]. */
export function windows(tenths, direction, from, to, ms) {
  const epoch = tenths.wall_ms - tenths.at_ms;
  const out = [];
  for (let at = from; at + ms <= to; at += ms) {
    const rows = tenths[direction].filter((r) => r.at + epoch >= at && r.at + epoch < at + ms);
    const sum = (k) => rows.reduce((n, r) => n + r[k], 0);
    out.push({ at, bps: (sum('bytesOut') * 8000) / ms, overflow: sum('overflow'), lost: sum('lost'), packets: sum('packetsOut'),
      maxMs: Math.max(0, ...rows.map((r) => r.maxMs)) });
  }
  return out;
}

export const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
