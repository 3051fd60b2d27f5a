// A process with a wrong clock: `Date.now()` is shifted from its first line on.

/** The environment of a Node process whose clock is ahead by this much, or behind if negative. */
export function shiftedClock(aheadMs: number): { readonly NODE_OPTIONS: string } {
  const shift = `const now = Date.now; Date.now = () => now() + ${aheadMs}`;
  return { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(shift)}` };
}
