// The coverage of a view at the start of a backfill, or when it is resumed.

import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import { type Interval, union } from '../../core/interval.ts';
import type { CoverageState } from '../../plan/backfill.ts';
import type { Database } from '../../postgres/database.ts';
import { parseRanges } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import { IN } from '../runs/states.ts';

/** An open run and its span. */
export type OpenRun = { readonly id: number; readonly span: Interval };

/** The coverage of a deployed view that has units, in one statement. */
export async function coverageStateOf(
  session: Database | Session,
  viewId: number,
): Promise<CoverageState & { readonly openRuns: readonly OpenRun[] }> {
  const [row] = await session.query<{ covered: string; held: string; frontier: EpochMs; open: OpenRow[] }>(
    `select c.covered::text as covered, c.held::text as held,
            (extract(epoch from millrace.frontier(v)) * 1000)::bigint as frontier,
            (select coalesce(jsonb_agg(jsonb_build_object('id', id, 'span', span::text) order by id), '[]')
               from millrace.run where view_id = v.id and state ${IN.unstored}) as open
       from millrace.view v join millrace.coverage c on c.view_id = v.id where v.id = $1`,
    [viewId],
  );
  const openRuns = (row?.open ?? []).flatMap(({ id, span }) => parseRanges(span).map((one) => ({ id, span: one })));
  return {
    covered: parseRanges(row?.covered ?? ''),
    held: parseRanges(row?.held ?? ''),
    frontier: row?.frontier ?? epochMsOf(0),
    // Merged: each chunk is compared with them, and thousands often adjoin.
    open: union(openRuns.map(({ span }) => span)),
    openRuns,
  };
}

type OpenRow = { readonly id: number; readonly span: string };
