// The failure codes of recent runs. Reads only.

import type { Database } from '../../postgres/database.ts';

/** The newest failed runs that are searched, which an index finds. */
const NEWEST_RUNS = 2_000;

/** Each once, by name. */
export async function failureCodes(database: Database): Promise<string[]> {
  const rows = await database.query<{ code: string }>(
    `select distinct error->>'code' as code
       from (select error from millrace.run where state = 'failed' order by id desc limit ${NEWEST_RUNS}) newest
      where error is not null order by code`,
  );
  return rows.map(({ code }) => code);
}
