// Randomness: the only file that uses it.

/** A number in [0, 1). */
export type Random = () => number;

export const systemRandom: Random = () => Math.random();
