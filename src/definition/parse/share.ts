/** 0.01 of `1%` or 0.01. */
export function shareOf(share: number | string): number {
  if (typeof share === 'number') return share;
  // Through a decimal text, so that 1.1% is 0.011 and not 0.011000000000000001.
  return Number(`${share.slice(0, -1)}e-2`);
}
