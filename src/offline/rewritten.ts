// Which tables an older snapshot can no longer read.

import type { Session } from '../postgres/session.ts';
import { textArray } from './array-text.ts';

/**
 * Those of the tables that were rewritten, emptied or replaced after the snapshot of a repeatable read transaction, which has
 * read them. A rewrite by `alter table` gives all rows the transaction that rewrote them, so older snapshots see none
 * (https://www.postgresql.org/docs/current/mvcc-caveats.html).
 */
export async function rewrittenTables(session: Session, tables: readonly string[]): Promise<string[]> {
  // The row of pg_class is of the snapshot; the functions look at the current catalogs.
  const rows = await session.query<{ name: string }>(
    `select asked.name from unnest($1::text[]) asked (name) left join pg_class c on c.oid = to_regclass(asked.name)
      where c.relfilenode is distinct from pg_relation_filenode(to_regclass(asked.name))`,
    [textArray(tables)],
  );
  return rows.map(({ name }) => name);
}
