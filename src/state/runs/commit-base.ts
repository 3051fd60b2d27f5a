// What a commit finds: whether its span may hold rows, and what the online store reflects of it.

import { COMMIT_MEMORY } from '../../offline/replace.ts';
import { holdsRows } from '../../offline/row-range.ts';
import { ofExisting } from '../../offline/staging.ts';
import { prepared } from '../../postgres/prepared.ts';
import { rangeLiteral } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import type { Run, RunCounts } from './run.ts';

export type CommitBase = {
  /** Whether the run is active and of the given epoch. */
  readonly isOwned: boolean;
  /** Whether the view's query is still the one that the run was planned for. */
  readonly isCurrent: boolean;
  /** How many rows are staged. */
  readonly stagedRows: number;
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
  /** Whether failures of the view in a row are counted that the run may end. */
  readonly hasFailures: boolean;
  /** Whether units of the span are recorded as having lost all of their rows. */
  readonly hasEmptied: boolean;
};

/**
 * To be read under the coverage lock, before the commit records its span; gives the transaction its memory. Null where the
 * staging table does not exist, which ends the transaction.
 */
export async function readCommitBase(
  session: Session,
  { id, epoch, viewId, view, span, stagingTable }: CommittingRun,
): Promise<CommitBase | null> {
  const [read] = await session.query<CommitBase & { readonly isCovered: boolean }>(BASE, [
    viewId,
    rangeLiteral(span),
    id,
    epoch,
  ]);
  if (read === undefined) return null;
  const { isCovered, ...base } = read;
  const rows = await ofExisting(() =>
    session.query<Pick<CommitBase, 'stagedRows'>>(`select count(*) as "stagedRows" from ${stagingTable}`),
  );
  if (rows?.[0] === undefined) return null;
  const mayHoldRows = span === null || isCovered || (await holdsRows(session, view, span));
  return { ...base, ...rows[0], mayHoldRows, ...(span === null ? { publishedUpTo: null } : {}) };
}

const BASE = prepared(
  `select r.state = 'active' and r.epoch = $4 as "isOwned", r.fingerprint = v.data_fingerprint as "isCurrent",
          covered && $2::tstzrange as "isCovered",
          case when rebuild_reason is null and covered * tstzmultirange($2::tstzrange) <@ published
               then coalesce(newest.event, 0) end as "publishedUpTo",
          coalesce(newest.duplicates > 0, false) as "expectsDuplicates", failed_in_a_row > 0 as "hasFailures",
          emptied && $2::tstzrange as "hasEmptied",
          ${COMMIT_MEMORY}
     from millrace.run r join millrace.view v on v.id = r.view_id join millrace.coverage c on c.view_id = v.id
     left join lateral (
            select e.id as event, (before.counts->>'duplicates')::bigint as duplicates
              from millrace.event e left join millrace.run before on before.id = e.run_id
             where e.view_id = $1 and e.kind = 'covered' order by e.id desc limit 1) newest on true
    where r.id = $3`,
);

type CommittingRun = Pick<Run, 'id' | 'epoch' | 'viewId' | 'view' | 'span' | 'stagingTable'>;

/**
 * What a commit with these counts records as `changes_after`. If no stored row of the span stayed as it was, publishing the
 * whole span sends the same rows, and reads them in one pass.
 */
export function changesAfter({ publishedUpTo }: CommitBase, { unchanged, kept }: RunCounts): number | null {
  return unchanged + kept > 0 ? publishedUpTo : null;
}
