// Changes of views, during a build and after it: which labels they concern.

import { epochMsOf } from '../core/instant.ts';
import { type Interval, interval } from '../core/interval.ts';
import { hasIntervals } from '../definition/view.ts';
import type { Database } from '../postgres/database.ts';
import { type Change, changesSince } from '../state/datasets/view-facts.ts';
import { writesZeros } from '../state/views/zeros.ts';
import { knowableUnits } from './holes.ts';
import { reachMs } from './known.ts';
import type { SetView } from './set-views.ts';

/** Before any row: the year 1. */
const EARLIEST_MS = -62_135_596_800_000;

/** The part of a view's time in which changes concern labels of `span`; null if labels know no row of the view. */
export function timeOfLabels({ known, applied }: SetView, span: Interval): Interval | null {
  const { view, delayMs } = known;
  if (hasIntervals(view.kind)) {
    const units = knowableUnits(known, span);
    // Earlier commits may change the zeros of the first units.
    return units !== null && writesZeros(applied.view) ? { ...units, start: view.start } : units;
  }
  const reach = reachMs(known);
  const start = reach === null ? EARLIEST_MS : span.start - reach;
  const end = span.end - delayMs;
  return start < end ? interval(epochMsOf(start), epochMsOf(end)) : null;
}

/** The changes after an event (null: all) that concern labels of `span`, oldest first. */
export async function changesFor(
  database: Database,
  view: SetView,
  span: Interval,
  since: number | null,
): Promise<Change[]> {
  const time = timeOfLabels(view, span);
  if (time === null) return [];
  const { id: viewId, view: deployed } = view.applied;
  return changesSince(database, { viewId, view: deployed, time, since: since ?? 0 });
}

/** Pure: whether one of the changes after an event concerns labels of `span`. */
export function hasChanged(view: SetView, span: Interval, since: number | null, changes: readonly Change[]): boolean {
  const time = timeOfLabels(view, span);
  if (time === null) return false;
  const isConcerned = ({ start, end }: Interval) => start < time.end && time.start < end;
  return changes.some(({ id, spans }) => id > (since ?? 0) && spans.some(isConcerned));
}
