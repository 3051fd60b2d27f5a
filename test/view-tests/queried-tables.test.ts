import { describe, expect, test } from 'vitest';
import { tablesIn } from '../../src/view-tests/queried-tables.ts';
import { scannedTables } from '../../src/view-tests/scan-tables.ts';

/** Queries whose tables are orders and people, in both dialects. */
const QUERIES = [
  'select extract(year from at), trim(both from name) from orders, people',
  'select * from orders o join people p on p.id = o.id and coalesce(o.a, p.b) > 1 where {{start}} < o.at',
  'with own as (select * from orders) select * from own join people on true',
  'with orders as (select id from orders) select * from orders join people using (id)',
  'with own (a, b) as (select 1, 2) select * from own, orders o, people order by 1, 2',
  'with recursive own as (select id from orders union all select id from own) select * from own, people',
  'select * from (orders join people on true) where id in (1, 2)',
  "select 'from secret', (select max(id) from people) from (select * from orders) -- from nothing",
  'select * from orders union all select a, b from people group by a, b limit 3',
];

describe('tablesIn', () => {
  test.each(QUERIES)('of Postgres: %s', async (query) => {
    expect((await tablesIn(query, 'postgres')).toSorted()).toEqual(['orders', 'people']);
  });

  test.each(QUERIES)('of MySQL: %s', async (query) => {
    expect((await tablesIn(query, 'mysql')).toSorted()).toEqual(['orders', 'people']);
  });

  test.each([
    ['select 1 from "Order", shop.orders, generate_series(1, 3) where a is distinct from b', ['Order', 'shop.orders']],
    ['select 1 from only orders tablesample system (1), lateral (select 1) x, people()', ['orders']],
  ])('of Postgres: %s', async (query, tables) => {
    expect(await tablesIn(query, 'postgres')).toEqual(tables);
    expect(scannedTables(query, 'postgres')).toEqual(tables);
  });

  test.each([
    ['select 1 from `orders` o straight_join `my people` on true', ['orders', 'my people']],
    ['select 1 from `shop`.`orders`, dual where `from` = "from x"', ['shop.orders']],
  ])('of MySQL: %s', async (query, tables) => {
    expect(await tablesIn(query, 'mysql')).toEqual(tables);
  });
});
