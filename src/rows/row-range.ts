// Which timestamps belong to a span: the one place that knows (docs/concepts/time.md).

import type { EpochMs } from '../core/instant.ts';
import type { Interval } from '../core/interval.ts';

/** Timestamps from `start` to `end`, each end included or not; for `latest` views every timestamp. */
export type RowRange = {
  readonly start: EpochMs;
  readonly end: EpochMs;
  /** `[)` for events, `(]` for snapshots: a snapshot as of `end` is stamped `end`. */
  readonly bounds: '[)' | '(]';
};

/** The row range of a span of a view of this kind. */
export function rowRangeOf(kind: 'events' | 'snapshot', span: Interval): RowRange {
  return { start: span.start, end: span.end, bounds: kind === 'events' ? '[)' : '(]' };
}
