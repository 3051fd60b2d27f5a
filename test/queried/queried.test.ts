// Tables of a query over files that come from a database.

import { describe, expect, test } from 'vitest';
import type { FeatureView, QueriedTable } from '../../src/definition/view.ts';
import { openSource } from '../../src/sources/index.ts';
import type { Source, SourceOptions } from '../../src/sources/source.ts';
import { calm, day, lakeFolder, openLake } from '../sources/lake/lake-files.ts';
import { ownerOf } from '../sources/postgres/world.ts';
import { allRows, failureOf } from '../sources/source-contract.ts';
import { eventsView, feature, sourceOptions, tableFiles } from '../sources/worlds.ts';
import { freshMysql, mysqlDo } from '../support/mysql.ts';
import { slowTest } from '../support/sample.ts';
import { freshDatabase } from '../support/servers.ts';

const ORDERS = 'id,at,customer\n1,2026-01-31T10:00:00Z,ann\n2,2026-01-31T11:00:00Z,bob\n';

const QUERY = `select o.id as entity_id, o.at as timestamp, c.tier
  from orders o left join customers c on c.name = o.customer order by 1`;

function orderView(customers: Partial<QueriedTable>, changes: Partial<FeatureView> = {}): FeatureView {
  return eventsView({
    name: 'orders',
    source: 'lake',
    features: [feature('tier', 'string', { nullable: true })],
    files: { orders: tableFiles({ pattern: '{yyyy}-{MM}-{dd}.csv', format: 'csv', types: { at: 'timestamp' } }) },
    queried: { customers: { source: 'crm', query: 'select name, tier from customers', rowsMax: 10, ...customers } },
    query: QUERY,
    ...changes,
  });
}

async function postgres(...statements: readonly string[]): Promise<string> {
  const url = await freshDatabase();
  await using owner = ownerOf(url);
  for (const statement of statements) await owner.run(statement);
  return url;
}

/** A lake whose tables may come from the source `crm`. */
async function lake(crm: Partial<SourceOptions> & { readonly url: string }): Promise<Source> {
  const other = openSource(sourceOptions({ name: 'crm', ...crm }));
  const source = openLake(await lakeFolder({ '2026-01-31.csv': ORDERS }), { others: () => other });
  return {
    ...source,
    [Symbol.asyncDispose]: async () => {
      await source[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
    },
  };
}

const reading = (view: FeatureView) => ({ view, span: day('2026-01-31') });

describe('a table from another source', () => {
  test.each([
    [
      'Postgres',
      () => postgres('create table customers (name text, tier text)', "insert into customers values ('ann', 'gold')"),
    ],
    [
      'MariaDB',
      async () => {
        const url = await freshMysql();
        await mysqlDo(
          url,
          'create table customers (name varchar(20), tier varchar(20))',
          "insert into customers values ('ann', 'gold')",
        );
        return url;
      },
    ],
  ])('is joined with files: %s', async (_, server) => {
    await using source = await lake({ url: await server() });

    expect((await allRows(source, reading(orderView({})), calm)).map(([id, , tier]) => [id, tier])).toEqual([
      ['1', 'gold'],
      ['2', null],
    ]);
  });

  test('may be empty', async () => {
    await using source = await lake({ url: await postgres('create table customers (name text, tier text)') });
    expect((await allRows(source, reading(orderView({})), calm)).map(([, , tier]) => tier)).toEqual([null, null]);
  });

  test('is described without reading its rows', async () => {
    await using source = await lake({ url: await postgres('create table customers (name text, tier text)') });
    const failing = orderView({ query: 'select name, (1 / 0)::text as tier from customers, generate_series(1, 2)' });
    expect((await source.describe(reading(failing), calm)).map(({ name, type }) => [name, type])).toContainEqual([
      'tier',
      'text',
    ]);
  });

  test('keeps values exact', async () => {
    const values = `select 'ann' as name, 9223372036854775807 as whole, 0.1::float8 + 0.2 as number, 1.10::numeric(38, 18) as exact,
      true as yes, timestamptz '2026-01-31 10:00:00.000001+00' as at, date '2026-01-31' as day, '{"a": [1]}'::jsonb as document,
      E'a\\n"b", \\\\ Łódź' as words, null::int as nothing`;
    await using source = await lake({ url: await postgres() });
    const query = `select o.id as entity_id, o.at as timestamp, concat_ws('|', whole, number, exact, yes, epoch_us(c.at), day, document, words, coalesce(nothing, -1)) as tier
      from orders o join customers c on c.name = o.customer`;

    expect(
      (await allRows(source, reading(orderView({ query: values }, { query })), calm)).map(([, , tier]) => tier),
    ).toEqual([
      '9223372036854775807|0.30000000000000004|1.100000000000000000|true|1769853600000001|2026-01-31|{"a": [1]}|a\n"b", \\ Łódź|-1',
    ]);
  });

  test('gets the bounds of the interval', async () => {
    await using source = await lake({ url: await postgres() });
    const query = "select 'ann' as name, ({{end}} - {{start}})::text as tier";
    expect((await allRows(source, reading(orderView({ query })), calm))[0]?.[2]).toBe('1 day');
  });

  test.each([
    [
      "select 'ann' as name, i::text as tier from generate_series(1, 11) i",
      'SOURCE_SHAPE',
      /the table customers, from source crm, has more than 10 rows.*`rows_max`/,
    ],
    [
      "select 'ann' as name, repeat('x', 1048577) as tier",
      'SOURCE_SHAPE',
      /the table customers, from source crm, has a value of more than 1,048,576 characters/,
    ],
    [
      "select 'ann' as name, '\\x00'::bytea as tier",
      'SOURCE_SHAPE',
      /column "tier" of the table customers, from source crm, is bytea, which is not supported/,
    ],
    [
      "select 'ann' as name, 'x' as \"Name\"",
      'SOURCE_SHAPE',
      /column "Name" of the table customers.*appears more than once/,
    ],
    [
      "select 'ann' as name, 1e-30::numeric as tier",
      'SOURCE_SHAPE',
      /column "tier" of the table customers.*has a value that is not a decimal/,
    ],
    [
      'select nam from customers',
      'SOURCE_QUERY',
      /View orders: source crm \(postgres:.*rejected the query: .*"nam".*\(line 1, column 8 of the query\)/,
    ],
  ])('fails for %s', async (query, code, message) => {
    await using source = await lake({ url: await postgres('create table customers (name text)') });
    const failure = await failureOf(allRows(source, reading(orderView({ query })), calm));

    expect([failure.code, failure.message]).toEqual([code, expect.stringMatching(message)]);
  });

  test('fails with SOURCE_UNAVAILABLE that names its source', async () => {
    await using source = await lake({ url: 'postgres://127.0.0.1:1/crm' });
    const failure = await failureOf(allRows(source, reading(orderView({})), calm));

    expect([failure.code, failure.message]).toEqual(['SOURCE_UNAVAILABLE', expect.stringContaining('source crm')]);
    expect(failure.facts['source']).toBe('crm');
  });

  slowTest('fails if it needs more memory than the lake allows', async () => {
    const other = openSource(sourceOptions({ name: 'crm', url: await postgres() }));
    const folder = await lakeFolder({ '2026-01-31.csv': ORDERS });
    await using source = openLake(folder, { others: () => other, memoryLimitMb: 64 });
    const query = 'select i::text as name, repeat(md5(i::text), 30) as tier from generate_series(1, 100000) i';
    const failure = await failureOf(allRows(source, reading(orderView({ query, rowsMax: 1_000_000 })), calm));
    await other[Symbol.asyncDispose]();

    expect([failure.code, failure.message]).toEqual(['SOURCE_QUERY', expect.stringContaining('memory_limit_mb')]);
  });

  test('stops when the signal is aborted', async () => {
    await using source = await lake({ url: await postgres() });
    const controller = new AbortController();
    const query = "select 'ann' as name, pg_sleep(60)::text as tier";
    const read = allRows(source, reading(orderView({ query })), controller.signal);
    read.catch(() => undefined); // awaited below
    controller.abort(new Error('stop'));

    await expect(read).rejects.toThrow('stop');
  });
});
