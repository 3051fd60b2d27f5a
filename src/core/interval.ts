// Half-open time intervals, [start, end), in epoch milliseconds UTC.
//
// Every range of event time in this codebase is one of these. Nothing is inclusive at both ends, nothing is a
// calendar date, nothing is a string.

import { type EpochMs, epochMsOf, formatInstant } from './instant.ts';

/** Event time from `start` (included) up to `end` (excluded); never empty. */
export type Interval = { readonly start: EpochMs; readonly end: EpochMs };

/** The interval from `start` up to `end`. @throws RangeError if it would be empty or reversed: a bug in the caller. */
export function interval(start: EpochMs, end: EpochMs): Interval {
  if (!(start < end)) throw new RangeError(`interval from ${start} to ${end} is empty`);
  return { start, end };
}

/** The fewest intervals that cover the same time as `parts`, oldest first. Adjacent intervals are joined. */
export function union(parts: readonly Interval[]): Interval[] {
  const joined: Interval[] = [];
  for (const part of [...parts].sort((a, b) => a.start - b.start)) {
    const last = joined.at(-1);
    if (last === undefined || part.start > last.end) joined.push(part);
    else if (part.end > last.end) joined[joined.length - 1] = interval(last.start, part.end);
  }
  return joined;
}

/** The parts of `whole` that `covered` does not contain, oldest first. */
export function missing(whole: Interval, covered: readonly Interval[]): Interval[] {
  const gaps: Interval[] = [];
  let cursor = whole.start;
  for (const done of union(covered)) {
    if (done.end <= cursor) continue;
    if (done.start >= whole.end) break;
    if (done.start > cursor) gaps.push(interval(cursor, done.start));
    cursor = done.end;
  }
  if (cursor < whole.end) gaps.push(interval(cursor, whole.end));
  return gaps;
}

/** The parts of `wholes` that `taken` does not contain, oldest first. */
export function difference(wholes: readonly Interval[], taken: readonly Interval[]): Interval[] {
  return union(wholes).flatMap((whole) => missing(whole, taken));
}

/** The newest grid line at or before `instant`. The grid is whole units since the epoch. */
export function floorToUnit(instant: EpochMs, unitMs: number): EpochMs {
  return epochMsOf(Math.floor(instant / unitMs) * unitMs);
}

/** Whether `instant` lies on the grid of `unitMs`. */
export function isOnGrid(instant: EpochMs, unitMs: number): boolean {
  return floorToUnit(instant, unitMs) === instant;
}

/** `span` split from its start into pieces of at most `units` units. */
export function split(span: Interval, unitMs: number, units: number): Interval[] {
  const pieces: Interval[] = [];
  for (let start = span.start; start < span.end; start = epochMsOf(start + units * unitMs)) {
    pieces.push(interval(start, epochMsOf(Math.min(start + units * unitMs, span.end))));
  }
  return pieces;
}

/** `[2026-11-20T00:00:00Z, 2026-11-21T00:00:00Z)`. */
export function formatInterval(span: Interval): string {
  return `[${formatInstant(span.start)}, ${formatInstant(span.end)})`;
}
