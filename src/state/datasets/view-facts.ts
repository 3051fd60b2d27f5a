// What the record says of a view for a training set: what it covers, and which change of it is the newest.

import { type Interval, union } from '../../core/interval.ts';
import type { Database } from '../../postgres/database.ts';
import { parseRanges, rangeLiteral } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';

export type ViewCoverage = {
  readonly covered: readonly Interval[];
  readonly stale: readonly Interval[];
  readonly held: readonly Interval[];
  readonly skipped: readonly Interval[];
  /** The newest publish number that was given out. */
  readonly publishNumber: number;
};

type Row = { readonly [Set in 'covered' | 'stale' | 'held' | 'skipped']: string } & { readonly publishNumber: number };

/** The coverage of a view within a part of its time. Reads only what readers may. */
export async function viewCoverage(
  database: Database | Session,
  viewId: number,
  within: Interval,
): Promise<ViewCoverage> {
  const [row] = await database.query<Row>(
    `select (c.covered * asked)::text as covered, (c.stale * asked)::text as stale, (c.held * asked)::text as held,
            (c.skipped * asked)::text as skipped, v.publish_number as "publishNumber"
       from millrace.coverage c join millrace.view v on v.id = c.view_id, tstzmultirange($2::tstzrange) asked
      where c.view_id = $1`,
    [viewId, rangeLiteral(within)],
  );
  if (row === undefined) return { covered: [], stale: [], held: [], skipped: [], publishNumber: 0 };
  return {
    covered: union(parseRanges(row.covered)),
    stale: parseRanges(row.stale),
    held: parseRanges(row.held),
    skipped: parseRanges(row.skipped),
    publishNumber: row.publishNumber,
  };
}

/**
 * The newest event that changed rows or coverage of each view within a range (null: all of its time), by view id; null where
 * there was none. Events of a view are written under the lock of its coverage, so a greater one was committed later.
 */
export async function newestCommits(
  session: Database | Session,
  asked: readonly { readonly viewId: number; readonly range: Interval | null }[],
): Promise<ReadonlyMap<number, number | null>> {
  const rows = await session.query<{ viewId: number; newest: number | null }>(
    `select asked.id as "viewId", (
              select max(e.id) from millrace.event e
               where e.view_id = asked.id and e.kind in ('covered', 'stale', 'held', 'released', 'skipped')
                 and (e.span is null or e.span && tstzmultirange(asked.range::tstzrange))) as newest
       from unnest($1::bigint[], $2::text[]) as asked (id, range)`,
    [asked.map(({ viewId }) => viewId), asked.map(({ range }) => rangeLiteral(range))],
  );
  return new Map(rows.map(({ viewId, newest }) => [viewId, newest]));
}
