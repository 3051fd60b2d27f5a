// JSON in pages of 10,000 rows, from a server in another process.

import { httpSource } from '../../src/sources/http/http.ts';
import { eventsView, sourceOptions, tableFiles } from '../../test/sources/worlds.ts';
import { startPages } from './http-pages.ts';
import type { SourceCase } from './source-memory.bench.ts';

const QUERY = 'select entity_id, happened_at as timestamp, amount from pages';
const TYPES = { happened_at: 'timestamp', amount: 'float' } as const;

export const HTTP: SourceCase = {
  name: 'http-json',
  // Each record is scanned twice: as part of its page, and as a line of the spool.
  speedMin: 0.1,
  async open(rows) {
    const server = await startPages({ rows, format: 'json' });
    const { url } = server;
    const source = httpSource.open(
      sourceOptions({ url, batchRows: 5_000, statementTimeoutMs: 1_800_000, fileLimitMb: 100_000 }),
    );
    const request = { path: '/rows', pages: { next: '$.next', parameter: 'cursor', max: 1_000_000 } };
    const files = { pages: tableFiles({ format: 'json', records: '$.data', types: TYPES, request }) };
    const view = eventsView({ query: QUERY, files, kind: 'latest' });
    return {
      read: () => source.read({ view, span: null }, new AbortController().signal),
      plainly: () => plainly(url),
      async [Symbol.asyncDispose]() {
        await source[Symbol.asyncDispose]();
        await server[Symbol.asyncDispose]();
      },
    };
  },
};

type Page = { readonly data: readonly unknown[]; readonly next: number | null };

async function plainly(url: string): Promise<number> {
  let rows = 0;
  for (let cursor: number | null = 0; cursor !== null; ) {
    const page = (await (await fetch(`${url}/rows?cursor=${cursor}`)).json()) as Page; // of the server
    rows += page.data.length;
    cursor = page.next;
  }
  return rows;
}
