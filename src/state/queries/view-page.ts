// Queries of the pages about views, besides their overview. Reads only.

import type { Database } from '../../postgres/database.ts';

/** The names of all views, sorted. */
export async function viewNames(database: Database): Promise<string[]> {
  const rows = await database.query<{ name: string }>('select name from millrace.view order by name');
  return rows.map(({ name }) => name);
}

/** The names of the redacted views. */
export async function redactedViews(database: Database): Promise<ReadonlySet<string>> {
  const rows = await database.query<{ name: string }>(`select name from millrace.view where redacted`);
  return new Set(rows.map(({ name }) => name));
}
