// What the record says of a view for a training set: what it covers, and which change of it is the newest.

import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import { type Interval, interval, union } from '../../core/interval.ts';
import { type FeatureView, hasIntervals } from '../../definition/view.ts';
import { offlineTable } from '../../offline/table.ts';
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

/** Events that change rows or coverage. */
const CHANGES = `('covered', 'stale', 'held', 'released', 'skipped')`;

/**
 * The newest event that changed rows or coverage of each view, by view id; null where there was none. Events of a view are
 * written under the lock of its coverage, so a greater one was committed later.
 */
export async function newestCommits(
  session: Database | Session,
  viewIds: readonly number[],
): Promise<ReadonlyMap<number, number | null>> {
  const rows = await session.query<{ viewId: number; newest: number | null }>(
    `select asked.id as "viewId", (
              select max(e.id) from millrace.event e where e.view_id = asked.id and e.kind in ${CHANGES}) as newest
       from unnest($1::bigint[]) as asked (id)`,
    [viewIds],
  );
  return new Map(rows.map(({ viewId, newest }) => [viewId, newest]));
}

/** An event that changed rows or coverage, and where in the time that was asked for. */
export type Change = { readonly id: number; readonly spans: readonly Interval[] };

export type AskedChanges = {
  readonly viewId: number;
  readonly view: FeatureView;
  readonly time: Interval;
  /** Only events after this one. */
  readonly since: number;
};

/** The changes of a view in a part of its time, oldest first. */
export async function changesSince(database: Database, { viewId, view, time, since }: AskedChanges): Promise<Change[]> {
  if (!hasIntervals(view.kind)) return rowChanges(database, { viewId, view, time, since });
  const rows = await database.query<{ id: number; spans: string }>(
    `select e.id, (coalesce(e.span, asked) * asked)::text as spans
       from millrace.event e, tstzmultirange($2::tstzrange) asked
      where e.view_id = $1 and e.id > $3 and e.kind in ${CHANGES} and (e.span is null or e.span && asked)
      order by e.id`,
    [viewId, rangeLiteral(time), since],
  );
  return rows.map(({ id, spans }) => ({ id, spans: parseRanges(spans) }));
}

/** Of views without intervals events have no span: where their runs have written rows that are still there. */
async function rowChanges(database: Database, { viewId, view, time, since }: AskedChanges): Promise<Change[]> {
  const ms = (at: string) => `floor(extract(epoch from ${at}) * 1000)::bigint`;
  const rows = await database.query<{ id: number; first: EpochMs; last: EpochMs }>(
    `select e.id, ${ms('min(o.event_timestamp)')} as first, ${ms('max(o.event_timestamp)')} as last
       from millrace.event e join ${offlineTable(view)} o on o.run_id = e.run_id
      where e.view_id = $1 and e.id > $3 and e.kind = 'covered' and $2::tstzrange @> o.event_timestamp
      group by e.id order by e.id`,
    [viewId, rangeLiteral(time), since],
  );
  return rows.map(({ id, first, last }) => ({ id, spans: [interval(first, epochMsOf(last + 1))] }));
}

/**
 * Whether all changes of a view after an instant are still recorded: retention deletes old events first, so an event from
 * before the instant shows that no later one is gone. Skipped and stale ones may stay longer than others.
 */
export async function isHistoryWhole(database: Database, viewId: number, after: string): Promise<boolean> {
  const [row] = await database.query<{ whole: boolean }>(
    `select exists (select from millrace.event
                     where view_id = $1 and kind not in ('skipped', 'stale') and at <= $2::timestamptz) as whole`,
    [viewId, after],
  );
  return row?.whole === true;
}
