// Sums of declared features in ClickHouse, whose own sums of integers wrap around.

import { expect, test } from 'vitest';
import { viewFile } from '../../src/definition/files/view-file.ts';
import { parseView } from '../../src/definition/parse/parse-view.ts';
import { openSource } from '../../src/sources/index.ts';
import { sourceOptions } from '../sources/worlds.ts';
import { clickhouseDo, freshClickhouse } from '../support/clickhouse/clickhouse.ts';
import { valuesOf } from './events.ts';

const COLUMNS = {
  small: ['Nullable(Int64)', '9000000000000000000', '18000000000000000000'],
  unsigned: ['UInt64', '18446744073709551615', '36893488147419103230'],
  flag: ['Bool', 'true', '2'],
  wide: [
    'Int256',
    "toInt256('1000000000000000000000000000000000000000000000000')",
    '2000000000000000000000000000000000000000000000000',
  ],
  price: [
    'Nullable(Decimal(38, 18))',
    "toDecimal128('99999999999999999999.123456789012345678', 18)",
    '199999999999999999998.246913578024691356',
  ],
  cents: ['Decimal(12, 2)', "toDecimal64('-9999999999.99', 2)", '-19999999999.98'],
} as const;

test('sums of declared features do not wrap around, for any type of number', async () => {
  const url = await freshClickhouse();
  const columns = Object.entries(COLUMNS).map(([name, [type]]) => `${name} ${type}`);
  const values = Object.values(COLUMNS).map(([, value]) => value);
  await clickhouseDo(
    url,
    `create table user_events (user_id String, event_time DateTime64(6, 'UTC'), ${columns.join(', ')}) engine = MergeTree order by user_id`,
    `insert into user_events select 'ada', '2026-09-09 23:00:00', ${values.join(', ')} from numbers(2)`,
  );
  await using source = openSource(sourceOptions({ name: 'shop', url }));
  const names = Object.keys(COLUMNS);
  const view = parseView(
    viewFile.parse({
      name: 'sums',
      entity: 'user',
      source: 'shop',
      kind: 'snapshot',
      interval: '1h',
      start: '2026-09-01',
      from: { table: 'user_events', entity_id: 'user_id', timestamp: 'event_time' },
      features: names.map((name) => ({ name, type: 'decimal', aggregate: 'sum', column: name, window: '1d' })),
    }),
  );
  const expected = Object.fromEntries(Object.entries(COLUMNS).map(([name, [, , sum]]) => [name, sum]));
  expect(await valuesOf({ name: 'clickhouse', url, source }, view)).toEqual({ ada: expected });
});
