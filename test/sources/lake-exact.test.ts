// The table of exact values through every format of files, by two writers of Parquet.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import type { FieldType, ViewFiles } from '../../src/definition/view.ts';
import { quotedText } from '../../src/sources/files-table.ts';
import { EXACT_COLUMNS, type ExactColumn, type ExactRow, testExactValues } from './exact-values.ts';
import { lakeFolder, openLake, writeParquet } from './lake-files.ts';
import type { SourceWorld } from './source-contract.ts';
import { viewFiles } from './worlds.ts';

const COLUMNS = Object.keys(EXACT_COLUMNS) as ExactColumn[]; // its own keys

const TYPES: Readonly<Record<ExactColumn, FieldType>> = {
  entity_id: 'string',
  happened_at: 'timestamp',
  whole: 'int',
  exact: 'decimal(38,18)',
  inexact: 'float',
  words: 'string',
  is_new: 'bool',
  moment: 'timestamp',
  day: 'timestamp',
  document: 'json',
};

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

function world(folder: string, files: Partial<ViewFiles>, table = 'files'): SourceWorld {
  const source = openLake(folder);
  return {
    source,
    table,
    view: { files: viewFiles(files) },
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}

async function csv(rows: readonly ExactRow[], lineEnd: string): Promise<SourceWorld> {
  const field = (text: string | null) => (text === null ? '' : `"${text.replaceAll('"', '""')}"`);
  const lines = rows.map((row) => COLUMNS.map((column) => field(row[column])).join(','));
  const content = [COLUMNS.join(','), ...lines, ''].join(lineEnd);
  return world(await lakeFolder({ 'a.csv': content }), { pattern: '*', format: 'csv', types: TYPES });
}

function jsonText(row: ExactRow): string {
  const bare = ['whole', 'exact', 'inexact', 'is_new', 'document'];
  const members = COLUMNS.map((column) => {
    const text = row[column];
    return `${JSON.stringify(column)}: ${text === null || bare.includes(column) ? text : JSON.stringify(text)}`;
  });
  return `{${members.join(', ')}}`;
}

testExactValues('lake csv', (rows) => csv(rows, '\n'));
testExactValues('lake csv with CRLF', (rows) => csv(rows, '\r\n'));

testExactValues('lake json lines', async (rows) => {
  const content = zstdCompressSync(rows.map((row) => `${jsonText(row)}\n`).join(''));
  return world(await lakeFolder({ 'a.json.zst': content }), { pattern: '*', format: 'json', types: TYPES });
});

testExactValues('lake json list', async (rows) => {
  const content = `[${rows.map(jsonText).join(',\n')}]`;
  return world(await lakeFolder({ 'a.json': content }), { pattern: '*', format: 'json', types: TYPES });
});

for (const codec of ['snappy', 'gzip', 'zstd']) {
  for (const version of ['v1', 'v2']) {
    testExactValues(`lake parquet of DuckDB, ${codec} ${version}`, async (rows) => {
      const folder = await lakeFolder();
      const values = rows.map((row) => `(${COLUMNS.map((column) => literal(row[column])).join(', ')})`);
      const casts = COLUMNS.map((column) => `${column}::${SQL_TYPES[column]} as ${column}`).join(', ');
      const query = `select ${casts} from (values ${values.join(', ')}) as rows (${COLUMNS.join(', ')})`;
      await writeParquet(join(folder, 'a.parquet'), query, `, codec ${codec}, parquet_version ${version}`);
      return world(folder, { pattern: '*' });
    });
  }
}

// It has no decimals, rounds 64-bit integers and drops microseconds: these are written as text and cast by the query.
for (const useDataPageV2 of [false, true]) {
  testExactValues(`lake parquet of parquetjs-lite, ${useDataPageV2 ? 'v2' : 'v1'} pages`, async (rows) => {
    const folder = await lakeFolder();
    const { ParquetSchema, ParquetWriter } = createRequire(import.meta.url)('parquetjs-lite');
    const types: Partial<Record<ExactColumn, string>> = { inexact: 'DOUBLE', is_new: 'BOOLEAN' };
    const field = (column: ExactColumn) => ({ type: types[column] ?? 'UTF8', optional: true, compression: 'SNAPPY' });
    const schema = new ParquetSchema(Object.fromEntries(COLUMNS.map((column) => [column, field(column)])));
    const writer = await ParquetWriter.openFile(schema, join(folder, 'a.parquet'), { useDataPageV2 });
    for (const row of rows) {
      const found = COLUMNS.filter((column) => row[column] !== null);
      await writer.appendRow(Object.fromEntries(found.map((column) => [column, written(column, row[column] ?? '')])));
    }
    await writer.close();
    const casts = COLUMNS.map((column) => `${column}::${SQL_TYPES[column]} as ${column}`).join(', ');
    return world(folder, { pattern: '*' }, `(select ${casts} from files)`);
  });
}

function written(column: ExactColumn, text: string): unknown {
  if (column === 'inexact') return Number(text);
  return column === 'is_new' ? text === 'true' : text;
}

function literal(text: string | null): string {
  return text === null ? 'null' : quotedText(text);
}
