// Parquet files as a table with the types of the files.

import { Failure } from '../../../core/failure.ts';
import { safe, text } from '../../../core/message.ts';
import type { FeatureView, ViewFiles } from '../../../definition/view.ts';
import { fileCastOf } from '../../../feature-types/index.ts';
import { type Engine, shownError } from '../../lake/duckdb.ts';
import { duckdbMessage } from '../../lake/engine/errors.ts';
import { requireRows } from '../file-bytes.ts';
import { orBrokenFile } from '../file-problem.ts';
import type { FilesTable, TableFile } from '../files-table.ts';
import type { NamedColumns } from '../named-columns.ts';
import { type PathColumns, pathColumns } from '../path-columns.ts';
import { quotedName, quotedText } from '../quote.ts';
import type { PrepareOptions } from '../text-file.ts';
import { missingColumnNotes, requireUsable } from '../united-columns.ts';
import { hasUntypedField, withNulls } from '../widened-type.ts';
import { parquetColumnsOf } from './parquet-columns.ts';
import type { ParquetSource } from './parquet-nanoseconds.ts';
import { differingColumns, withNullTypes } from './parquet-nulls.ts';
import { parquetFailure } from './parquet-problem.ts';
import { type ParquetColumn, parquetColumns, parquetReader } from './parquet-schema.ts';
import { type GroupSql, groupSql, groupsOf, type ParquetFile, typeErrorsOf, unionOf } from './parquet-sql.ts';

export type ParquetOptions = {
  readonly view: FeatureView;
  readonly files: ViewFiles;
  readonly options: PrepareOptions;
  /** Only these columns must have one type in all files. */
  readonly named: NamedColumns;
};

/** The table of the files. @throws Failure FILE_BROKEN for a file that is not Parquet, SOURCE_SHAPE if types differ. */
export async function parquetTable(
  engine: Engine,
  { view, files: { types }, options, named }: ParquetOptions,
  files: readonly ParquetSource[],
): Promise<FilesTable> {
  const described = await describedFiles(engine, files, { view, options, named });
  const table = parquetColumnsOf(described);
  const paths = pathColumns(files, table, table.unusable);
  requirePathTypes(view, types, paths);
  requireUsable(view, [...table.unusable, ...paths.unusable], named);
  const parts: GroupSql[] = [];
  for (const group of groupsOf(described, table, paths)) {
    parts.push(groupSql(group, named, await pathValues(engine, { types, paths, group: group.files })));
  }
  const typeErrors = typeErrorsOf(parts, table, named);
  return {
    sql: unionOf(parts.map(({ fitting }) => fitting)),
    sqlWhenAllFit: unionOf(parts.map(({ all }) => all)),
    typeErrors,
    columns: [...table.columns, ...paths.columns],
    partial: [...table.unusable, ...paths.unusable],
    untyped: table.columns.flatMap((column) => untypedColumn(column, table.types.get(column.toLowerCase()) ?? '')),
    notes: [...missingColumnNotes(table.missing, named), ...missingColumnNotes(paths.missing, named)],
  };
}

function untypedColumn(column: string, type: string): FilesTable['untyped'] {
  if (type.startsWith('NULL')) return [{ column, marked: 'uuid' }];
  return hasUntypedField(type) ? [{ column, marked: withNulls(type, 'uuid') }] : [];
}

async function describedFiles(
  engine: Engine,
  files: readonly ParquetSource[],
  described: Omit<ParquetOptions, 'files'>,
): Promise<readonly ParquetFile[]> {
  const found: ParquetFile[] = [];
  for (const file of files) found.push(await describedFile(engine, file, described));
  const differing = differingColumns(found, described.named);
  if (differing.size === 0) return found;
  const { view } = described;
  const typed: ParquetFile[] = [];
  for (const file of found) typed.push(await orBroken(view, file, () => withNullTypes(engine, file, differing)));
  return typed;
}

async function describedFile(
  engine: Engine,
  file: ParquetSource,
  { view, options, named }: Omit<ParquetOptions, 'files'>,
): Promise<ParquetFile> {
  const writer = await orBroken(view, file, () => ofAnyGeo(engine, () => writerOf(engine, file, options)));
  const columns = await orBroken(view, file, () => parquetColumns(engine, file, writer));
  const used = columns.filter(({ name, problem }) => problem === null && named.has(name));
  if (options.purpose === 'read') await orBroken(view, file, () => requireAllElements(engine, file, used));
  return { ...file, columns };
}

/** Reads GeoParquet before 1.0 like any other file, with geometries as bytes. */
async function ofAnyGeo<Found>(engine: Engine, look: () => Promise<Found>): Promise<Found> {
  try {
    return await look();
  } catch (error) {
    if (!/geoparquet|geo metadata/i.test(duckdbMessage(error) ?? '')) throw error;
    await engine.run('set enable_geoparquet_conversion = false');
    return await look();
  }
}

async function orBroken<T>(view: FeatureView, file: TableFile, work: () => Promise<T>): Promise<T> {
  try {
    return await orBrokenFile(file.name, work);
  } catch (error) {
    // An abort or a timeout is not a problem of the file.
    const problem = duckdbMessage(error);
    if (problem === null) throw error;
    const shown = shownError(view, problem.replaceAll(file.path, file.name));
    throw parquetFailure(file.name, { problem, shown }, view.redacted ? undefined : error);
  }
}

/**
 * The program that wrote the file. The same footer has the number of rows, so it is checked first: a few bytes can expand to
 * millions of rows.
 */
async function writerOf(engine: Engine, file: TableFile, options: PrepareOptions): Promise<string | null> {
  const [[rows, writer] = []] = await engine.rows(
    `select num_rows::varchar, created_by from parquet_file_metadata(${quotedText(file.path)})`,
  );
  requireRows(Number(rows ?? 0), options);
  return writer ?? null;
}

/**
 * Checks that lists have as many elements as the footer declares. DuckDB silently drops elements before the first row.
 * (Only for lists of plain values; nested lists have no such count.) DuckDB writes an array of a fixed length that is null
 * with all its elements.
 */
async function requireAllElements(engine: Engine, file: TableFile, columns: readonly ParquetColumn[]): Promise<void> {
  for (const { name, readAs } of columns.filter(({ type }) => /^[^[(]*\[\]$/.test(type))) {
    const list = quotedName(readAs);
    const [counts] = await engine.rows(
      `select coalesce(sum(greatest(1, coalesce(len(${list}), 1))), 0)::varchar,
              case when min(len(${list})) = max(len(${list})) then (count(*) * max(len(${list})))::varchar end,
              count(${list})::varchar,
              (select coalesce(sum(num_values), 0) from parquet_metadata(${quotedText(file.path)})
                where path_in_schema = ${quotedText(name)} or starts_with(path_in_schema, ${quotedText(`${name}, `)}))::varchar
         from ${parquetReader(file)}`,
    );
    const [read, ofArrays, lists, promised] = counts ?? [];
    if (read === promised || ofArrays === promised) continue;
    // The length of arrays that are null in all rows is unknown.
    if (lists === '0' && Number(promised) % Number(read) === 0) continue;
    throw brokenParquet(file, `its list ${name} has ${read} elements, but its footer declares ${promised}`);
  }
}

function brokenParquet({ name }: TableFile, problem: string, cause?: unknown): Failure {
  return new Failure(
    'FILE_BROKEN',
    text`${safe(name)} is not a readable Parquet file: ${safe(problem)}.`,
    { file: name },
    cause,
  );
}

/** Parquet files have their own types. Only columns of their paths are text and can be given a type. */
function requirePathTypes(view: FeatureView, types: ViewFiles['types'], { columns }: PathColumns): void {
  const unknown = Object.keys(types).find((column) => !columns.includes(column));
  if (unknown === undefined) return;
  const what = text`View ${safe(view.name)} declares a type for ${safe(unknown)}, which is not a segment (name=value) of the paths of its Parquet files.`;
  throw new Failure('SOURCE_SHAPE', what, { view: view.name });
}

type PathGroup = {
  readonly types: ViewFiles['types'];
  readonly paths: PathColumns;
  readonly group: readonly TableFile[];
};

/** The columns of the path as SQL. @throws Failure FILE_BROKEN for a value that does not match its type. */
async function pathValues(engine: Engine, { types, paths, group }: PathGroup): Promise<string[]> {
  const [file] = group;
  const values: string[] = [];
  for (const [index, column] of paths.columns.entries()) {
    const written = file === undefined ? null : (paths.valuesOf(file)[index] ?? null);
    const type = fileCastOf(types[column] ?? 'string');
    const literal = written === null ? 'null::varchar' : `${quotedText(written)}::varchar`;
    if (type !== null && written !== null) {
      const [[fits] = []] = await engine.rows(`select ${type.fits(literal)}::varchar`);
      const problem = text`its path has ${safe(column)}=${written}, which is not ${safe(type.expected)}`;
      if (fits !== 'true')
        throw new Failure('FILE_BROKEN', text`${safe(file?.name ?? '')} is broken: ${problem}.`, { column });
    }
    values.push(`${type?.value(literal) ?? literal} as ${quotedName(column)}`);
  }
  return values;
}
