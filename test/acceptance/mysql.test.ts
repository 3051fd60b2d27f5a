// Rows of a MariaDB through the whole engine: both stores have exactly the written values.

import { describe, expect, test } from 'vitest';
import { readOnline } from '../../src/online/read.ts';
import { verifyView } from '../../src/online/verify.ts';
import { EXACT_COLUMNS, EXACT_ROWS, exactExtraction } from '../sources/exact-values.ts';
import { loadExactValues } from '../sources/mysql/exact-values.ts';
import { freshMysql, mysqlDo } from '../support/mysql.ts';
import { at, feature, view } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';

/** MariaDB has no -0. */
const ROWS = EXACT_ROWS.filter((row) => row.entity_id !== 'negative zero');
const calm = new AbortController().signal;

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

/** A table with the texts that were written into the source, as one JSON object per row; returns its name. */
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
    const { features, query } = exactExtraction({ table: 'exact_values', view: {} }).view;
    const days = { start: at('2026-01-31'), end: at('2026-02-01') };
    const exact = view({ name: 'exact', source: 'legacy', kind: 'events', ...days, features, query });
    await world.apply(exact);

    const [outcome] = await world.materialize('exact');

    expect(outcome).toMatchObject({
      kind: 'completed',
      value: { counts: { inserted: ROWS.length, refused: 0 } },
    });
    expect(await rowsOf(world, STORED, 'features.exact')).toEqual(await rowsOf(world, WRITTEN, await written(world)));
    const { database, online: store } = world.app;
    const verified = await verifyView({ database, online: store, view: exact, signal: calm });
    expect(verified).toMatchObject({ comparedOffline: ROWS.length, total: 0 });
  });

  test('is rewritten from the current source, interval by interval', async () => {
    const url = await freshMysql();
    await mysqlDo(
      url,
      'create table orders (customer varchar(20), ordered_at datetime(6), amount decimal(12, 2))',
      `insert into orders values ('ada', '2026-01-01 00:00:00', 1.50), ('ada', '2026-01-01 23:59:59.999999', 2.25),
         ('bob', '2026-01-02 00:00:00', 3), ('Łódź', '2026-01-02 12:00:00', 0.10)`,
    );
    await using world = await openWorld({ sources: { legacy: url } });
    const spend = view({
      source: 'legacy',
      features: [feature('spend', 'decimal', { column: 'value' })],
      query: `select customer as entity_id, sum(amount) as value, {{end}} as timestamp from orders
        where ordered_at >= {{end}} - interval 1 day and ordered_at < {{end}} group by customer`,
    });
    await world.apply(spend);
    const stored = () =>
      world.sql('select entity_id, event_timestamp::text as at, spend::text from features.spend order by 2, 1');

    await world.materialize('spend');

    expect(await stored()).toEqual([
      { entity_id: 'ada', at: '2026-01-02 00:00:00+00', spend: '3.75' },
      { entity_id: 'bob', at: '2026-01-03 00:00:00+00', spend: '3.00' },
      { entity_id: 'Łódź', at: '2026-01-03 00:00:00+00', spend: '0.10' },
    ]);
    await mysqlDo(url, "update orders set amount = 4 where customer = 'bob'");
    await world.sql('update millrace.coverage set stale = covered');
    await world.materialize('spend');
    expect((await stored())[1]).toEqual({ entity_id: 'bob', at: '2026-01-03 00:00:00+00', spend: '4.00' });
    const found = await readOnline({ redis: world.app.online.redis, prefix: 'mr' }, [spend], ['bob', 'Łódź']);
    expect([...found.values()].map((views) => views['spend']?.values)).toEqual([{ spend: '4.00' }, { spend: '0.10' }]);
  });
});
