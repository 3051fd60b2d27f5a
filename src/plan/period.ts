// Calendar periods in UTC, one per line of a strip: hours, days, weeks, months, years.

import { type EpochMs, epochMsOf } from '../core/instant.ts';

export type Period = {
  readonly startOf: (at: EpochMs) => EpochMs;
  readonly next: (start: EpochMs) => EpochMs;
  readonly label: (start: EpochMs) => string;
};

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Leaves room for the label on a terminal of 80 columns. */
const LINE_UNITS_MAX = 62;

/** The longest calendar period that fits on a line. */
export function periodFor(unitMs: number): Period {
  if (366 * DAY_MS <= unitMs * LINE_UNITS_MAX) return calendar(12, 4);
  if (31 * DAY_MS <= unitMs * LINE_UNITS_MAX) return calendar(1, 7);
  const lengths = [
    // Weeks start on Monday; the epoch was a Thursday.
    { lengthMs: 7 * DAY_MS, offsetMs: 4 * DAY_MS, characters: 10 },
    { lengthMs: DAY_MS, offsetMs: 0, characters: 10 },
    { lengthMs: 4 * HOUR_MS, offsetMs: 0, characters: 16 },
    { lengthMs: HOUR_MS, offsetMs: 0, characters: 16 },
  ];
  const fitting = lengths.find(({ lengthMs }) => lengthMs <= unitMs * LINE_UNITS_MAX);
  return fixed(fitting ?? { lengthMs: MINUTE_MS, offsetMs: 0, characters: 16 });
}

function fixed({ lengthMs, offsetMs, characters }: { lengthMs: number; offsetMs: number; characters: number }): Period {
  return {
    startOf: (at) => epochMsOf(Math.floor((at - offsetMs) / lengthMs) * lengthMs + offsetMs),
    next: (start) => epochMsOf(start + lengthMs),
    label: (start) => labelOf(start, characters),
  };
}

/** Months, or years as twelve of them. */
function calendar(months: number, characters: number): Period {
  const monthOf = (at: EpochMs) => new Date(at).getUTCFullYear() * 12 + new Date(at).getUTCMonth();
  const startOfMonth = (month: number) => epochMsOf(Date.UTC(Math.floor(month / 12), month % 12));
  return {
    startOf: (at) => startOfMonth(Math.floor(monthOf(at) / months) * months),
    next: (start) => startOfMonth(monthOf(start) + months),
    label: (start) => labelOf(start, characters),
  };
}

function labelOf(start: EpochMs, characters: number): string {
  return new Date(start).toISOString().slice(0, characters).replace('T', ' ');
}
