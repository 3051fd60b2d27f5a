// Records the statements that a program sends, and finds those that scan a whole table.

import type { Database } from '../../src/postgres/database.ts';

/** Tables that grow with time. The numbers of views, coverages, backfills and deployments depend on users. */
const LARGE = ['run', 'quarantine', 'event', 'backfill_chunk', 'run_files'];
const SHOWN_CHARACTERS = 160;

export type Statements = {
  /** The same database, with its statements recorded. */
  readonly database: Database;
  count(): number;
  /** Rows of the large tables that were read so far, over its one connection. */
  rowsRead(): Promise<number>;
  /** Plans of those statements, with their values, that scan a whole large table. */
  scans(): Promise<{ readonly table: string; readonly text: string }[]>;
};

export function listenedTo(database: Database): Statements {
  const heard = new Map<string, readonly [text: string, values: readonly unknown[]]>();
  const hear = (text: string, values: readonly unknown[]) => heard.set(text + JSON.stringify(values), [text, values]);
  return {
    database: {
      ...database,
      query: (statement, values = []) => {
        hear(typeof statement === 'string' ? statement : statement.text, values);
        return database.query(statement, values);
      },
    },
    count: () => heard.size,
    rowsRead: async () => {
      await database.query('select pg_stat_force_next_flush()');
      await database.query('select 1');
      const [row] = await database.query<{ rows: number }>(
        `select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint as rows from pg_stat_user_tables
          where schemaname = 'millrace' and relname = any($1)`,
        [LARGE],
      );
      return Number(row?.rows);
    },
    scans: async () => {
      const found = [];
      for (const [text, values] of heard.values()) {
        const [row] = await database.query<{ 'QUERY PLAN': [{ Plan: Node }] }>(`explain (format json) ${text}`, values);
        const tables = row === undefined ? [] : scannedBy(row['QUERY PLAN'][0].Plan);
        for (const table of tables)
          found.push({ table, text: text.replaceAll(/\s+/g, ' ').trim().slice(0, SHOWN_CHARACTERS) });
      }
      return found;
    },
  };
}

type Node = { readonly 'Node Type': string; readonly 'Relation Name'?: string; readonly Plans?: readonly Node[] };

function scannedBy(node: Node): string[] {
  const table = node['Node Type'] === 'Seq Scan' ? (node['Relation Name'] ?? '') : '';
  return [...(LARGE.includes(table) ? [table] : []), ...(node.Plans ?? []).flatMap(scannedBy)];
}
