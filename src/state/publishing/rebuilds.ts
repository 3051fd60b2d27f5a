// Rebuilds in the event history. Reads only.

import type { Database } from '../../postgres/database.ts';

/** The newest event; 0 if there is none. */
export async function newestEvent(database: Database): Promise<number> {
  const [row] = await database.query<{ id: number }>('select coalesce(max(id), 0) as id from millrace.event');
  return row?.id ?? 0;
}

/** The number of views rebuilt after an event. */
export async function viewsRebuiltAfter(database: Database, event: number): Promise<number> {
  const [row] = await database.query<{ views: number }>(
    `select count(distinct view_id) as views from millrace.event where kind = 'rebuilt' and id > $1`,
    [event],
  );
  return row?.views ?? 0;
}
