// Edits of the kind or the interval, which decide what times rows have.

import type { FeatureView } from '../../definition/view.ts';

type Timed = Pick<FeatureView, 'kind' | 'unitMs' | 'partsOf'>;

/**
 * Whether the rows of a definition have other times than those that are stored, so that an interval that is read again replaces
 * its rows instead of changing them. Rows of events keep their own times for any interval, except for parts.
 */
export function hasOtherTimes(before: Timed, after: Timed): boolean {
  if (before.kind !== after.kind) return true;
  const isTimedByInterval = after.kind === 'snapshot' || after.partsOf !== undefined;
  return isTimedByInterval && before.unitMs % after.unitMs !== 0;
}
