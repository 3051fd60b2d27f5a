// What replacing a row range would remove: asked before the commit, so that a source which has forgotten its past
// cannot erase ours.

import type { Interval } from '../core/interval.ts';
import type { FeatureView } from '../definition/view.ts';
import type { Database } from '../postgres/database.ts';
import { inRowRange, rangeOfRun } from './replace.ts';
import { offlineTable } from './table.ts';

/** How many rows are stored in the range of a span, and how many of them staging lacks. */
export async function removedByReplacing(
  database: Database,
  view: FeatureView,
  span: Interval,
  staging: string,
): Promise<{ stored: number; removed: number }> {
  const range = inRowRange('o.event_timestamp', rangeOfRun(view, span));
  // As a condition, and not in the list of columns, the planner makes a join of it.
  const [row] = await database.query<{ stored: number; removed: number }>(
    `select (select count(*) from ${offlineTable(view)} o where ${range}) as stored,
            (select count(*) from ${offlineTable(view)} o
              where ${range} and not exists (
                select from ${staging} s
                 where s.entity_id = o.entity_id and s.event_timestamp = o.event_timestamp)) as removed`,
  );
  return row ?? { stored: 0, removed: 0 };
}
