// Units that held rows and hold none now: nothing else of a run says so, where a span has few rows.

import { belongingTo, inRowRange, rangeOfRun } from '../../offline/replace.ts';
import { offlineTable } from '../../offline/table.ts';
import { rangeLiteral } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import type { Run } from './run.ts';

/**
 * Records which units of a run's span hold no row any more, in the transaction that took them: those of `lost`, a multirange
 * of units that lost a row, and those that were empty before. What a run takes that may remove rows is meant to go.
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
