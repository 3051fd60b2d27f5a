// validate --connect of views with `from` on ClickHouse.

import { beforeAll, describe } from 'vitest';
import { clickhouseDo, freshClickhouse } from '../../support/clickhouse/clickhouse.ts';
import type { CommandWorld } from '../world.ts';
import { declaredTests, openWarehouse, ROWS, ROWS_TWICE } from './connect-declared.ts';

let world: CommandWorld;

beforeAll(async () => {
  const url = await freshClickhouse();
  await clickhouseDo(
    url,
    `create table user_events (user_id String, at DateTime64(6, 'UTC'), amount Float64, note Nullable(String), country String, seen DateTime) engine = MergeTree order by at`,
    'create table profiles (user_id Nullable(String), kyc String) engine = MergeTree order by kyc',
    `insert into profiles values ${ROWS}`,
    'create table twice (uid String, kyc String) engine = MergeTree order by kyc',
    `insert into twice values ${ROWS_TWICE}`,
  );
  world = await openWarehouse(url, 'clickhouse');
}, 300_000);

describe('validate --connect of a view with `from` on ClickHouse', () => declaredTests('warehouse', () => world));
