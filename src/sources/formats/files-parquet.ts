// Parquet files as a table with the types of the files. A column must have one type in all of them: DuckDB would round a
// double to the integer that the first file has.

import { Failure } from '../../core/failure.ts';
import type { FeatureView, ViewFiles } from '../../definition/view.ts';
import { duckdbMessage, type Engine, told } from '../lake/duckdb.ts';
import { declaredType } from './declared-type.ts';
import { requireRows } from './file-bytes.ts';
import { orBrokenFile } from './file-problem.ts';
import { commonColumns, type FilesTable, fileList, quotedName, quotedText, type TableFile } from './files-table.ts';
import { type PathColumns, pathColumns } from './path-columns.ts';
import type { PrepareOptions } from './text-file.ts';

export type ParquetOptions = {
  readonly view: FeatureView;
  readonly files: ViewFiles;
  readonly options: PrepareOptions;
};

/** The table of the files. @throws Failure FILE_BROKEN for one that is no Parquet file, SOURCE_SHAPE where types differ. */
export async function parquetTable(
  engine: Engine,
  { view, files: { types }, options }: ParquetOptions,
  files: readonly TableFile[],
): Promise<FilesTable> {
  const described: DescribedFile[] = [];
  for (const file of files) {
    await orBroken(view, file, () => requireFewRows(engine, file, options));
    const columns = await orBroken(view, file, () => columnTypes(engine, file));
    if (options.purpose === 'read') await orBroken(view, file, () => requireAllElements(engine, file, columns));
    described.push({ name: file.name, types: columns });
  }
  requireSameTypes(view, described);
  const { columns, partial } = commonColumns(described.map((file) => ({ ...file, columns: [...file.types.keys()] })));
  const paths = pathColumns(files, [...columns, ...partial.map(({ column }) => column)]);
  requirePathTypes(view, types, paths);
  const [lacking] = partial;
  if (columns.length === 0 && paths.columns.length === 0 && lacking !== undefined) {
    const what = `View ${view.name}: its files have no column in common: column ${lacking.column}: ${lacking.why}.`;
    throw new Failure('SOURCE_SHAPE', what, { view: view.name });
  }
  const selects: string[] = [];
  for (const group of sameValues(files, paths)) {
    const values = await pathValues(engine, { types, paths, group });
    const selected = [...columns.map(quotedName), ...values].join(', ');
    selects.push(
      `select ${selected} from read_parquet(${fileList(group)}, hive_partitioning = false, union_by_name = true)`,
    );
  }
  const sql = selects.join('\n union all ');
  return { sql, sqlWhenAllFit: sql, misfits: null, partial: [...partial, ...paths.partial] };
}

type DescribedFile = { readonly name: string; readonly types: ReadonlyMap<string, string> };

async function columnTypes(engine: Engine, file: TableFile): Promise<ReadonlyMap<string, string>> {
  const rows = await engine.rows(`select column_name, column_type from (describe select * from ${reader(file)})`);
  return new Map(rows.map(([column, type]) => [column ?? '', type ?? '']));
}

function reader({ path }: TableFile): string {
  return `read_parquet(${quotedText(path)}, hive_partitioning = false)`;
}

async function orBroken<T>(view: FeatureView, file: TableFile, work: () => Promise<T>): Promise<T> {
  try {
    return await orBrokenFile(file.name, work);
  } catch (error) {
    // Neither an abort nor a timeout says anything about the file.
    const problem = duckdbMessage(error);
    if (problem === null) throw error;
    throw brokenParquet(file, told(view, problem.replaceAll(file.path, file.name)), view.redacted ? undefined : error);
  }
}

/** A few bytes can stand for millions of rows: how many, the footer says before one is read. */
async function requireFewRows(engine: Engine, file: TableFile, options: PrepareOptions): Promise<void> {
  const [footer] = await engine.rows(`select num_rows::varchar from parquet_file_metadata(${quotedText(file.path)})`);
  requireRows(Number(footer?.[0] ?? 0), options);
}

/**
 * The lists of a file must have as many elements as its footer says: DuckDB drops, without a word, elements that come
 * before the first row begins. (Only lists of plain values; deeper ones have no such count.)
 */
async function requireAllElements(engine: Engine, file: TableFile, types: ReadonlyMap<string, string>): Promise<void> {
  const lists = [...types].filter(([, type]) => /^[^[(]*\[\]$/.test(type)).map(([column]) => column);
  for (const column of lists) {
    const [counts] = await engine.rows(
      `select (select sum(greatest(1, coalesce(len(${quotedName(column)}), 1))) from ${reader(file)})::varchar,
              (select sum(num_values) from parquet_metadata(${quotedText(file.path)})
                where starts_with(path_in_schema, ${quotedText(`${column}, `)}))::varchar`,
    );
    const [read, promised] = counts ?? [];
    if (read === promised) continue;
    throw brokenParquet(file, `its list ${column} has ${read} elements where its footer says ${promised}`);
  }
}

function brokenParquet({ name }: TableFile, problem: string, cause?: unknown): Failure {
  return new Failure('FILE_BROKEN', `${name} is no readable Parquet file: ${problem}.`, { file: name }, cause);
}

function requireSameTypes(view: FeatureView, files: readonly DescribedFile[]): void {
  const first = new Map<string, { type: string; file: string }>();
  for (const { name, types } of files) {
    for (const [column, type] of types) {
      const seen = first.get(column.toLowerCase());
      if (seen === undefined) first.set(column.toLowerCase(), { type, file: name });
      else if (seen.type !== type) {
        throw new Failure(
          'SOURCE_SHAPE',
          `View ${view.name}: column ${column} is ${seen.type} in ${seen.file} and ${type} in ${name}; it must have one type.`,
          { view: view.name, file: name },
        );
      }
    }
  }
}

/** Parquet files have types of their own: only what their paths say is text that a type can be given. */
function requirePathTypes(view: FeatureView, types: ViewFiles['types'], { columns }: PathColumns): void {
  const unknown = Object.keys(types).find((column) => !columns.includes(column));
  if (unknown === undefined) return;
  const what = `View ${view.name} declares a type for ${unknown}, which is no part of the paths of its Parquet files (name=value).`;
  throw new Failure('SOURCE_SHAPE', what, { view: view.name });
}

/** Neighbours whose paths say the same. */
function sameValues(files: readonly TableFile[], paths: PathColumns): TableFile[][] {
  const groups: TableFile[][] = [];
  for (const file of files) {
    const [first] = groups.at(-1) ?? [];
    const isSame =
      first !== undefined && JSON.stringify(paths.valuesOf(first)) === JSON.stringify(paths.valuesOf(file));
    if (isSame) groups.at(-1)?.push(file);
    else groups.push([file]);
  }
  return groups;
}

type Group = {
  readonly types: ViewFiles['types'];
  readonly paths: PathColumns;
  readonly group: readonly TableFile[];
};

/** The columns of the path as SQL. @throws Failure FILE_BROKEN for a value that does not fit its type. */
async function pathValues(engine: Engine, { types, paths, group }: Group): Promise<string[]> {
  const [file] = group;
  const values: string[] = [];
  for (const [index, column] of paths.columns.entries()) {
    const text = file === undefined ? null : (paths.valuesOf(file)[index] ?? null);
    const type = declaredType(types[column] ?? 'string');
    const literal = text === null ? 'null::varchar' : `${quotedText(text)}::varchar`;
    if (type !== null && text !== null) {
      const [[fits] = []] = await engine.rows(`select ${type.fits(literal)}::varchar`);
      const problem = `its path has ${column}=${text}, which is not ${type.expected}`;
      if (fits !== 'true') throw new Failure('FILE_BROKEN', `${file?.name} is broken: ${problem}.`, { column });
    }
    values.push(`${type?.value(literal) ?? literal} as ${quotedName(column)}`);
  }
  return values;
}
