// The engine of ClickHouse behind the HTTP server of the tests, which generates any number of rows without storing them.

import { createClient } from '@clickhouse/client';
import { clickhouseSource } from '../../src/sources/clickhouse/clickhouse.ts';
import { eventsView, sourceOptions } from '../../test/sources/worlds.ts';
import { startClickhouse } from '../../test/support/clickhouse/server.ts';
import type { SourceCase } from './source-memory.bench.ts';

export const CLICKHOUSE: SourceCase = { name: 'clickhouse', speedMin: 0.7, open: (rows) => open(rows, 'number / 7') };
export const CLICKHOUSE_WIDE: SourceCase = {
  name: 'clickhouse-wide',
  speedMin: 0.4,
  rowsMax: 20_000,
  open: (rows) => open(rows, "repeat('x', 60000)"),
};

/** A block of wide rows must fit into the memory of the server of the tests. */
export const BLOCK_ROWS = 1_000;

async function open(rows: number, value: string) {
  const server = await startClickhouse();
  const query = `select concat('customer-', toString(number)) as entity_id,
    toDateTime64('2026-01-31 08:00:00.000001', 6, 'UTC') + toIntervalSecond(number) as timestamp,
    ${value} as amount from numbers(${rows}) settings max_block_size = ${BLOCK_ROWS}`;
  const options = { url: server.url, batchRows: 5_000, statementTimeoutMs: 1_800_000 };
  const source = clickhouseSource.open(sourceOptions(options));
  return {
    read: () => source.read({ view: eventsView({ query, kind: 'latest' }), span: null }, new AbortController().signal),
    plainly: () => plainly(server.url, query),
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** As in the client's documentation: a stream of rows as arrays of strings. */
async function plainly(url: string, query: string): Promise<number> {
  const client = createClient({ url: `http://${new URL(url).host}` });
  const result = await client.query({ query, format: 'JSONCompactStringsEachRow' });
  let rows = 0;
  for await (const batch of result.stream<readonly string[]>()) {
    for (const row of batch) rows += row.json().length > 0 ? 1 : 0;
  }
  await client.close();
  return rows;
}
