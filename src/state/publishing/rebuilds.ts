// The rebuilds that history tells of. Reads only.

import type { Database } from '../../postgres/database.ts';

/** The newest event of all; 0 where nothing has happened yet. */
export async function newestEvent(database: Database): Promise<number> {
  const [row] = await database.query<{ id: number }>('select coalesce(max(id), 0) as id from millrace.event');
  return row?.id ?? 0;
}

/** How many views were rebuilt after an event. */
export async function viewsRebuiltAfter(database: Database, event: number): Promise<number> {
  const [row] = await database.query<{ views: number }>(
    `select count(distinct view_id) as views from millrace.event where kind = 'rebuilt' and id > $1`,
    [event],
  );
  return row?.views ?? 0;
}
