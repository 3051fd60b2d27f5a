// One table of a reading: its files looked through, then a relation of the engine.

import type { FeatureView, ViewFiles } from '../../definition/view.ts';
import type { BrokenRows } from '../formats/broken-rows.ts';
import { orBrokenFile } from '../formats/file-problem.ts';
import { csvFile } from '../formats/files-csv.ts';
import { jsonFile } from '../formats/files-json.ts';
import { parquetTable } from '../formats/files-parquet.ts';
import {
  FILE_COLUMN,
  type FilesTable,
  quotedName,
  type TableFile,
  type TextTable,
  typedTable,
} from '../formats/files-table.ts';
import { allBroken, type PrepareOptions, type TextFile } from '../formats/text-file.ts';
import { csvTable, jsonTable } from '../formats/text-table.ts';
import type { Engine } from './duckdb.ts';

export type LakeTable = {
  readonly name: string;
  readonly files: ViewFiles;
  readonly broken: BrokenRows;
  /** What the engine opens; `name` is the file that it is, or is a copy of. */
  readonly sources: readonly TableFile[];
  /** Its relation. @throws Failure FILE_BROKEN or SOURCE_SHAPE, or DuckDB's error. */
  build(engine: Engine): Promise<FilesTable>;
};

const NONE: BrokenRows = { count: 0, kept: [] };

/** Looks through the files of a table, which may be none. @throws Failure FILE_BROKEN. */
export async function lakeTable(
  view: FeatureView,
  { name, files }: Pick<LakeTable, 'name' | 'files'>,
  read: readonly TableFile[],
  options: PrepareOptions,
): Promise<LakeTable> {
  if (files.format === 'parquet') {
    const build = (engine: Engine) => parquetTable(engine, { view, files, options }, read);
    return { name, files, broken: NONE, sources: read, build };
  }
  const { found, table } = files.format === 'csv' ? await csv(files, read, options) : await json(files, read, options);
  return {
    name,
    files,
    broken: allBroken(found),
    sources: found.map((file) => ({ name: file.name, path: file.source })),
    build: async () => typedTable(view, files, table),
  };
}

type Found = { readonly found: readonly TextFile[]; readonly table: TextTable };

async function csv(files: ViewFiles, read: readonly TableFile[], options: PrepareOptions): Promise<Found> {
  const found: TextFile[] = [];
  for (const file of read) found.push(await orBrokenFile(file.name, () => csvFile(file, files, options)));
  return { found, table: found.length === 0 ? emptyTable(files) : csvTable(files, found) };
}

async function json(files: ViewFiles, read: readonly TableFile[], options: PrepareOptions): Promise<Found> {
  const found = [];
  for (const file of read) found.push(await orBrokenFile(file.name, () => jsonFile(file, files, options)));
  return { found, table: found.length === 0 ? emptyTable(files) : jsonTable(files, found) };
}

/** Without a file there are the columns that the view names, and no row. */
function emptyTable({ types, csv }: ViewFiles): TextTable {
  const columns = [...new Set([...(csv?.header ?? []), ...Object.keys(types)])];
  const fields = [...columns, FILE_COLUMN].map((column) => `null::varchar as ${quotedName(column)}`);
  return { sql: `select ${fields.join(', ')} where false`, columns, partial: [] };
}
