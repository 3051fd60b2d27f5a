// How long runs wait for a worker. Reads only.

import type { Database } from '../../postgres/database.ts';

/** The age of the oldest planned run that waits for nothing but a worker; 0 without one. */
export async function oldestWaitMs(database: Database): Promise<number> {
  const [row] = await database.query<{ ms: number }>(
    `select coalesce(extract(epoch from millrace.now() - min(greatest(planned_at, not_before))) * 1000, 0)::float8::bigint as ms
       from millrace.run
      where state = 'planned' and owner is null and (not_before is null or not_before <= millrace.now())`,
  );
  return Math.max(0, row?.ms ?? 0);
}
