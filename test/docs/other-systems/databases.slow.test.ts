import { describe, expect, test } from 'vitest';
import { ownerOf } from '../../sources/postgres/world.ts';
import { freshMysql, mysqlDo } from '../../support/mysql.ts';
import { freshDatabase } from '../../support/servers.ts';
import { documentedView, stagedRows } from './documented.ts';

async function postgres(...statements: readonly string[]): Promise<{ url: string }> {
  const url = await freshDatabase();
  await using owner = ownerOf(url);
  for (const statement of statements) await owner.run(statement);
  return { url };
}

async function mysql(...statements: readonly string[]): Promise<{ url: string }> {
  const url = await freshMysql();
  await mysqlDo(url, ...statements);
  return { url };
}

const SERVERS = [
  ['Postgres', postgres],
  ['MariaDB', mysql],
] as const;

/** Of a day before the end of the interval; 99 is at the end, and does not count. */
const EVENTS = [
  'create table user_events (user_id varchar(20), timestamp timestamp, event_type varchar(20), device_id varchar(20), amount decimal(10, 2))',
  `insert into user_events values ('ann', '2026-09-09 23:00:00', 'transaction', 'phone', 10), ('ann', '2026-09-08 12:00:00', 'transaction', 'phone', 20),
     ('ann', '2026-09-01 12:00:00', 'transaction', 'phone', 60), ('ann', '2026-09-09 12:00:00', 'login', 'laptop', 0),
     ('bob', '2026-09-09 12:00:00', 'login', 'laptop', 0), ('bob', '2026-09-10 00:00:00', 'login', 'laptop', 99)`,
];

describe.each(SERVERS)('definitions over %s', (_, server) => {
  test('compute statistics and times', async () => {
    const { rows } = await stagedRows(documentedView('corint', 'user_payments'), await server(...EVENTS));

    expect(rows.map(([id, ...values]) => [id, ...values.slice(0, 5).map(Number), ...values.slice(5)])).toEqual([
      ['ann', 15, 20, 10, 19.5, 15, expect.stringMatching(/^2026-09-01.12:00:00/), expect.stringMatching(/^2026-09-09.23:00:00/), '3600'], // biome-ignore format: one row
    ]);
  });

  test('compute several counts of one window', async () => {
    expect(await stagedRows(documentedView('corint', 'user_counts'), await server(...EVENTS))).toEqual({
      rows: [
        ['ann', '1', '1'],
        ['bob', '1', '0'],
      ],
      refused: 0,
    });
  });

  test('read a profile', async () => {
    const source = await server(
      'create table user_profiles (user_id varchar(20), kyc_status varchar(20), is_verified boolean)',
      "insert into user_profiles values ('ann', 'passed', true), ('bob', null, false)",
    );

    expect((await stagedRows(documentedView('corint', 'user_account'), source)).rows).toEqual([
      ['ann', 'passed', 'true'],
      ['bob', '\\N', 'false'],
    ]);
  });

  test('compute a sum per entity', async () => {
    const source = await server(
      'create table orders (customer_id int, order_value decimal(10, 2), created_at timestamp)',
      `insert into orders values (1, 0.10, '2026-09-01 00:00:00'), (1, 0.20, '2026-09-09 23:59:59'), (2, 5, '2026-08-01 00:00:00'),
         (2, 7, '2026-09-10 00:00:00')`,
    );

    expect((await stagedRows(documentedView('fstore', 'customer_lifetime_value'), source)).rows).toEqual([
      ['1', '0.30'],
      ['2', '5.00'],
    ]);
  });

  test('compute a sum of a table without timestamps', async () => {
    const source = await server(
      'create table purchases (customer_id int, amount decimal(10, 2))',
      'insert into purchases values (1, 0.10), (1, 0.20), (2, 5)',
    );

    expect((await stagedRows(documentedView('fstore', 'customer_total_purchases'), source)).rows).toEqual([
      ['1', '0.30'],
      ['2', '5.00'],
    ]);
  });

  test('read a profile with several features', async () => {
    const source = await server(
      'create table user_profiles (user_id int, updated_at timestamp, age int, city varchar(20))',
      "insert into user_profiles values (1, '2026-09-01 00:00:00', 30, 'Hel'), (2, '2026-09-01 00:00:00', null, null)",
    );

    expect((await stagedRows(documentedView('pairec', 'user_profile_features'), source)).rows).toEqual([
      ['1', '30', 'Hel'],
      ['2', '\\N', '\\N'],
    ]);
  });

  test('read the features of items', async () => {
    const source = await server(
      'create table item_features (item_id int, updated_at timestamp, category varchar(20), price decimal(10, 2))',
      "insert into item_features values (7, '2026-09-01 00:00:00', 'tea', 12.50)",
    );

    const { rows } = await stagedRows(documentedView('pairec', 'item_features'), source);
    expect(rows).toEqual([['7', 'tea', '12.50']]);
  });

  test('read the orders of an interval', async () => {
    const source = await server(
      'create table orders (customer_id int, product_id varchar(20), created_at timestamp)',
      `insert into orders values (1, 'tea', '2026-09-09 22:59:59'), (1, 'milk', '2026-09-09 23:00:00'), (2, 'salt', '2026-09-10 00:00:00')`,
    );

    expect((await stagedRows(documentedView('velostream', 'table_orders'), source)).rows).toEqual([['1', 'milk']]);
  });

  test('read changed records', async () => {
    const source = await server(
      'create table customers (id int, updated_at timestamp, age int)',
      `insert into customers values (1, '2026-09-09 22:59:59', 30), (2, '2026-09-09 23:00:00', 40), (3, '2026-09-10 00:00:00', 50)`,
    );

    expect((await stagedRows(documentedView('summit', 'customer_changes'), source)).rows).toEqual([['2', '40']]);
  });
});

describe.each(SERVERS)('definitions over long tables of %s', (_, server) => {
  test.each([
    ['user_features', 'user_id', ['age', '30'], ['city', 'Hel']],
    ['item_values', 'item_id', ['category', 'tea'], ['price', '12.50']],
  ] as const)('%s reads names and values in rows', async (name, key, [first, one], [second, other]) => {
    const table = key.replace('_id', '_features');
    const source = await server(
      `create table ${table} (${key} int, feature_name varchar(20), feature_value varchar(20))`,
      `insert into ${table} values (1, '${first}', '${one}'), (1, '${second}', '${other}'), (1, 'unlisted', 'x'), (2, '${second}', '${other}')`,
    );

    expect(await stagedRows(documentedView('pairec', name), source)).toEqual({
      rows: [
        ['1', one, other],
        ['2', '\\N', other],
      ],
      refused: 0,
    });
  });
});

describe('definitions over Postgres only', () => {
  test.each([{}, { readWith: 'cursor' }] as const)(
    'keep the newest value of each name, reading with %j',
    async (mode) => {
      const source = await postgres(
        'create table user_features (user_id int, feature_name text, feature_value text, feature_timestamp timestamptz)',
        `insert into user_features values (1, 'age', '29', '2026-09-04 00:00:00Z'), (1, 'age', '30', '2026-09-09 00:00:00Z'),
         (1, 'city', 'Hel', '2026-09-03 00:00:00Z'), (1, 'city', 'Łódź', '2026-09-10 00:00:00Z'), (2, 'age', '40', '2026-09-02 23:59:59Z')`,
      );

      const { rows } = await stagedRows(documentedView('pairec', 'newest_values'), { ...source, ...mode });
      expect(rows).toEqual([['1', '30', 'Hel']]);
    },
  );

  test('compute a frequency with a query of several parts', async () => {
    const source = await postgres(
      'create table orders (customer_id int, created_at timestamptz)',
      "insert into orders select 1, '2026-09-09 12:00:00Z' from generate_series(1, 15)",
      "insert into orders values (1, '2026-08-10 12:00:00Z'), (1, '2026-09-10 12:00:00Z'), (2, '2026-09-01 00:00:00Z')",
    );

    const { rows } = await stagedRows(documentedView('fstore', 'customer_purchase_frequency'), source);
    expect(rows.map(([id, value]) => [id, Number(value).toFixed(3)])).toEqual([
      ['1', '0.500'],
      ['2', '0.033'],
    ]);
  });

  test('transform and mask records', async () => {
    const source = await postgres(
      'create table customers (id int, "firstName" text, "lastName" text, email text, "creditCard" text)',
      "insert into customers values (1, 'Ann', 'Lee', 'ann@example.com', '4111111111111111'), (2, 'Bob', 'Ray', null, null)",
    );

    expect((await stagedRows(documentedView('summit', 'customers'), source)).rows).toEqual([
      ['1', 'Ann Lee', 'a**@example.com', '****-****-****-1111'],
      ['2', 'Bob Ray', '\\N', '\\N'],
    ]);
  });
});
