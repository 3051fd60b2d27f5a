// Given rows in a private MariaDB: one database for each test.

import { randomBytes } from 'node:crypto';
import type { ViewTest } from '../definition/view-test.ts';
import { type MariadbServer, startMariadb } from '../servers/servers.ts';
import { runMysqlStatements } from '../sources/mysql/run-statements.ts';
import { type GivenColumn, givenColumns, textOfValue } from './column-types.ts';
import type { FixtureKind } from './fixture.ts';
import { requireColumnsOf } from './given-problem.ts';

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
      await runMysqlStatements(
        own.href,
        Object.keys(test.given).flatMap((table) => tableStatements(test, table)),
      );
      const drop = () => runMysqlStatements(url, [{ sql: `drop database ${name}`, values: [] }]);
      return { url: own.href, [Symbol.asyncDispose]: drop };
    },
    [Symbol.asyncDispose]: async () => (await started)?.[Symbol.asyncDispose](),
  };
}

type Statement = { readonly sql: string; readonly values: readonly (string | null)[] };

function tableStatements(test: ViewTest, table: string): Statement[] {
  const rows = test.given[table] ?? [];
  const columns = givenColumns(rows, test.types[table]);
  requireColumnsOf(test, table, columns);
  const definitions = columns.map((column) => `${quoted(column.name)} ${column.type ?? typeOf(column)}`);
  const names = columns.map(({ name }) => quoted(name)).join(', ');
  const marks = columns.map(() => '?').join(', ');
  return [
    { sql: `create table ${quoted(table)} (${definitions.join(', ')})`, values: [] },
    ...rows.map((row) => ({
      sql: `insert into ${quoted(table)} (${names}) values (${marks})`,
      values: columns.map((column) => fieldOf(column, row[column.name])),
    })),
  ];
}

function typeOf({ values }: GivenColumn): string {
  if (values.kind === 'number') return `decimal(38, ${Math.min(values.decimals, 30)})`;
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
function fieldOf({ values }: GivenColumn, value: unknown): string | null {
  const text = textOfValue(value);
  if (text === null) return null;
  if (values.kind === 'bool') return text === 'true' ? '1' : '0';
  if (values.kind !== 'time') return text;
  const hasZone = /(?:Z|[+-]\d{2}:?\d{2})$/.test(text.slice(10));
  const iso = text.length === 10 ? `${text}T00:00Z` : hasZone ? text : `${text}Z`;
  return new Date(iso).toISOString().replace('T', ' ').replace('Z', '');
}

function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
