// The rows of events.ts in ClickHouse's engine, for slow tests.

import { openSource } from '../../src/sources/index.ts';
import { literal } from '../sources/clickhouse/exact-values.ts';
import { sourceOptions } from '../sources/worlds.ts';
import { clickhouseDo, freshClickhouse } from '../support/clickhouse/clickhouse.ts';
import type { Engine, EventRow, ProfileRow } from './events.ts';

export async function loadClickhouse(events: readonly EventRow[], profiles: readonly ProfileRow[]): Promise<Engine> {
  const url = await freshClickhouse();
  await clickhouseDo(
    url,
    `create table user_events (user_id String, event_time DateTime64(6, 'UTC'), event_type LowCardinality(Nullable(String)),
       country Nullable(String), device Nullable(String), amount Nullable(Decimal(12, 2)), quantity Nullable(Int32),
       score Nullable(Float64), vip Nullable(Bool)) engine = MergeTree order by (user_id, event_time)`,
    'create table profiles (user_id String, kyc Nullable(String), level Nullable(Int32)) engine = MergeTree order by user_id',
    `insert into user_events values ${events.map(eventValues).join(', ')}`,
    `insert into profiles values ${profiles.map((row) => `(${literal(row.user_id)}, ${literal(row.kyc)}, ${row.level})`).join(', ')}`,
  );
  return { name: 'clickhouse', url, source: openSource(sourceOptions({ name: 'shop', url, batchRows: 1000 })) };
}

function eventValues(row: EventRow): string {
  const texts = [row.user_id, row.event_time, row.event_type, row.country, row.device].map(literal);
  const amount = row.amount === null ? 'null' : `toDecimal64('${row.amount}', 2)`;
  const score = row.score === null ? 'null' : `toFloat64('${row.score}')`;
  return `(${[...texts, amount, row.quantity, score, row.vip].map(String).join(', ')})`;
}
