// What waits in the inbox. Reads only.

import type { Database } from '../../postgres/database.ts';

/** Counting stops here: an inbox with this many entries is full even if its limit is higher. */
const ENTRIES_MAX = 1_000_000;

/** Pages and metrics count no further: it takes longest when workers are behind, and status is needed most. */
const ENTRIES_SHOWN_MAX = 50_000;

/** How many pushed rows of view `v` wait, in the first entries, as SQL. */
export const INBOX_ROWS = `(
  select coalesce(sum(rows), 0)::bigint
    from (select rows from millrace.inbox where view_id = v.id limit ${ENTRIES_SHOWN_MAX}) counted)`;

/** Whether at least this many rows of a view wait, or as many entries as an inbox may have. */
export async function isInboxFull(database: Database, viewId: number, rowsMax: number): Promise<boolean> {
  // An entry has at least one row, so no more entries need to be counted than rows are allowed.
  const entriesMax = Math.min(rowsMax, ENTRIES_MAX);
  const [counted] = await database.query<{ isFull: boolean }>(
    `select count(*) >= $2 or coalesce(sum(rows), 0) >= $3::bigint as "isFull"
       from (select rows from millrace.inbox where view_id = $1 limit $2) counted`,
    [viewId, entriesMax, rowsMax],
  );
  return counted?.isFull === true;
}

/** How many rows of drained entries were refused, and are in quarantine instead of the offline store. */
export async function refusedRows(database: Database, entries: readonly number[]): Promise<number> {
  const [row] = await database.query<{ rows: number }>(
    'select coalesce(sum(rows), 0)::bigint as rows from millrace.inbox_refused where entry_id = any($1)',
    [entries],
  );
  return row?.rows ?? 0;
}

/** Those of the inbox entries that are not drained yet: their rows are neither in the offline store nor refused. */
export async function waitingEntries(database: Database, entries: readonly number[]): Promise<ReadonlySet<number>> {
  if (entries.length === 0) return new Set();
  const rows = await database.query<{ id: number }>('select id from millrace.inbox where id = any($1)', [entries]);
  return new Set(rows.map(({ id }) => id));
}

/** The newest run of each view. All commits so far are of this run or earlier ones. */
export async function newestRuns(database: Database, viewIds: readonly number[]): Promise<ReadonlyMap<number, number>> {
  if (viewIds.length === 0) return new Map();
  const rows = await database.query<{ viewId: number; run: number | null }>(
    `select asked as "viewId", (select max(r.id) from millrace.run r where r.view_id = asked) as run
       from unnest($1::bigint[]) asked`,
    [viewIds],
  );
  return new Map(rows.map(({ viewId, run }) => [viewId, run ?? 0]));
}

/** The oldest run of each view that is committed and not published yet. Views without one are absent. */
export async function oldestUnpublished(
  database: Database,
  viewIds: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  if (viewIds.length === 0) return new Map();
  const rows = await database.query<{ viewId: number; run: number }>(
    `select view_id as "viewId", min(id) as run from millrace.run
      where view_id = any($1) and state = 'committed' group by view_id`,
    [viewIds],
  );
  return new Map(rows.map(({ viewId, run }) => [viewId, run]));
}
