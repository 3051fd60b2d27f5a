// Units that had rows and have none now: if a span has few rows, the run's counts do not reveal it.

import { belongingTo, inRowRange, rangeOfRun } from '../../offline/row-range.ts';
import { offlineTable } from '../../offline/table.ts';
import { rangeLiteral } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import type { Run } from './run.ts';

/**
 * Records the units of a run's span without rows, in the transaction that removed them: units of `lost`, a multirange
 * of units that lost a row, and units that were empty before. Runs with --allow-removals record nothing.
 */
export async function recordEmptied(session: Session, run: Run, lost: string): Promise<void> {
  const { view, viewId, span, options } = run;
  if (span === null) return;
  await session.run(
    `with asked as (
       select $2::tstzmultirange as span,
              case when $4 then '{}' else $3::tstzmultirange + c.emptied * $2::tstzmultirange end as candidates
         from millrace.coverage c where c.view_id = $1)
     update millrace.coverage c
        set emptied = c.emptied - a.span + case when isempty(a.candidates) then '{}' else a.candidates - coalesce((
              select range_agg(unit) from (
                select distinct ${belongingTo(view, 'o.event_timestamp')} as unit from ${offlineTable(view)} o
                 where ${inRowRange('o.event_timestamp', rangeOfRun(view, span))}) present), '{}') end
       from asked a where c.view_id = $1`,
    [viewId, `{${rangeLiteral(span)}}`, lost, options.allowRemovals],
  );
}
