// Rows of ClickHouse through the whole engine: both stores have the written values.

import { describe, expect, test } from 'vitest';
import { loadExactValues } from '../sources/clickhouse/exact-values.ts';
import { EXACT_ROWS } from '../sources/exact-values.ts';
import { clickhouseDo, freshClickhouse } from '../support/clickhouse/clickhouse.ts';
import { openWorld } from '../support/world.ts';
import { ORDERS, SPEND, storedSpend, storeExactValues } from './other-database.ts';

/** Date32 holds 1900 to 2299. */
const ROWS = EXACT_ROWS.filter(({ entity_id }) => entity_id !== '1900' && entity_id !== 'far');

describe('a view of ClickHouse', () => {
  test('stores every exact value in both stores', async () => {
    const url = await freshClickhouse();
    await loadExactValues(url, ROWS);
    await using world = await openWorld({ sources: { legacy: url } });
    await storeExactValues(world, ROWS);

    const stored = await world.sql(
      'select entity_id, whole::text, words from features.exact order by entity_id collate "C"',
    );
    const written = ROWS.map(({ entity_id, whole, words }) => ({ entity_id, whole, words }));
    expect(stored).toEqual(
      written.toSorted((a, b) => Buffer.compare(Buffer.from(a.entity_id ?? ''), Buffer.from(b.entity_id ?? ''))),
    );
  });

  test('computes snapshots, interval by interval', async () => {
    const url = await freshClickhouse();
    await clickhouseDo(
      url,
      "create table orders (customer String, ordered_at DateTime64(6, 'UTC'), amount Decimal(12, 2)) engine = MergeTree order by ordered_at",
      `insert into orders values ${ORDERS}`,
    );
    await using world = await openWorld({ sources: { legacy: url } });
    await world.apply(SPEND);

    await world.materialize('spend');

    expect(await storedSpend(world)).toEqual([
      { entity_id: 'ada', at: '2026-01-02 00:00:00+00', spend: '3.75' },
      { entity_id: 'bob', at: '2026-01-03 00:00:00+00', spend: '3' },
      { entity_id: 'Łódź', at: '2026-01-03 00:00:00+00', spend: '0.1' },
    ]);
  });
});
