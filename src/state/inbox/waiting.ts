// What waits in the inbox. Reads only.

import type { Database } from '../../postgres/database.ts';

/** Counting stops here: an inbox with this many entries is full even if its limit is higher. */
const ENTRIES_MAX = 1_000_000;

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

/** Whether the entries are in the offline store. */
export async function areCommitted(database: Database, entries: readonly number[]): Promise<boolean> {
  const [row] = await database.query<{ left: boolean }>(
    'select exists (select from millrace.inbox where id = any($1)) as left',
    [entries],
  );
  return row?.left === false;
}

/** The newest run of each of the views; all of their commits so far belong to it or to earlier runs. */
export async function newestRun(database: Database, viewIds: readonly number[]): Promise<number> {
  const [row] = await database.query<{ id: number | null }>(
    'select max(id) as id from millrace.run where view_id = any($1)',
    [viewIds],
  );
  return row?.id ?? 0;
}

/** Whether everything that runs up to this one have committed is online. */
export async function arePublished(database: Database, viewIds: readonly number[], upTo: number): Promise<boolean> {
  const [row] = await database.query<{ left: boolean }>(
    `select exists (select from millrace.run where view_id = any($1) and id <= $2 and state = 'committed') as left`,
    [viewIds, upTo],
  );
  return row?.left === false;
}
