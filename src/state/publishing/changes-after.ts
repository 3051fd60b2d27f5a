// Whether publishing only the rows that a commit changed brings the online store up to date.

import type { Interval } from '../../core/interval.ts';
import { rangeLiteral } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import type { RunCounts } from '../runs/run.ts';

/**
 * The id of the view's newest commit, if the online store reflects everything covered of the span and no rebuild is due;
 * null otherwise. To be called by a commit that holds the coverage lock, before it records its span.
 */
export async function publishedUpTo(session: Session, viewId: number, span: Interval | null): Promise<number | null> {
  if (span === null) return null;
  const [row] = await session.query<{ newest: number }>(
    `select (select coalesce(max(id), 0) from millrace.event where view_id = $1 and kind = 'covered') as newest
       from millrace.coverage join millrace.view v on v.id = view_id
      where view_id = $1 and rebuild_reason is null and covered * tstzmultirange($2::tstzrange) <@ published`,
    [viewId, rangeLiteral(span)],
  );
  return row?.newest ?? null;
}

/**
 * What a commit with these counts records as `changes_after`. If no stored row of the span stayed as it was, publishing the
 * whole span sends the same rows, and reads them in one pass.
 */
export function changesAfter(published: number | null, { unchanged, kept }: RunCounts): number | null {
  return unchanged + kept > 0 ? published : null;
}
