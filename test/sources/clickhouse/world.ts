// Readings of a ClickHouse server of the tests.

import { expect } from 'vitest';
import type { FeatureView } from '../../../src/definition/view.ts';
import { clickhouseSource } from '../../../src/sources/clickhouse/clickhouse.ts';
import type { SourceOptions } from '../../../src/sources/source.ts';
import { clickhouseDo, freshClickhouse } from '../../support/clickhouse/clickhouse.ts';
import { allRows, type EventRow, failureOf, type SourceWorld } from '../source-contract.ts';
import { eventsView, sourceOptions } from '../worlds.ts';
import { literal } from './exact-values.ts';

export const calm = new AbortController().signal;

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

/** A reading of the current state with this query. */
export function asking(query: string, changes: Partial<FeatureView> = {}) {
  return { view: eventsView({ query, kind: 'latest', ...changes }), span: null };
}

/** The columns, as type and native type, and the rows of a query. */
export async function answerTo(query: string, changes: Partial<FeatureView> = {}, url?: string) {
  await using source = clickhouseSource.open(sourceOptions({ url: url ?? (await freshClickhouse()) }));
  const extraction = asking(query, changes);
  const columns = await source.describe(extraction, calm);
  const rows = await allRows(source, { ...extraction, columns }, calm);
  return { columns: columns.map(({ type, nativeType }) => [type, nativeType]), rows };
}

/** Code and message of the failure of a query. */
export async function refusalOf(
  query: string,
  changes: Partial<FeatureView> = {},
  options: Partial<SourceOptions> = {},
) {
  const url = options.url ?? (await freshClickhouse());
  await using source = clickhouseSource.open(sourceOptions({ ...options, url }));
  const { code, message } = await failureOf(allRows(source, asking(query, changes), calm));
  return [code, message] as const;
}

export function saying(code: string, words: RegExp): readonly unknown[] {
  return [code, expect.stringMatching(words)];
}
