// The sources of the deployed views. Reads only.

import type { Database } from '../../postgres/database.ts';

/** Each once, by name. */
export async function sourcesOfViews(database: Database): Promise<string[]> {
  const rows = await database.query<{ source: string }>(
    'select distinct source from millrace.view where retired_at is null order by source',
  );
  return rows.map(({ source }) => source);
}
