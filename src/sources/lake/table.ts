// One table of a reading: scans its files, then builds a relation in the engine.

import { listSome } from '../../core/list-some.ts';
import { text } from '../../core/message.ts';
import type { FeatureView, ViewFiles } from '../../definition/view.ts';
import type { BrokenRows } from '../formats/broken-rows.ts';
import { csvLines } from '../formats/csv/csv-lines.ts';
import { csvFile } from '../formats/csv/files-csv.ts';
import { brokenFile, orBrokenFile } from '../formats/file-problem.ts';
import { type FilesTable, type TableFile, type TextTable, typedTable } from '../formats/files-table.ts';
import { type JsonFile, jsonFile } from '../formats/json/files-json.ts';
import { jsonLines } from '../formats/json/json-lines.ts';
import { missingRow } from '../formats/json/wrapped-list.ts';
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
  /** The paths that the engine opens. `name` is the original file, even for a copy. */
  readonly sources: readonly TableFile[];
  /** Builds the relation. @throws Failure FILE_BROKEN or SOURCE_SHAPE, or DuckDB's error. */
  build(engine: Engine, named: NamedColumns): Promise<FilesTable>;
  /** The lines of rows of a file, given as column (in lower case) → text; null if unknown, as in Parquet. */
  lines(name: string, rows: readonly ReadonlyMap<string, string | null>[]): Promise<readonly (number | null)[]>;
};

/** A table with its relation. */
export type BuiltTable = LakeTable & { readonly table: FilesTable };

const NONE: BrokenRows = { count: 0, kept: [] };

/** A listed file of a table, and the path to open. */
export type FoundFile = TableFile & { readonly bytes: number };

/** Scans the files of a table, which may have none. @throws Failure FILE_BROKEN. */
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
    return { name, files, broken: NONE, sources, build, lines: async (_name, rows) => rows.map(() => null) };
  }
  const { read, table } = files.format === 'csv' ? await csv(files, found, options) : await json(files, found, options);
  const { full, notes } = withoutEmpty(read, ({ isEmpty }) => isEmpty);
  return {
    name,
    files,
    broken: allBroken(full),
    sources: full.map((file) => ({ name: file.name, path: file.source })),
    build: async (_engine, named) => withNotes(typedTable(view, files, table(full, named), named), notes),
    async lines(file, rows) {
      const original = found.find((each) => each.name === file);
      if (original === undefined) return rows.map(() => null);
      return (files.format === 'csv' ? csvLines : jsonLines)(original, files, options, rows);
    },
  };
}

/** Writers leave empty files for parts without rows. They have no columns, so they are ignored if there are other files. */
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
    throw brokenFile(first.name, text`it is empty and has no header`);
  }
  return { read, table: (full, named) => (full.length === 0 ? emptyTable(files, named) : csvTable(files, full)) };
}

async function json(files: ViewFiles, found: readonly TableFile[], options: PrepareOptions): Promise<Read<JsonFile>> {
  const read: JsonFile[] = [];
  for (const file of found) read.push(await orBrokenFile(file.name, () => jsonFile(file, files, options)));
  const hasRecord = read.some(({ isEmpty }) => !isEmpty);
  const table = (full: readonly JsonFile[], named: NamedColumns) => {
    for (const file of full) {
      const problem = missingRow(file, named);
      if (problem !== null) throw brokenFile(file.name, problem);
    }
    return hasRecord ? jsonTable(files, full) : emptyTable(files, named);
  };
  return { read, table };
}
