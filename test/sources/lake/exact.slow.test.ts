// The table of exact values in every location and format of files, from two writers of Parquet.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import type { ViewFiles } from '../../../src/definition/view.ts';
import { quotedText } from '../../../src/sources/formats/quote.ts';
import { openSource } from '../../../src/sources/index.ts';
import { CSV_HEADER, csvLine, EXACT_TYPES, jsonText } from '../exact-texts.ts';
import { EXACT_COLUMNS, type ExactColumn, type ExactRow, testExactValues } from '../exact-values.ts';
import type { SourceWorld } from '../source-contract.ts';
import { PLACES, type PlaceWorld } from '../storage/places.ts';
import { viewFiles } from '../worlds.ts';
import { lakeFolder, writeParquet } from './lake-files.ts';

const COLUMNS = Object.keys(EXACT_COLUMNS) as ExactColumn[]; // its own keys

const SQL_TYPES: Readonly<Record<ExactColumn, string>> = {
  entity_id: 'varchar',
  happened_at: 'timestamptz',
  whole: 'bigint',
  exact: 'decimal(38, 18)',
  inexact: 'double',
  words: 'varchar',
  is_new: 'boolean',
  moment: 'timestamp',
  day: 'date',
  document: 'varchar',
};

/** The rows as a writer leaves them: a file, and how a view reads it. */
type Written = {
  readonly name: string;
  readonly body: string | Uint8Array;
  readonly files: Partial<ViewFiles>;
  readonly table?: string;
};

type Writer = (rows: readonly ExactRow[]) => Written | Promise<Written>;

async function world(
  openPlace: () => Promise<PlaceWorld>,
  write: Writer,
  rows: readonly ExactRow[],
): Promise<SourceWorld> {
  const { name, body, files, table = 'files' } = await write(rows);
  const place = await openPlace();
  place.put(name, body);
  const source = openSource(place.options());
  return {
    source,
    table,
    view: { files: viewFiles({ pattern: '*', ...files }) },
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await place[Symbol.asyncDispose]();
    },
  };
}

function csv(lineEnd: string): Writer {
  return (rows) => {
    const body = [CSV_HEADER, ...rows.map(csvLine), ''].join(lineEnd);
    return { name: 'a.csv', body, files: { format: 'csv', types: EXACT_TYPES } };
  };
}

function jsonLines(rows: readonly ExactRow[]): Written {
  const body = zstdCompressSync(rows.map((row) => `${jsonText(row)}\n`).join(''));
  return { name: 'a.json.zst', body, files: { format: 'json', types: EXACT_TYPES } };
}

function jsonList(rows: readonly ExactRow[]): Written {
  return { name: 'a.json', body: `[${rows.map(jsonText).join(',\n')}]`, files: { format: 'json', types: EXACT_TYPES } };
}

const CASTS = COLUMNS.map((column) => `${column}::${SQL_TYPES[column]} as ${column}`).join(', ');

function parquetOfDuckdb(options: string): Writer {
  return async (rows) => {
    const path = join(await lakeFolder(), 'a.parquet');
    const values = rows.map((row) => `(${COLUMNS.map((column) => literal(row[column])).join(', ')})`);
    await writeParquet(
      path,
      `select ${CASTS} from (values ${values.join(', ')}) as rows (${COLUMNS.join(', ')})`,
      options,
    );
    return { name: 'a.parquet', body: readFileSync(path), files: {} };
  };
}

// It has no decimals, rounds 64-bit integers and drops microseconds: these are written as text and cast by the query.
function parquetOfParquetjs(pages: 'v1' | 'v2'): Writer {
  return async (rows) => {
    const path = join(await lakeFolder(), 'a.parquet');
    const { ParquetSchema, ParquetWriter } = createRequire(import.meta.url)('parquetjs-lite');
    const types: Partial<Record<ExactColumn, string>> = { inexact: 'DOUBLE', is_new: 'BOOLEAN' };
    const field = (column: ExactColumn) => ({ type: types[column] ?? 'UTF8', optional: true, compression: 'SNAPPY' });
    const schema = new ParquetSchema(Object.fromEntries(COLUMNS.map((column) => [column, field(column)])));
    const writer = await ParquetWriter.openFile(schema, path, { useDataPageV2: pages === 'v2' });
    for (const row of rows) {
      const found = COLUMNS.filter((column) => row[column] !== null);
      await writer.appendRow(Object.fromEntries(found.map((column) => [column, written(column, row[column] ?? '')])));
    }
    await writer.close();
    return { name: 'a.parquet', body: readFileSync(path), files: {}, table: `(select ${CASTS} from files)` };
  };
}

const WRITERS: Readonly<Record<string, Writer>> = {
  csv: csv('\n'),
  'csv with CRLF': csv('\r\n'),
  'json lines': jsonLines,
  'json list': jsonList,
  ...Object.fromEntries(
    ['snappy', 'gzip', 'zstd'].flatMap((codec) =>
      ['v1', 'v2'].map((version) => [
        `parquet of DuckDB, ${codec} ${version}`,
        parquetOfDuckdb(`, codec ${codec}, parquet_version ${version}`),
      ]),
    ),
  ),
  'parquet of parquetjs-lite, v1 pages': parquetOfParquetjs('v1'),
  'parquet of parquetjs-lite, v2 pages': parquetOfParquetjs('v2'),
};

for (const [place, openPlace] of Object.entries(PLACES)) {
  for (const [format, write] of Object.entries(WRITERS)) {
    // parquetjs-lite writes 0 for it.
    const missing = format.includes('parquetjs') ? ['negative zero'] : [];
    testExactValues(`lake ${place}, ${format}`, (rows) => world(openPlace, write, rows), missing);
  }
}

function written(column: ExactColumn, text: string): unknown {
  if (column === 'inexact') return Number(text);
  return column === 'is_new' ? text === 'true' : text;
}

function literal(text: string | null): string {
  return text === null ? 'null' : quotedText(text);
}
