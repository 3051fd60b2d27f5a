// Which types have a zero, for `absent: zero`.

import { entryOf, type FeatureType } from '../feature-types/index.ts';

/** Whether 0 is a value of the type. Features of other types have no value in a row of zeros. */
export function hasZero(type: FeatureType): boolean {
  return entryOf(type).arithmetic !== null;
}
