// The reason for each part of some spans. Pure.

import { epochMsOf } from '../core/instant.ts';
import { type Interval, interval, missing, union } from '../core/interval.ts';

/** The parts of `spans` that lie in `whole`. */
export function within(spans: readonly Interval[], whole: Interval): Interval[] {
  return spans
    .filter(({ start, end }) => start < whole.end && end > whole.start)
    .map(({ start, end }) => interval(epochMsOf(Math.max(start, whole.start)), epochMsOf(Math.min(end, whole.end))));
}

/**
 * `spans` split by reason, oldest first. The reason of a part is the first one in the list that contains it, or null.
 * Adjacent parts with one reason are joined.
 */
export function explained<Reason extends { readonly span: Interval }>(
  spans: readonly Interval[],
  reasons: readonly Reason[],
): { span: Interval; reason: Reason | null }[] {
  let left = union(spans);
  const found: { span: Interval; reason: Reason | null }[] = [];
  for (const reason of reasons) {
    if (left.length === 0) break;
    const parts = within(left, reason.span);
    if (parts.length === 0) continue;
    found.push(...parts.map((span) => ({ span, reason })));
    left = left.flatMap((span) => missing(span, parts));
  }
  return [...found, ...left.map((span) => ({ span, reason: null }))].sort((a, b) => a.span.start - b.span.start);
}
