// Readings of a ClickHouse server of the tests.

import type { FeatureView } from '../../../src/definition/view.ts';
import { clickhouseSource } from '../../../src/sources/clickhouse/clickhouse.ts';
import type { SourceOptions } from '../../../src/sources/source.ts';
import { clickhouseDo, freshClickhouse } from '../../support/clickhouse/clickhouse.ts';
import { answerOf, refusalOf } from '../reading.ts';
import type { EventRow, SourceWorld } from '../source-contract.ts';
import { sourceOptions } from '../worlds.ts';
import { literal } from './exact-values.ts';

export type ClickhouseWorld = SourceWorld & { readonly url: string };

/** A source over the table `events` with these rows. */
export async function shop(rows: readonly EventRow[], batchRows: number): Promise<ClickhouseWorld> {
  const url = await freshClickhouse();
  const columns = "entity_id String, happened_at DateTime64(6, 'UTC'), amount Nullable(Float64), lines Nullable(Int64)";
  await clickhouseDo(url, `create table events (${columns}) engine = MergeTree order by happened_at`);
  const values = rows.map(({ entity_id, happened_at, amount, lines }) => {
    const float = amount === null ? 'null' : `toFloat64('${amount}')`;
    return `(${literal(entity_id)}, ${literal(happened_at.slice(0, -3))}, ${float}, ${lines})`;
  });
  if (values.length > 0) await clickhouseDo(url, `insert into events values ${values.join(', ')}`);
  const source = clickhouseSource.open(sourceOptions({ url, batchRows }));
  return { source, url, table: 'events', view: {}, [Symbol.asyncDispose]: () => source[Symbol.asyncDispose]() };
}

/** The columns, as type and native type, and the rows of a query in a new database. */
export async function answerTo(query: string, changes: Partial<FeatureView> = {}) {
  await using source = clickhouseSource.open(sourceOptions({ url: await freshClickhouse() }));
  return await answerOf(source, query, changes);
}

/** Code and message of the failure of a query, in a new database unless the options have a URL. */
export async function refusalTo(
  query: string,
  changes: Partial<FeatureView> = {},
  options: Partial<SourceOptions> = {},
) {
  const url = options.url ?? (await freshClickhouse());
  await using source = clickhouseSource.open(sourceOptions({ ...options, url }));
  return await refusalOf(source, query, changes);
}
