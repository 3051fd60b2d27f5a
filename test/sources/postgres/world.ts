// The contract of sources over a Postgres, whichever server gives the databases.

import { type Database, openDatabase } from '../../../src/postgres/database.ts';
import { openSource } from '../../../src/sources/index.ts';
import type { SourceOptions } from '../../../src/sources/source.ts';
import { EXACT_COLUMNS, testExactValues } from '../exact-values.ts';
import { type EventRow, type SourceWorld, testSourceContract } from '../source-contract.ts';
import { sourceOptions } from '../worlds.ts';

/** How rows are read: with COPY by default. */
export type ReadMode = Pick<SourceOptions, 'readWith'>;

export type PostgresWorld = SourceWorld & { readonly url: string };

export function ownerOf(url: string): Database {
  return openDatabase({
    url,
    role: { label: 'the test', unavailable: 'SOURCE_UNAVAILABLE', denied: 'SOURCE_DENIED' },
    poolMax: 2,
    connectTimeoutMs: 30_000,
    idleInTransactionMs: null, // it may come through PgBouncer
    applicationName: 'test owner',
  });
}

/** A table `events` with these rows in the empty database at `url`. */
export async function postgresWorld(
  url: string,
  rows: readonly EventRow[],
  batchRows: number,
  mode: ReadMode = {},
): Promise<PostgresWorld> {
  await using owner = ownerOf(url);
  await owner.run('create table events (entity_id text, happened_at timestamptz, amount float8, lines bigint)');
  await owner.run(
    `insert into events select e->>'entity_id', (e->>'happened_at')::timestamptz, (e->>'amount')::float8, (e->>'lines')::bigint
       from json_array_elements($1) e`,
    [JSON.stringify(rows)],
  );
  const source = openSource(sourceOptions({ url, batchRows, ...mode }));
  return { url, source, table: 'events', view: {}, [Symbol.asyncDispose]: () => source[Symbol.asyncDispose]() };
}

/** The contract of sources and the exact values, in the empty databases of `newDatabase`. */
export function testPostgresContract(kind: string, newDatabase: () => Promise<string>, mode: ReadMode = {}): void {
  testSourceContract({
    kind,
    open: async (rows, batchRows) => postgresWorld(await newDatabase(), rows, batchRows, mode),
    hostileTexts: [
      'select 1; drop table events',
      'commit; insert into events values (null)',
      'select 1) to stdout; drop table events; copy (select 1',
      'select 1) to stdout; commit; drop table events; --',
      'select (1 /* ',
      'select 1 --\n) to stdout; drop table events; copy (select 1',
      "insert into events values ('x') returning entity_id",
      'with gone as (delete from events returning *) select * from gone',
      'drop table events',
      'truncate events',
      "copy events to program 'touch /tmp/hostile'",
      'select * into stolen from events',
      'create table stolen as select * from events',
      'do $$ begin delete from events; end $$',
      'commit',
      'select $1::text',
      '',
      ';',
    ],
    isUnharmed: async (world) => {
      await using owner = ownerOf((world as PostgresWorld).url); // made above
      const [found] = await owner.query<{ events: number; stolen: string | null }>(
        `select (select count(*)::int4 from events) as events, to_regclass('stolen')::text as stolen`,
      );
      return found?.events === 8 && found.stolen === null;
    },
  });

  testExactValues(kind, async (rows) => {
    const url = await newDatabase();
    await using owner = ownerOf(url);
    const types: Readonly<Record<string, string>> = { int: 'bigint', decimal: 'numeric(38, 18)', float: 'float8' };
    const columns = Object.entries(EXACT_COLUMNS).map(
      ([name, type]) => `(e->>'${name}')::${types[type] ?? type} as ${name}`,
    );
    await owner.run(
      `create table exact_values as select ${columns.join(', ')} from json_array_elements('${JSON.stringify(rows).replaceAll("'", "''")}') e`,
    );
    const source = openSource(sourceOptions({ url, ...mode }));
    return { source, table: 'exact_values', view: {}, [Symbol.asyncDispose]: () => source[Symbol.asyncDispose]() };
  });
}
