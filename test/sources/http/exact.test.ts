// The table of exact values in pages of an HTTP API, in each format.

import { PAGES_TABLE, type PagedRequest, type ViewFiles } from '../../../src/definition/view.ts';
import { openSource } from '../../../src/sources/index.ts';
import { CSV_HEADER, csvLine, EXACT_TYPES, jsonText } from '../exact-texts.ts';
import { type ExactRow, testExactValues } from '../exact-values.ts';
import type { SourceWorld } from '../source-contract.ts';
import { sourceOptions, tableFiles } from '../worlds.ts';
import { type Answer, cursorPages, startPageServer } from './page-server.ts';

const PAGE_ROWS = 10;

type Api = {
  readonly answer: (rows: readonly ExactRow[]) => Answer;
  readonly pages: PagedRequest['pages'];
  readonly files: Partial<ViewFiles>;
};

/** Lines by offset. */
function lines(head: string, lineOf: (row: ExactRow) => string): Api['answer'] {
  return (rows) => (request, response) => {
    const from = Number(new URL(request.url ?? '', 'http://localhost').searchParams.get('skip') ?? 0);
    const page = rows.slice(from, from + PAGE_ROWS).map((row) => `${lineOf(row)}\n`);
    response.end(`${head}${page.join('')}`);
  };
}

const OFFSET: PagedRequest['pages'] = { offset: 'skip', max: 100 };

const APIS: Readonly<Record<string, Api>> = {
  'json by cursor': {
    answer: (rows) => cursorPages(rows.map(jsonText), PAGE_ROWS),
    pages: { next: '$.next', parameter: 'cursor', max: 100 },
    files: { format: 'json', records: '$.data' },
  },
  'ndjson by offset': { answer: lines('', jsonText), pages: OFFSET, files: { format: 'json' } },
  'csv by offset': { answer: lines(`${CSV_HEADER}\n`, csvLine), pages: OFFSET, files: { format: 'csv' } },
};

async function world({ answer, pages, files }: Api, rows: readonly ExactRow[]): Promise<SourceWorld> {
  const server = await startPageServer(answer(rows));
  const source = openSource(sourceOptions({ url: server.origin }));
  const request = { path: '/rows', pages };
  return {
    source,
    table: PAGES_TABLE,
    view: { files: { [PAGES_TABLE]: tableFiles({ ...files, types: EXACT_TYPES, request }) } },
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

for (const [name, api] of Object.entries(APIS)) testExactValues(`http, ${name}`, (rows) => world(api, rows));
