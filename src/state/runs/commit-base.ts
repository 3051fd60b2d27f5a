// What a commit finds: whether its span may hold rows, and what the online store reflects of it.

import { inRowRange, rangeOfRun } from '../../offline/row-range.ts';
import { offlineTable } from '../../offline/table.ts';
import { rangeLiteral } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import type { Run, RunCounts } from './run.ts';

export type CommitBase = {
  /**
   * Whether rows may be stored in the row range. An uncovered span has none, except what a view of another kind has left
   * at the edge of its ranges.
   */
  readonly mayHoldRows: boolean;
  /**
   * The id of the view's newest commit, if the online store reflects everything covered of the span and no rebuild is due:
   * publishing what this commit changes then brings it up to date. Null otherwise.
   */
  readonly publishedUpTo: number | null;
  /** Whether the view's last run has found rows with equal entity and time. */
  readonly expectsDuplicates: boolean;
};

/** To be read under the coverage lock, before the commit records its span. */
export async function readCommitBase(
  session: Session,
  { viewId, view, span }: Pick<Run, 'viewId' | 'view' | 'span'>,
): Promise<CommitBase> {
  const [found] = await session.query<CommitBase>(
    `select covered && $2::tstzrange as "mayHoldRows",
            case when rebuild_reason is null and covered * tstzmultirange($2::tstzrange) <@ published
                 then coalesce(newest.event, 0) end as "publishedUpTo",
            coalesce(newest.duplicates > 0, false) as "expectsDuplicates"
       from millrace.coverage join millrace.view v on v.id = view_id left join lateral (
              select e.id as event, (r.counts->>'duplicates')::bigint as duplicates
                from millrace.event e left join millrace.run r on r.id = e.run_id
               where e.view_id = $1 and e.kind = 'covered' order by e.id desc limit 1) newest on true
      where view_id = $1`,
    [viewId, rangeLiteral(span)],
  );
  const expectsDuplicates = found?.expectsDuplicates === true;
  if (span === null) return { mayHoldRows: true, publishedUpTo: null, expectsDuplicates };
  const publishedUpTo = found?.publishedUpTo ?? null;
  if (found?.mayHoldRows === true) return { mayHoldRows: true, publishedUpTo, expectsDuplicates };
  const [row] = await session.query<{ has: boolean }>(
    `select exists (select from ${offlineTable(view)}
                     where ${inRowRange('event_timestamp', rangeOfRun(view, span))}) as has`,
  );
  return { mayHoldRows: row?.has === true, publishedUpTo, expectsDuplicates };
}

/**
 * What a commit with these counts records as `changes_after`. If no stored row of the span stayed as it was, publishing the
 * whole span sends the same rows, and reads them in one pass.
 */
export function changesAfter({ publishedUpTo }: CommitBase, { unchanged, kept }: RunCounts): number | null {
  return unchanged + kept > 0 ? publishedUpTo : null;
}
