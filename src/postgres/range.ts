// Converts spans to Postgres ranges, and multiranges to spans.

import { epochMsOf, parseInstant } from '../core/instant.ts';
import { type Interval, interval } from '../core/interval.ts';

/** A span as text for `$1::tstzrange`; null, for a view without spans, is all of time. */
export function rangeLiteral(span: Interval | null): string {
  if (span === null) return '(,)';
  return `[${new Date(span.start).toISOString()},${new Date(span.end).toISOString()})`;
}

/** Spans as text for `$1::tstzmultirange`. */
export function multirangeLiteral(spans: readonly Interval[]): string {
  return `{${spans.map(rangeLiteral).join(',')}}`;
}

const BOUNDS = /\["?([^",]+)"?,"?([^",)]+)"?\)/g;

/** The spans of a tstzrange or tstzmultirange in Postgres' ISO text, oldest first; an unbounded range has none. */
export function parseRanges(text: string): Interval[] {
  return [...text.matchAll(BOUNDS)].map(([, start = '', end = '']) => interval(instantOf(start), instantOf(end)));
}

const UTC_SECOND = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)\+00$/;

function instantOf(text: string) {
  // The fast path for nearly all of them: a page has tens of thousands.
  const found = UTC_SECOND.exec(text);
  if (found !== null) {
    const [, year, month, day, hour, minute, second] = found;
    return epochMsOf(
      Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)),
    );
  }
  const instant = parseInstant(text.replace(/([+-]\d{2})$/, '$1:00'));
  if (instant === null) throw new RangeError(`"${text}" is not a range bound`);
  return epochMsOf(instant);
}
