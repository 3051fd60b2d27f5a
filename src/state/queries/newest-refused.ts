// The number of rows that the newest ended run of each view refused, for its gauge.

import type { Database } from '../../postgres/database.ts';
import { IN } from '../runs/states.ts';

/** View → refused rows of its newest run with counts. Planned runs have none: they do not hide those of the run before. */
export async function newestRefused(database: Database): Promise<Map<string, number>> {
  const rows = await database.query<{ name: string; refused: number }>(
    `select v.name, coalesce((r.counts->>'refused')::bigint, 0) as refused
       from millrace.view v cross join lateral (
         select counts from millrace.run
          where view_id = v.id and state ${IN.counted} order by id desc limit 1) r
      where v.retired_at is null`,
  );
  return new Map(rows.map(({ name, refused }) => [name, refused]));
}
