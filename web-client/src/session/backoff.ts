// When to try again after the line was lost. All must be back within 5 s of a server's start, so the
// pause never grows beyond 4 s; jitter keeps a room of hundreds from coming in one instant.

export const resumeWithinMs = 30_000;

const firstMs = 200;
const growth = 1.6;
const capFirstMinuteMs = 2_000;
const capLaterMs = 4_000;

/** `attempt` 0 is at once. `random` is in 0..1. */
export function pauseBefore(attempt: number, sinceLostMs: number, random: number): number {
  if (attempt <= 0) return 0;
  const cap = sinceLostMs < 60_000 ? capFirstMinuteMs : capLaterMs;
  const pause = Math.min(cap, firstMs * growth ** (attempt - 1));
  return Math.round(pause * (0.7 + 0.3 * random));
}
