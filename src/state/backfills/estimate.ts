// Estimates the duration and rows of a backfill from the view's past runs.

import { expectedMs } from '../../plan/estimate.ts';
import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import { workedSql } from '../runs/run.ts';
import type { AppliedView } from '../views/views.ts';

/** Extrapolated from the newest finished runs; `ms` with `parallel` chunks at the same time. */
export type BackfillEstimate = { readonly rows: number; readonly ms: number; readonly ofRuns: number };

const ESTIMATE_RUNS = 20;

/** For a number of units in a number of chunks; null if the view has no finished run of its current query. */
export async function estimateOf(
  session: Database | Session,
  applied: AppliedView,
  { units, chunks, parallel }: { units: number; chunks: number; parallel: number },
): Promise<BackfillEstimate | null> {
  const past = await session.query<{ rows: number; ms: number; spanMs: number }>(
    `select coalesce((counts->>'accepted')::bigint, 0) as rows,
            (extract(epoch from ${workedSql('millrace.now()')}) * 1000)::bigint as ms,
            (extract(epoch from upper(span) - lower(span)) * 1000)::bigint as "spanMs"
       from millrace.run r
      where view_id = $1 and state = 'done' and fingerprint = $2 and not lower_inf(span)
      order by id desc limit ${ESTIMATE_RUNS}`,
    [applied.id, applied.data],
  );
  if (past.length === 0 || units === 0) return null;
  const sumOf = (what: 'rows' | 'spanMs') => past.reduce((sum, run) => sum + run[what], 0);
  const rows = (sumOf('rows') / sumOf('spanMs')) * units * applied.view.unitMs;
  const ms = expectedMs(past, { runs: chunks, rows }) / parallel;
  return { rows: Math.round(rows), ms: Math.round(ms), ofRuns: past.length };
}
