// The event times of rows.

import { formatInstant } from '../core/instant.ts';
import { type NotATimestamp, parseMicros, withZone } from '../feature-types/iso-time.ts';
import { rememberingLast } from '../feature-types/timestamp.ts';
import type { FieldCheck, Refusal } from './refusal.ts';
import type { RowRange } from './row-range.ts';

/** 1900-01-01 and 2201-01-01. Between them microseconds are exact in a double. */
const EARLIEST_MICROS = -2_208_988_800_000_000;
const LATEST_MICROS = 7_289_654_400_000_000;

/** The timestamps that the run replaces (null: any), and the latest one that the database clock allows. */
export type TimestampLimits = { readonly range: RowRange | null; readonly latestAllowedMicros: number };

/** The check of a view's timestamp column. Caches the last text, since a snapshot has one timestamp for all rows. */
export function timestampCheck({ range, latestAllowedMicros }: TimestampLimits): FieldCheck {
  const first = range === null ? EARLIEST_MICROS : range.start * 1000 + (range.bounds === '(]' ? 1 : 0);
  const last = range === null ? LATEST_MICROS : range.end * 1000 - (range.bounds === '[)' ? 1 : 0);
  const outside: Refusal = { reason: 'timestamp_outside_span', expected: range === null ? '' : rangeText(range) };
  return rememberingLast((text) => {
    const micros = parseMicros(text);
    if (typeof micros !== 'number') return TIMESTAMP_REFUSALS[micros];
    if (micros < EARLIEST_MICROS || micros >= LATEST_MICROS) return TIMESTAMP_REFUSALS['out of range'];
    if (micros > latestAllowedMicros) return FUTURE;
    return micros < first || micros > last ? outside : withZone(text);
  });
}

const TIMESTAMP_REFUSALS = {
  unparsable: { reason: 'timestamp_unparsable', expected: 'an ISO date or time' },
  'too precise': { reason: 'timestamp_too_precise', expected: 'a time in whole microseconds' },
  'out of range': { reason: 'timestamp_out_of_range', expected: 'a time from 1900 to 2200' },
} as const satisfies Record<NotATimestamp, Refusal>;
const FUTURE: Refusal = { reason: 'timestamp_in_future', expected: 'a time up to 5 minutes from now' };

function rangeText({ start, end, bounds }: RowRange): string {
  return `within ${bounds[0]}${formatInstant(start)}, ${formatInstant(end)}${bounds[1]}`;
}
