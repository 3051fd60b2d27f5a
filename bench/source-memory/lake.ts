// Files: each format on a local disk, and two from each object store.

import { DuckDBInstance } from '@duckdb/node-api';
import type { ViewFiles } from '../../src/definition/view.ts';
import { lakeSource } from '../../src/sources/lake/lake.ts';
import { eventsView, sourceOptions, viewFiles } from '../../test/sources/worlds.ts';
import { type FilesOrder, placeFiles } from './files.ts';
import type { SourceCase } from './source-memory.bench.ts';

const QUERY = 'select entity_id, happened_at as timestamp, amount from files';
const TYPES: ViewFiles['types'] = { happened_at: 'timestamp', amount: 'float' };
const FORMATS = { parquet: 'parquet', csv: 'csv', 'csv.gz': 'csv', ndjson: 'json' } as const;

/** CSV and JSON are scanned byte by byte before the engine reads them, so they are slower than the engine alone. */
const SPEED_MIN = { parquet: 0.4, csv: 0.1, 'csv.gz': 0.1, ndjson: 0.1 } as const;

export const LAKE: readonly SourceCase[] = [
  lakeCase({ place: 'file', ending: 'parquet' }),
  lakeCase({ place: 'file', ending: 'csv' }),
  lakeCase({ place: 'file', ending: 'csv.gz' }),
  lakeCase({ place: 'file', ending: 'ndjson' }),
  lakeCase({ place: 's3', ending: 'parquet' }),
  lakeCase({ place: 's3', ending: 'csv' }),
  lakeCase({ place: 'azure', ending: 'parquet' }),
  lakeCase({ place: 'azure', ending: 'csv' }),
];

function lakeCase({ place, ending }: Pick<FilesOrder, 'place' | 'ending'>): SourceCase {
  return {
    name: `${place}-${ending}`,
    speedMin: SPEED_MIN[ending],
    async open(rows) {
      const placed = await placeFiles({ place, ending, rows });
      const { url, account, pattern } = placed;
      const source = lakeSource.open(sourceOptions({ url, account, batchRows: 5_000, statementTimeoutMs: 1_800_000 }));
      const format = FORMATS[ending];
      const files = viewFiles({ pattern: `*.${ending}`, format, types: format === 'parquet' ? {} : TYPES });
      const view = eventsView({ query: QUERY, files, kind: 'latest' });
      return {
        read: () => source.read({ view, span: null }, new AbortController().signal),
        // From an object store as well, so that the cost of the network is included.
        plainly: () => plainly(`select entity_id, happened_at, amount from '${pattern}'`),
        async [Symbol.asyncDispose]() {
          await source[Symbol.asyncDispose]();
          await placed[Symbol.asyncDispose]();
        },
      };
    },
  };
}

/** The engine alone, with guessed types, and each value converted to JavaScript. */
async function plainly(query: string): Promise<number> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  const result = await connection.stream(query);
  let rows = 0;
  for await (const chunk of result.yieldRows()) rows += chunk.length;
  connection.closeSync();
  instance.closeSync();
  return rows;
}
