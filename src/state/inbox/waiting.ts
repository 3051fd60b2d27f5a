// What waits in the inbox. Reads only.

import type { Database } from '../../postgres/database.ts';

/** Counting stops here: an inbox with more entries is full in any case. */
const ENTRIES_COUNTED_MAX = 200_000;

/** How many rows of a view wait, at most those of the first entries. */
export async function rowsInInbox(database: Database, viewId: number): Promise<number> {
  const [row] = await database.query<{ rows: number }>(
    `select coalesce(sum(rows), 0)::bigint as rows
       from (select rows from millrace.inbox where view_id = $1 limit ${ENTRIES_COUNTED_MAX}) counted`,
    [viewId],
  );
  return row?.rows ?? 0;
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
