// The timestamps that belong to a span (docs/concepts/time.md).

import type { EpochMs } from '../core/instant.ts';
import type { Interval } from '../core/interval.ts';

/** A range of timestamps, with one of its ends included. */
export type RowRange = {
  readonly start: EpochMs;
  readonly end: EpochMs;
  /** `[)` for events, `(]` for snapshots: a snapshot as of `end` is stamped `end`. */
  readonly bounds: '[)' | '(]';
};

/** The row range of a span. */
export function rowRangeOf(kind: 'events' | 'snapshot', span: Interval): RowRange {
  return { start: span.start, end: span.end, bounds: kind === 'events' ? '[)' : '(]' };
}
