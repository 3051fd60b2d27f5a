// Planning runs, in one statement.

import type { Interval } from '../../core/interval.ts';
import { rangeLiteral } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import type { RunOptions, RunReason } from './run.ts';

/** A run to plan, for the current query of its view. */
export type NewRun = { readonly viewId: number; readonly fingerprint: string; readonly span: Interval | null };

/** Plans runs and returns their ids, in the given order. In a transaction that holds each view's planning lock. */
export async function insertRuns(
  session: Session,
  runs: readonly NewRun[],
  { reason, options }: { readonly reason: RunReason; readonly options: RunOptions },
): Promise<number[]> {
  if (runs.length === 0) return [];
  const rows = await session.query<{ id: number }>(
    `insert into millrace.run (view_id, span, reason, fingerprint, options)
       select view_id, span::tstzrange, $4, fingerprint, $5
         from unnest($1::bigint[], $2::text[], $3::text[]) with ordinality as s(view_id, span, fingerprint, place)
        order by place
       returning id`,
    [
      runs.map(({ viewId }) => viewId),
      runs.map(({ span }) => rangeLiteral(span)),
      runs.map(({ fingerprint }) => fingerprint),
      reason,
      JSON.stringify(options),
    ],
  );
  return rows.map(({ id }) => id);
}
