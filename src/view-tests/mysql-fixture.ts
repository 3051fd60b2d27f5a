// Given rows in a private MariaDB: one database for each test.

import { randomBytes } from 'node:crypto';
import type { ViewTest } from '../definition/view-test.ts';
import { type MariadbServer, startMariadb } from '../servers/servers.ts';
import { type OwnStatement, runMysqlStatements } from '../sources/mysql/run-statements.ts';
import { type GivenColumn, givenColumns, textOfValue } from './column-types.ts';
import type { FixtureKind } from './fixture.ts';
import { givenInvalid, orRejected, placeInGiven, requireColumnsOf } from './given-problem.ts';

export function mysqlFixtures(): FixtureKind {
  let started: Promise<MariadbServer> | undefined;
  return {
    async make(test) {
      started ??= startMariadb();
      const { url } = await started;
      const name = `millrace_${randomBytes(6).toString('hex')}`;
      await runMysqlStatements(url, [{ sql: `create database ${name}`, values: [] }]);
      const own = new URL(url);
      own.pathname = `/${name}`;
      for (const table of Object.keys(test.given)) await fill(own.href, test, table);
      const drop = () => runMysqlStatements(url, [{ sql: `drop database ${name}`, values: [] }]);
      return { url: own.href, [Symbol.asyncDispose]: drop };
    },
    [Symbol.asyncDispose]: async () => (await started)?.[Symbol.asyncDispose](),
  };
}

async function fill(url: string, test: ViewTest, table: string): Promise<void> {
  const rows = test.given[table] ?? [];
  const columns = givenColumns(rows, test.types[table]);
  requireColumnsOf(test, table, columns);
  const definitions = columns.map((column) => `${quoted(column.name)} ${column.type ?? typeOf(column)}`);
  const create = { sql: `create table ${quoted(table)} (${definitions.join(', ')})`, values: [] };
  await orRejected(test, `the table ${table}`, isRejection, () => runMysqlStatements(url, [create]));
  const names = columns.map(({ name }) => quoted(name)).join(', ');
  const marks = columns.map(() => '?').join(', ');
  const inserts = rows.map((row, index) => ({
    sql: `insert into ${quoted(table)} (${names}) values (${marks})`,
    values: columns.map((column) => fieldOf(test, placeInGiven(table, index, column.name), column, row[column.name])),
  }));
  await insertAll(url, inserts, (index) => placeInGiven(table, index), test);
}

/** Inserts the rows again one by one to find the one that is rejected. */
async function insertAll(
  url: string,
  inserts: readonly OwnStatement[],
  placeOf: (row: number) => string,
  test: ViewTest,
): Promise<void> {
  try {
    await runMysqlStatements(url, inserts);
  } catch (error) {
    if (!isRejection(error)) throw error;
    for (const [row, insert] of inserts.entries()) {
      await orRejected(test, placeOf(row), isRejection, () => runMysqlStatements(url, [insert]));
    }
    throw error;
  }
}

/** An error from the server, not the connection. */
function isRejection(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ER_');
}

/** The most digits after the point that MySQL and MariaDB both have: more would be rounded. */
const DECIMALS_MAX = 30;

function typeOf({ values }: GivenColumn): string {
  if (values.kind === 'number') return values.decimals > DECIMALS_MAX ? 'double' : `decimal(38, ${values.decimals})`;
  const types = {
    whole: 'bigint',
    bool: 'boolean',
    date: 'date',
    time: 'datetime(6)',
    json: 'json',
    text: 'varchar(1000)',
  };
  return types[values.kind];
}

/** A datetime has no offset: it is UTC. */
function fieldOf(test: ViewTest, place: string, { values }: GivenColumn, value: unknown): string | null {
  const text = textOfValue(value);
  if (text === null) return null;
  if (values.kind === 'bool') return text === 'true' ? '1' : '0';
  if (values.kind !== 'time') return text;
  const hasZone = /(?:Z|[+-]\d{2}:?\d{2})$/.test(text.slice(10));
  const iso = text.length === 10 ? `${text}T00:00Z` : hasZone ? text : `${text}Z`;
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) throw givenInvalid(test.file, `${place} is ${text}, which is not a valid time`);
  return time.toISOString().replace('T', ' ').replace('Z', '');
}

function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
