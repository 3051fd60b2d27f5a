// Given rows in a private Postgres: one database for each test.

import { formatInstant } from '../core/instant.ts';
import type { ViewTest } from '../definition/view-test.ts';
import { type Database, identifier, literal, openDatabase } from '../postgres/database.ts';
import { codeOf } from '../postgres/failure.ts';
import type { Session } from '../postgres/session.ts';
import type { Reads } from '../run/given-checks.ts';
import { databaseNameOf, type PostgresServer, startPostgres } from '../servers/servers.ts';
import { type GivenColumn, givenColumns } from './column-types.ts';
import type { FixtureKind } from './fixture.ts';
import { givenRejected, orRejected, placeInGiven, requireColumnsOf } from './given-problem.ts';

const TYPES: Readonly<Record<GivenColumn['values']['kind'], string>> = {
  whole: 'bigint',
  number: 'numeric',
  bool: 'boolean',
  date: 'date',
  time: 'timestamptz',
  json: 'jsonb',
  text: 'text',
};
const CLOCK_SCHEMA = 'millrace_test';

/** Also evaluates checks, of views on any source. */
export type PostgresFixtures = FixtureKind & { readonly reads: Reads };

export function postgresFixtures(): PostgresFixtures {
  let started: Promise<PostgresServer> | undefined;
  const start = () => {
    started ??= startPostgres({ settings: { max_connections: '20' } });
    return started;
  };
  let ofChecks: Promise<Database> | undefined;
  const openChecks = async () => openFixture(await (await start()).createDatabase());
  return {
    async reads(work) {
      ofChecks ??= openChecks();
      return (await ofChecks).transaction(work);
    },
    async make(test) {
      const server = await start();
      const url = await server.createDatabase();
      await using database = openFixture(url);
      await database.transaction((session) => fill(session, test, databaseNameOf(url)));
      return { url, [Symbol.asyncDispose]: () => server.dropDatabase(databaseNameOf(url)) };
    },
    [Symbol.asyncDispose]: async () => {
      await (await ofChecks)?.[Symbol.asyncDispose]();
      await (await started)?.[Symbol.asyncDispose]();
    },
  };
}

function openFixture(url: string): Database {
  return openDatabase({
    url,
    role: { label: 'the Postgres of the test', unavailable: 'SOURCE_UNAVAILABLE', denied: 'SOURCE_DENIED' },
    poolMax: 1,
    connectTimeoutMs: 10_000,
    idleInTransactionMs: 60_000,
    applicationName: 'millrace test',
  });
}

async function fill(session: Session, test: ViewTest, database: string): Promise<void> {
  for (const [table, rows] of Object.entries(test.given)) {
    const columns = givenColumns(rows, test.types[table]);
    requireColumnsOf(test, table, columns);
    const [name = '', schema = 'public'] = table.split('.').toReversed();
    const full = `${identifier(schema)}.${identifier(name)}`;
    const definitions = columns.map(
      (column) => `${identifier(column.name)} ${column.type ?? TYPES[column.values.kind]}`,
    );
    await session.run(`create schema if not exists ${identifier(schema)}`);
    await orRejected(test, `the table ${table}`, isRejection, () =>
      session.run(`create table ${full} (${definitions.join(', ')})`),
    );
    await insertGiven(session, test, { table, full });
  }
  if (test.now !== null) await setClock(session, test.now, database);
}

type GivenTable = { readonly table: string; readonly full: string };

async function insertGiven(session: Session, test: ViewTest, { table, full }: GivenTable): Promise<void> {
  const rows = test.given[table] ?? [];
  const insert = `insert into ${full} select * from json_populate_recordset(null::${full}, $1)`;
  const rejected = await rejectionOf(session, () => session.run(insert, [JSON.stringify(rows, finite)]));
  if (rejected === null) return;
  const convert = `select json_populate_record(null::${full}, $1)`;
  for (const [index, row] of rows.entries()) {
    for (const [column, value] of Object.entries(row)) {
      const one = JSON.stringify({ [column]: value }, finite);
      const problem = await rejectionOf(session, () => session.query(convert, [one]));
      if (problem !== null) throw givenRejected(test, placeInGiven(table, index, column), problem);
    }
  }
  throw givenRejected(test, `the table ${table}`, rejected);
}

/** JSON has no NaN and no infinity, and would have null instead. */
function finite(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

/** The error of a statement that Postgres rejects, which the transaction survives; null if it succeeds. */
async function rejectionOf(session: Session, statement: () => Promise<unknown>): Promise<unknown> {
  await session.run('savepoint given');
  try {
    await statement();
    return null;
  } catch (error) {
    if (!isRejection(error)) throw error;
    await session.run('rollback to savepoint given');
    return error;
  }
}

/** Data exceptions, constraints, and wrong or unsupported definitions. */
function isRejection(error: unknown): boolean {
  return /^(?:0A|22|23|42|54)/.test(codeOf(error));
}

/** An unqualified now() finds this one first. Keywords such as current_timestamp are replaced in the query (fixed-clock.ts). */
async function setClock(session: Session, now: NonNullable<ViewTest['now']>, database: string): Promise<void> {
  await session.run(`create schema ${CLOCK_SCHEMA}`);
  await session.run(
    `create function ${CLOCK_SCHEMA}.now() returns timestamptz stable language sql as $$ select timestamptz ${literal(formatInstant(now))} $$`,
  );
  await session.run(`alter database ${identifier(database)} set search_path = ${CLOCK_SCHEMA}, pg_catalog, public`);
}
