// Postgres, whose generate_series generates any number of rows without storing them.

import { createInterface } from 'node:readline';
import pg from 'pg';
import { to } from 'pg-copy-streams';
import { startPostgres } from '../../src/servers/servers.ts';
import { postgresSource } from '../../src/sources/postgres/postgres.ts';
import { eventsView, sourceOptions } from '../../test/sources/worlds.ts';
import type { SourceCase } from './source-memory.bench.ts';

export const POSTGRES: SourceCase = { name: 'postgres', speedMin: 0.7, open: (rows) => open(rows, 'i / 7e0::float8') };
export const POSTGRES_WIDE: SourceCase = {
  name: 'postgres-wide',
  speedMin: 0.4,
  rowsMax: 20_000,
  open: (rows) => open(rows, "repeat('x', 60000)"),
};

async function open(rows: number, value: string) {
  const server = await startPostgres();
  const { url } = server;
  // In the select list it streams; in the from list all of it would be written to a file first.
  const query = `select 'customer-' || i as entity_id, timestamptz '2026-01-31 08:00:00.000001Z' + i * interval '1 second' as timestamp,
    ${value} as amount from (select generate_series(1, ${rows}) as i) numbers`;
  const source = postgresSource.open(sourceOptions({ url, batchRows: 5_000, statementTimeoutMs: 1_800_000 }));
  return {
    read: () => source.read({ view: eventsView({ query, kind: 'latest' }), span: null }, new AbortController().signal),
    plainly: () => plainly(url, query),
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** COPY, with each line split into its fields. */
async function plainly(url: string, query: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const lines = createInterface({ input: client.query(to(`copy (${query}) to stdout`)) });
  let rows = 0;
  for await (const line of lines) rows += line.split('\t').length > 0 ? 1 : 0;
  await client.end();
  return rows;
}
