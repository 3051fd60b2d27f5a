// Staging tables and the runs that they belong to: tables of killed workers belong to none.

import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import { IN } from './states.ts';

/** Staging tables of no open run: left behind by a killed worker or an older epoch. */
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

/** A second check, in the transaction that drops the table: a run may have named it since the list was made. */
export async function isOfOpenRun(session: Session, table: string): Promise<boolean> {
  const [row] = await session.query<{ named: boolean }>(
    `select exists (select from millrace.run
                     where state ${IN.open}
                       and to_regclass($1) in (to_regclass(staging_table), to_regclass(refused_table))) as named`,
    [table],
  );
  return row?.named === true;
}
