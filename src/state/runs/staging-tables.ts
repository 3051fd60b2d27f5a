// Which staging tables belong to runs: what killed workers left behind belongs to none.

import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import { IN } from './states.ts';

/** Staging tables that no open run names: what a killed worker or an older epoch left behind. */
export async function strayStagingTables(database: Database): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    `select 'staging.' || c.relname as name
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'staging' and c.relkind = 'r'
        and not exists (select from millrace.run r
                         where r.state ${IN.open} and 'staging.' || c.relname in (r.staging_table, r.refused_table))`,
  );
  return rows.map((row) => row.name);
}

/** A second look, in the transaction that drops: a run may have come to name the table since the strays were listed. */
export async function isOfOpenRun(session: Session, table: string): Promise<boolean> {
  const [row] = await session.query<{ named: boolean }>(
    `select exists (select from millrace.run
                     where state ${IN.open}
                       and to_regclass($1) in (to_regclass(staging_table), to_regclass(refused_table))) as named`,
    [table],
  );
  return row?.named === true;
}
