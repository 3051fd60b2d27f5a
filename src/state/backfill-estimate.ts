// How long a backfill may take and what it may store, judged by what the view's runs did.

import type { Database, Session } from '../postgres/database.ts';
import type { AppliedView } from './views.ts';

/** What the newest finished runs of the view make expect; `ms` with `parallel` chunks at once. */
export type BackfillEstimate = { readonly rows: number; readonly ms: number; readonly ofRuns: number };

const ESTIMATE_RUNS = 20;

/** For so many units; null where the view has no finished run of its present query. */
export async function estimateOf(
  session: Database | Session,
  applied: AppliedView,
  units: number,
  parallel: number,
): Promise<BackfillEstimate | null> {
  const [past] = await session.query<{ runs: number; rows: number; ms: number; units: number }>(
    `select count(*) as runs, coalesce(sum(rows), 0)::bigint as rows, coalesce(sum(ms), 0)::bigint as ms,
            coalesce(sum(units), 0)::bigint as units
       from (select (counts->>'accepted')::bigint as rows, extract(epoch from closed_at - started_at) * 1000 as ms,
                    extract(epoch from upper(span) - lower(span)) * 1000 / $3 as units
               from millrace.run
              where view_id = $1 and state = 'done' and fingerprint = $2 and not lower_inf(span)
              order by id desc limit ${ESTIMATE_RUNS}) done`,
    [applied.id, applied.data, applied.view.unitMs],
  );
  if (past === undefined || past.units === 0 || units === 0) return null;
  const share = units / past.units;
  return { rows: Math.round(past.rows * share), ms: Math.round((past.ms * share) / parallel), ofRuns: past.runs };
}
