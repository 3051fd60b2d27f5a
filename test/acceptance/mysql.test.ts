// Rows of a MariaDB through the whole engine: both stores have exactly the written values.

import { describe, expect, test } from 'vitest';
import { readOnline } from '../../src/online/read.ts';
import { EXACT_COLUMNS, EXACT_ROWS } from '../sources/exact-values.ts';
import { loadExactValues } from '../sources/mysql/exact-values.ts';
import { freshMysql, mysqlDo } from '../support/mysql.ts';
import { openWorld, type World } from '../support/world.ts';
import { ORDERS, SPEND, storedSpend, storeExactValues } from './other-database.ts';

/** MariaDB has no -0. */
const ROWS = EXACT_ROWS.filter((row) => row.entity_id !== 'negative zero');

const TYPES: Readonly<Record<string, string>> = {
  int: 'bigint',
  decimal: 'numeric',
  float: 'float8',
  json: 'jsonb',
  // A feature of type timestamp is an instant: values without a zone are UTC.
  timestamp: `timestamp at time zone 'UTC'`,
  date: `timestamp at time zone 'UTC'`,
};
const STORED = Object.keys(EXACT_COLUMNS).map((name) => (name === 'happened_at' ? 'event_timestamp' : name));
const WRITTEN = Object.entries(EXACT_COLUMNS).map(([name, type]) => {
  const value = `(e->>'${name}')::${TYPES[type] ?? type}`;
  // A JSON null is null.
  return type === 'json' ? `nullif(${value}, 'null')` : value;
});

/** A table with the strings that were written into the source, as one JSON object per row; returns its name. */
async function written(world: World): Promise<string> {
  await world.sql('create table written (e json)');
  await world.sql('insert into written select json_array_elements($1)', [JSON.stringify(ROWS)]);
  return 'written';
}

/** The values of a table, in order, in Postgres' text format. */
function rowsOf(world: World, values: readonly string[], table: string): Promise<Record<string, unknown>[]> {
  return world.sql(`select row(${values.join(', ')})::text as row from ${table} order by 1`);
}

describe('a view of MariaDB', () => {
  test('has the same values in both stores as Postgres reads from the same texts', async () => {
    const url = await freshMysql();
    await loadExactValues(url, ROWS);
    await using world = await openWorld({ sources: { legacy: url } });
    await storeExactValues(world, ROWS);

    expect(await rowsOf(world, STORED, 'features.exact')).toEqual(await rowsOf(world, WRITTEN, await written(world)));
  });

  test('is rewritten from the current source, interval by interval', async () => {
    const url = await freshMysql();
    await mysqlDo(
      url,
      'create table orders (customer varchar(20), ordered_at datetime(6), amount decimal(12, 2))',
      `insert into orders values ${ORDERS}`,
    );
    await using world = await openWorld({ sources: { legacy: url } });
    await world.apply(SPEND);

    await world.materialize('spend');

    expect(await storedSpend(world)).toEqual([
      { entity_id: 'ada', at: '2026-01-02 00:00:00+00', spend: '3.75' },
      { entity_id: 'bob', at: '2026-01-03 00:00:00+00', spend: '3.00' },
      { entity_id: 'Łódź', at: '2026-01-03 00:00:00+00', spend: '0.10' },
    ]);
    await mysqlDo(url, "update orders set amount = 4 where customer = 'bob'");
    await world.sql('update millrace.coverage set stale = covered');
    await world.materialize('spend');
    expect((await storedSpend(world))[1]).toEqual({ entity_id: 'bob', at: '2026-01-03 00:00:00+00', spend: '4.00' });
    const found = await readOnline({ redis: world.app.online.redis, prefix: 'mr' }, [SPEND], ['bob', 'Łódź']);
    expect([...found.values()].map((views) => views['spend']?.values)).toEqual([{ spend: '4.00' }, { spend: '0.10' }]);
  });
});
