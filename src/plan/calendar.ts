// A view's time, day by day: what the units of each UTC day are. Pure.

import { type EpochMs, epochMsOf } from '../core/instant.ts';
import { floorToUnit, type Interval, interval } from '../core/interval.ts';
import { type Coverage, type Segment, segmentsOf, type UnitState } from './strip.ts';

export const DAY_MS = 86_400_000;

export type DayCell = {
  readonly day: EpochMs;
  /** What of the day matters most to whoever looks after the view. */
  readonly state: UnitState;
  /** Units that begin on the day, by state; of units longer than a day, the one that holds it. */
  readonly units: ReadonlyMap<UnitState, number>;
};

const MATTERS: readonly UnitState[] = ['held', 'missing', 'planned', 'stale', 'skipped', 'covered', 'future'];

/** Each UTC day that the range reaches, oldest first. */
export function dayCells(coverage: Coverage, range: Interval): DayCell[] {
  const cells: DayCell[] = [];
  const segments = segmentsOf(coverage, range);
  const stepMs = Math.min(coverage.unitMs, DAY_MS);
  let place = 0;
  for (let day = floorToUnit(range.start, DAY_MS); day < range.end; day = epochMsOf(day + DAY_MS)) {
    const units = new Map<UnitState, number>();
    const end = day + DAY_MS;
    for (; place < segments.length; place += 1) {
      const segment = segments[place];
      if (segment === undefined || segment.span.start >= end) break;
      countUnits(units, segment, { day, end, stepMs });
      if (segment.span.end > end) break;
    }
    cells.push({ day, state: MATTERS.find((state) => units.has(state)) ?? 'future', units });
  }
  return cells;
}

function countUnits(
  units: Map<UnitState, number>,
  { span, state }: Segment,
  { day, end, stepMs }: { day: number; end: number; stepMs: number },
): void {
  const ms = Math.min(span.end, end) - Math.max(span.start, day);
  if (ms > 0) units.set(state, (units.get(state) ?? 0) + Math.ceil(ms / stepMs));
}

/** The newest units of a view up to its frontier, at most so many; null where its time has not begun. */
export function newestUnits({ start, frontier, unitMs }: Coverage, units: number): Interval | null {
  const from = epochMsOf(Math.max(start, frontier - units * unitMs));
  return from >= frontier ? null : interval(from, frontier);
}
