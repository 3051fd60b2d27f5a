// The engine of ClickHouse behind an HTTP server of the tests; no real server.

import { describe, expect, test } from 'vitest';
import { clickhouseSource } from '../../../src/sources/clickhouse/clickhouse.ts';
import { clickhouseDo, freshClickhouse } from '../../support/clickhouse/clickhouse.ts';
import { testExactValues } from '../exact-values.ts';
import { type EventRow, type SourceWorld, testSourceContract } from '../source-contract.ts';
import { sourceOptions } from '../worlds.ts';
import { literal, loadExactValues } from './exact-values.ts';

async function shop(rows: readonly EventRow[], batchRows: number): Promise<SourceWorld & { readonly url: string }> {
  const url = await freshClickhouse();
  const columns = "entity_id String, happened_at DateTime64(6, 'UTC'), amount Nullable(Float64), lines Nullable(Int64)";
  await clickhouseDo(url, `create table events (${columns}) engine = MergeTree order by happened_at`);
  const values = rows.map(
    (row) =>
      `(${literal(row.entity_id)}, ${literal(row.happened_at.slice(0, -3))}, ${row.amount === null ? 'null' : `toFloat64('${row.amount}')`}, ${row.lines})`,
  );
  if (rows.length > 0) await clickhouseDo(url, `insert into events values ${values.join(', ')}`);
  const source = clickhouseSource.open(sourceOptions({ url, batchRows }));
  return { source, url, table: 'events', view: {}, [Symbol.asyncDispose]: () => source[Symbol.asyncDispose]() };
}

testSourceContract({
  kind: 'clickhouse',
  open: shop,
  failing: 'throwIf(e.lines = 9223372036854775807)',
  hostileTexts: [
    'select 1; drop table TABLE',
    'drop table TABLE',
    'insert into TABLE select * from TABLE',
    "select * from TABLE into outfile '/tmp/millrace-clickhouse-stolen'",
    'select * from TABLE format Null',
    'alter table TABLE delete where 1',
    'select * from TABLE settings readonly = 0',
    'select 1) settings readonly = 0; drop table TABLE; (select 1',
    "select * from executable('rm', 'TSV', 'x String')",
    'system shutdown',
    '',
  ],
  isUnharmed: async (world) =>
    (await clickhouseDo((world as SourceWorld & { url: string }).url, 'select count() from events'))[0] === '8', // of shop
});

testExactValues(
  'clickhouse',
  async (rows) => {
    const world = await shop([], 7);
    await loadExactValues(world.url, rows);
    return { ...world, table: 'exact_values' };
  },
  ['1900', 'far'], // Date32 holds 1900 to 2299
);

describe('clickhouseSource', () => {
  test('is found', () => expect(clickhouseSource.name).toBe('clickhouse'));
});
