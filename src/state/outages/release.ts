// Releases the time that is held only because a source was unavailable: plans its runs again.

import { type Interval, union } from '../../core/interval.ts';
import type { Database } from '../../postgres/database.ts';
import { multirangeLiteral } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import { eventsSql, noteSql } from '../events.ts';
import { lockCoverage, lockPlanning } from '../locks.ts';
import { type FailedOf, failedRows, plannedAgain, undoneParts } from '../runs/retry-failed.ts';
import { MAY_RUN } from '../views/may-run.ts';
import { AWAY } from './away.ts';
import { SOURCE_AWAY } from './uncounted.ts';

/** A view whose time was released, and its new runs. */
export type ReleasedView = { readonly view: string; readonly runs: readonly number[] };

/** The views with time that waits for a source, in the order in which views are locked. */
export async function viewsToRelease(database: Database, source: string): Promise<FailedOf[]> {
  const rows = await database.query<{ id: number; name: string; tags: readonly string[]; partsOf: string | null }>(
    `select v.id, v.name, to_jsonb(v.tags) as tags, v.parts_of as "partsOf"
       from millrace.view v join millrace.coverage c on c.view_id = v.id cross join ${AWAY} waiting
      where waiting.source = $1 and not isempty(c.held) and ${MAY_RUN}
      order by v.id`,
    [source],
  );
  return rows.map(({ id, name, tags, partsOf }) => ({
    id,
    view: { name, tags, ...(partsOf === null ? {} : { partsOf }) },
  }));
}

/**
 * Plans the runs of one view that wait for a source again, with their reasons and options; chunks of a backfill move to
 * them. The time is no longer held. Time that is held for another reason, or another source, does not change.
 */
export async function releaseView(database: Database, of: FailedOf, source: string): Promise<ReleasedView> {
  return database.transaction(async (session) => {
    await lockPlanning(session, of.id);
    await lockCoverage(session, of.id);
    const rows = await failedRows(session, [of.id], { codes: [SOURCE_AWAY], sinceMs: null }, source);
    const parts = undoneParts(rows).map(({ row, span }) => ({ row, span, reason: row.reason }));
    const runs = await plannedAgain(session, new Map([[of.id, of.view]]), parts, {});
    await release(session, of.id, union(parts.map(({ span }) => span)), source);
    return { view: of.view.name, runs: runs.map(({ run }) => run) };
  });
}

async function release(session: Session, viewId: number, spans: readonly Interval[], source: string): Promise<void> {
  if (spans.length === 0) return;
  await session.run(
    `with released as (
       update millrace.coverage set held = held - $2::tstzmultirange where view_id = $1)
     ${eventsSql(`select $1::bigint, null, 'released', $2::tstzmultirange, null,
       ${noteSql('source_responded', `jsonb_build_object('source', $3::text)`)}`)}`,
    [viewId, multirangeLiteral(spans), source],
  );
}
