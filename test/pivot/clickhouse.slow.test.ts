import { openSource } from '../../src/sources/index.ts';
import { literal } from '../sources/clickhouse/exact-values.ts';
import { sourceOptions } from '../sources/worlds.ts';
import { clickhouseDo, freshClickhouse } from '../support/clickhouse/clickhouse.ts';
import { testPivot } from './long-table.ts';

testPivot(
  'ClickHouse',
  async (rows) => {
    const url = await freshClickhouse();
    await clickhouseDo(
      url,
      "create table user_features (user_id String, event_time DateTime64(6, 'UTC'), feature_name LowCardinality(String), feature_value Nullable(String)) engine = MergeTree order by user_id",
      `insert into user_features values ${rows.map((row) => `(${row.map(literal).join(', ')})`).join(', ')}`,
    );
    return openSource(sourceOptions({ url }));
  },
  {},
);
