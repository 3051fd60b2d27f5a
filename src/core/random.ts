// Chance: the only file that asks for it.

/** A number from 0 to, and without, 1. */
export type Random = () => number;

export const systemRandom: Random = () => Math.random();
