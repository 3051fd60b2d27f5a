// Rows of ClickHouse through the whole engine: both stores have the written values.

import { describe, expect, test } from 'vitest';
import { verifyView } from '../../src/online/verify.ts';
import { loadExactValues } from '../sources/clickhouse/exact-values.ts';
import { EXACT_ROWS, exactExtraction } from '../sources/exact-values.ts';
import { clickhouseDo, freshClickhouse } from '../support/clickhouse/clickhouse.ts';
import { at, feature, view } from '../support/views.ts';
import { openWorld } from '../support/world.ts';

const calm = new AbortController().signal;
/** Date32 holds 1900 to 2299. */
const ROWS = EXACT_ROWS.filter(({ entity_id }) => entity_id !== '1900' && entity_id !== 'far');

describe('a view of ClickHouse', () => {
  test('stores every exact value in both stores', async () => {
    const url = await freshClickhouse();
    await loadExactValues(url, ROWS);
    await using world = await openWorld({ sources: { legacy: url } });
    const { features, query } = exactExtraction({ table: 'exact_values', view: {} }).view;
    const days = { start: at('2026-01-31'), end: at('2026-02-01') };
    const exact = view({ name: 'exact', source: 'legacy', kind: 'events', ...days, features, query });
    await world.apply(exact);

    const [outcome] = await world.materialize('exact');

    expect(outcome).toMatchObject({ kind: 'completed', value: { counts: { inserted: ROWS.length, refused: 0 } } });
    const stored = await world.sql(
      'select entity_id, whole::text, words from features.exact order by entity_id collate "C"',
    );
    const written = ROWS.map(({ entity_id, whole, words }) => ({ entity_id, whole, words }));
    expect(stored).toEqual(
      written.toSorted((a, b) => Buffer.compare(Buffer.from(a.entity_id ?? ''), Buffer.from(b.entity_id ?? ''))),
    );
    const { database, online: store } = world.app;
    const verified = await verifyView({ database, online: store, view: exact, signal: calm });
    expect(verified).toMatchObject({ comparedOffline: ROWS.length, total: 0 });
  });

  test('computes snapshots, interval by interval', async () => {
    const url = await freshClickhouse();
    await clickhouseDo(
      url,
      "create table orders (customer String, ordered_at DateTime64(6, 'UTC'), amount Decimal(12, 2)) engine = MergeTree order by ordered_at",
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

    await world.materialize('spend');

    expect(
      await world.sql('select entity_id, event_timestamp::text as at, spend::text from features.spend order by 2, 1'),
    ).toEqual([
      { entity_id: 'ada', at: '2026-01-02 00:00:00+00', spend: '3.75' },
      { entity_id: 'bob', at: '2026-01-03 00:00:00+00', spend: '3' },
      { entity_id: 'Łódź', at: '2026-01-03 00:00:00+00', spend: '0.1' },
    ]);
  });
});
