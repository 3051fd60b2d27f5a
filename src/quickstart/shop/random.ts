// Seeded random numbers: the same shop on every machine.

/** A source of random numbers. Sources with different names are independent: more orders do not change the reviews. */
export type Chance = {
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  /** True in `share` of all cases. */
  happens(share: number): boolean;
  /** One of `all`, uniformly. */
  oneOf<Element>(all: readonly Element[]): Element;
  /** One of `all`; the first ones are more likely than the last. */
  favourite<Element>(all: readonly Element[]): Element;
};

/** The source of random numbers with this name (mulberry32: 32 bits of state, uniform enough for a shop). */
export function chanceOf(name: string): Chance {
  let state = [...name].reduce(
    (hash, letter) => Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193),
    0x811c9dc5,
  );
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    between: (least, most) => least + Math.floor(next() * (most - least + 1)),
    happens: (share) => next() < share,
    oneOf: (all) => elementAt(all, next()),
    favourite: (all) => elementAt(all, next() ** 1.6),
  };
}

/** The element at a position from 0 to 1. */
function elementAt<Element>(all: readonly Element[], share: number): Element {
  const found = all[Math.floor(share * all.length)];
  if (found === undefined) throw new RangeError('nothing to choose from');
  return found;
}
