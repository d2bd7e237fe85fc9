// How long received pictures are held back before they are shown. A browser that loses packets shows
// frames late or drops them when their repair takes longer than its jitter buffer, which does not grow
// for that: so it is told to wait for two round trips while something is lost. Costs nothing on a clean
// line. The same rule stands in bench/video/page/hop.js.

/** What of the pictures came, and what was missing at first, since the line began. */
export interface Arrivals {
  packets: number;
  lost: number;
}

/** Losing more than this is answered. */
const lossy = 0.01;
/** … if it was more than a single packet. */
const leastLost = 2;
/** Losing less than this counts as clean. */
const clean = 0.005;
const cleanReadings = 16;
const roundTrips = 2;
const answerMs = 40;
export const mostMs = 500;

export class Playout {
  #last: Arrivals | undefined;
  #clean = 0;
  #targetMs = 0;

  get targetMs(): number {
    return this.#targetMs;
  }

  /** A reading, two a second; returns how long to hold pictures back. */
  take(now: Arrivals, rttMs: number): number {
    const last = this.#last ?? now;
    this.#last = now;
    const lost = Math.max(0, now.lost - last.lost);
    const packets = Math.max(0, now.packets - last.packets);
    const share = lost / Math.max(1, lost + packets);
    if (share > lossy && lost >= leastLost) {
      const wanted = Math.min(mostMs, Math.round(roundTrips * rttMs + answerMs));
      // A round trip that is a little shorter is no reason to jump.
      if (wanted > this.#targetMs || wanted < this.#targetMs / 2) this.#targetMs = wanted;
      this.#clean = 0;
    } else if (share < clean && this.#targetMs > 0 && ++this.#clean >= cleanReadings) {
      this.#targetMs = 0;
      this.#clean = 0;
    }
    return this.#targetMs;
  }
}
