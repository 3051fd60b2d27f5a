// What the pages ask about views besides their overview. Reads only.

import type { Database } from '../../postgres/database.ts';

/** The names of all views that were ever applied, sorted. */
export async function viewNames(database: Database): Promise<string[]> {
  const rows = await database.query<{ name: string }>('select name from millrace.view order by name');
  return rows.map(({ name }) => name);
}

/** The names of the views whose values are to show nowhere. */
export async function redactedViews(database: Database): Promise<ReadonlySet<string>> {
  const rows = await database.query<{ name: string }>(`select name from millrace.view where redacted`);
  return new Set(rows.map(({ name }) => name));
}
