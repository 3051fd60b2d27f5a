// One table of a reading: its files looked through, then a relation of the engine.

import { listSome } from '../../core/list-some.ts';
import { text } from '../../core/message.ts';
import type { FeatureView, ViewFiles } from '../../definition/view.ts';
import type { BrokenRows } from '../formats/broken-rows.ts';
import { csvFile } from '../formats/csv/files-csv.ts';
import { brokenFile, orBrokenFile } from '../formats/file-problem.ts';
import { type FilesTable, type TableFile, type TextTable, typedTable } from '../formats/files-table.ts';
import { type JsonFile, jsonFile } from '../formats/json/files-json.ts';
import type { NamedColumns } from '../formats/named-columns.ts';
import { parquetTable } from '../formats/parquet/files-parquet.ts';
import { type ParquetSource, withNanoseconds } from '../formats/parquet/parquet-nanoseconds.ts';
import { allBroken, type PrepareOptions, type TextFile } from '../formats/text-file.ts';
import { csvTable, emptyTable, jsonTable } from '../formats/text-table.ts';
import type { Engine } from './duckdb.ts';
import { wantedColumns } from './wanted-columns.ts';

export type LakeTable = {
  readonly name: string;
  readonly files: ViewFiles;
  readonly broken: BrokenRows;
  /** What the engine opens; `name` is the file that it is, or is a copy of. */
  readonly sources: readonly TableFile[];
  /** Its relation. @throws Failure FILE_BROKEN or SOURCE_SHAPE, or DuckDB's error. */
  build(engine: Engine, named: NamedColumns): Promise<FilesTable>;
};

/** A table that the engine has. */
export type BuiltTable = LakeTable & { readonly table: FilesTable };

const NONE: BrokenRows = { count: 0, kept: [] };

/** A file of a table as it is listed, and where it can be opened. */
export type FoundFile = TableFile & { readonly bytes: number };

/** Looks through the files of a table, which may be none. @throws Failure FILE_BROKEN. */
export async function lakeTable(
  view: FeatureView,
  { name, files }: Pick<LakeTable, 'name' | 'files'>,
  found: readonly FoundFile[],
  options: PrepareOptions,
): Promise<LakeTable> {
  if (files.format === 'parquet') {
    const { full, notes } = withoutEmpty(found, ({ bytes }) => bytes === 0);
    const sources: ParquetSource[] = [];
    for (const file of full) sources.push(await withNanoseconds(file, view, wantedColumns(view), options));
    const all = [...notes, ...sources.flatMap((source) => source.notes)];
    const build = async (engine: Engine, named: NamedColumns) =>
      withNotes(await parquetTable(engine, { view, files, options, named }, sources), all);
    return { name, files, broken: NONE, sources, build };
  }
  const { read, table } = files.format === 'csv' ? await csv(files, found, options) : await json(files, found, options);
  const { full, notes } = withoutEmpty(read, ({ isEmpty }) => isEmpty);
  return {
    name,
    files,
    broken: allBroken(full),
    sources: full.map((file) => ({ name: file.name, path: file.source })),
    build: async (_engine, named) => withNotes(typedTable(view, files, table(full, named), named), notes),
  };
}

/** Writers leave files without a byte for parts without a row: beside others they say nothing, not even their columns. */
function withoutEmpty<File extends TableFile>(files: readonly File[], isEmpty: (file: File) => boolean) {
  const full = files.filter((file) => !isEmpty(file));
  if (full.length === 0 || full.length === files.length) return { full: files, notes: [] };
  const empty = files.filter(isEmpty).map(({ name }) => name);
  return { full, notes: [`${listSome(empty)} ${empty.length === 1 ? 'is' : 'are'} empty`] };
}

function withNotes(table: FilesTable, notes: readonly string[]): FilesTable {
  return { ...table, notes: [...table.notes, ...notes] };
}

type Read<File extends TextFile> = {
  readonly read: readonly File[];
  table(files: readonly File[], named: NamedColumns): TextTable;
};

async function csv(files: ViewFiles, found: readonly TableFile[], options: PrepareOptions): Promise<Read<TextFile>> {
  const read: TextFile[] = [];
  for (const file of found) read.push(await orBrokenFile(file.name, () => csvFile(file, files, options)));
  const [first] = read;
  if (first !== undefined && read.every(({ fields }) => fields?.length === 0)) {
    throw brokenFile(first.name, text`it is empty, without even a header`);
  }
  return { read, table: (full, named) => (full.length === 0 ? emptyTable(files, named) : csvTable(files, full)) };
}

async function json(files: ViewFiles, found: readonly TableFile[], options: PrepareOptions): Promise<Read<JsonFile>> {
  const read: JsonFile[] = [];
  for (const file of found) read.push(await orBrokenFile(file.name, () => jsonFile(file, files, options)));
  const hasRecord = read.some(({ isEmpty }) => !isEmpty);
  return { read, table: (full, named) => (hasRecord ? jsonTable(files, full) : emptyTable(files, named)) };
}
