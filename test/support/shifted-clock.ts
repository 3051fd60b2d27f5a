// The clock of a process that is off: what `Date.now()` says in it, from its first line on.

/** The environment of a Node process whose clock is so much ahead of everybody else's, or behind where it is negative. */
export function shiftedClock(aheadMs: number): { readonly NODE_OPTIONS: string } {
  const shift = `const now = Date.now; Date.now = () => now() + ${aheadMs}`;
  return { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(shift)}` };
}
