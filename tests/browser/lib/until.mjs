/** Waits until `probe` answers something true, and returns that; fails with what it saw last. */
export async function until(what, ms, probe, every = 100) {
  const end = Date.now() + ms;
  let last;
  for (;;) {
    try {
      last = await probe();
      if (last) return last;
    } catch (e) {
      last = e;
    }
    if (Date.now() > end) throw new Error(`not in ${ms} ms: ${what}; last: ${last?.stack ?? JSON.stringify(last)}`);
    await new Promise((r) => setTimeout(r, every));
  }
}
