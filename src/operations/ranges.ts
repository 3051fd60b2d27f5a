// Ranges of time in requests.

import { Failure } from '../core/failure.ts';
import { isRepresentable } from '../core/instant.ts';
import type { Interval } from '../core/interval.ts';
import { text } from '../core/message.ts';
import type { TimeRange } from '../state/planning/planning.ts';

/** @throws Failure ARGUMENT_INVALID */
export function requireForwards({ from, to }: TimeRange): void {
  if (from === null || to === null || from < to) return;
  throw new Failure('ARGUMENT_INVALID', text`The range is empty: from must be before to.`);
}

/** A range of whole intervals for a query. @throws Failure ARGUMENT_INVALID if it contains times that databases spell differently. */
export function requireKnownYears(span: Interval): Interval {
  if (isRepresentable(span.start) && isRepresentable(span.end)) return span;
  throw new Failure(
    'ARGUMENT_INVALID',
    text`The range, in whole intervals of the view, is not within the years 1 to 9999: choose other times.`,
  );
}

/** As data for an audit row. */
export function rangeFacts({ from, to }: TimeRange): { readonly from: string | null; readonly to: string | null } {
  const iso = (instant: TimeRange['from']) => (instant === null ? null : new Date(instant).toISOString());
  return { from: iso(from), to: iso(to) };
}
