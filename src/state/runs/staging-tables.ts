// Staging tables and the runs that they belong to: tables of killed workers belong to none.

import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import { IN } from './states.ts';

/** A training set whose build was interrupted so long ago is built from the beginning. */
const RESUMABLE = "interval '1 day'";

/** SQL: whether the table `c` belongs to the build of a training set that runs or can be resumed. */
const OF_BUILD = `exists (
  select from millrace.dataset_build b
   where b.state = 'running' and b.lease_until > millrace.now() - ${RESUMABLE}
     and c.relname like 'dataset\\_' || b.id || '\\_%')`;

/** Staging tables of no open run and no build of a training set: left behind by a killed worker or an older epoch. */
export async function strayStagingTables(database: Database): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    `select 'staging.' || c.relname as name
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'staging' and c.relkind = 'r' and not (${OF_BUILD})
        and not exists (select from millrace.run r
                         where r.state ${IN.open} and 'staging.' || c.relname in (r.staging_table, r.refused_table))`,
  );
  return rows.map((row) => row.name);
}

/** A second check, in the transaction that drops the table: a run or build may use it since the list was made. */
export async function isInUse(session: Session, table: string): Promise<boolean> {
  const [row] = await session.query<{ named: boolean }>(
    `select exists (select from millrace.run
                     where state ${IN.open}
                       and to_regclass($1) in (to_regclass(staging_table), to_regclass(refused_table)))
         or exists (select from pg_class c where c.oid = to_regclass($1) and ${OF_BUILD}) as named`,
    [table],
  );
  return row?.named === true;
}
