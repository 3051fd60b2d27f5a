// One reading of a view's files: which files, the engine with the table `files` over them, and the query prepared.

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure } from '../core/failure.ts';
import { epochMsOf } from '../core/instant.ts';
import { formatInterval, type Interval, interval } from '../core/interval.ts';
import type { FeatureView, ViewFiles } from '../definition/view.ts';
import { requireWhole } from './compressed-file.ts';
import { type Engine, openEngine } from './duckdb.ts';
import { type TextColumn, textColumn } from './duckdb-text.ts';
import type { FileLocation, ListedFile, ReadableFiles } from './file-location.ts';
import { expandPattern } from './file-pattern.ts';
import { csvTable } from './files-csv.ts';
import { jsonTable } from './files-json.ts';
import { parquetTable } from './files-parquet.ts';
import { type FilesTable, quotedName, typedTable } from './files-table.ts';
import { explainLakeError } from './lake-error.ts';
import { localFiles } from './local-files.ts';
import { renderedQuery } from './query-text.ts';
import type { Extraction, SourceOptions } from './source.ts';

export type LakeReading = AsyncDisposable & {
  readonly engine: Engine;
  readonly readable: ReadableFiles;
  readonly table: FilesTable;
  readonly query: string;
  readonly columns: readonly TextColumn[];
};

/** The folder that a `file:` URL names; `file:./lake` starts from the folder of millrace.yaml. */
export function locationOf({ url, projectFolder }: SourceOptions): FileLocation {
  const path = url.slice('file:'.length);
  return localFiles(path.startsWith('//') ? fileURLToPath(url) : resolve(projectFolder, path));
}

/** Opens the files of the extraction's time for one purpose. @throws Failure as Source does. */
export async function openReading(
  location: FileLocation,
  options: SourceOptions,
  extraction: Extraction,
  purpose: 'describe' | 'read',
  signal: AbortSignal,
): Promise<LakeReading> {
  signal.throwIfAborted();
  const { view } = extraction;
  const files = filesOf(view);
  const listed = await requireFiles(location, view, extraction.span, signal);
  await using opened = new AsyncDisposableStack();
  const readable = opened.use(await location.open(listed, signal));
  const paths = readable.files.map(({ path }) => path);
  const { memoryLimitMb, statementTimeoutMs: stepTimeoutMs, clock } = options;
  const engine = opened.use(await openEngine({ memoryLimitMb, stepTimeoutMs, clock, paths, signal }));
  const query = lakeQuery(extraction);
  let table: FilesTable | null = null;
  try {
    if (purpose === 'read') for (const file of readable.files) await requireWhole(file, signal);
    table = await filesTable(engine, view, files, readable, purpose);
    await engine.run(`create temp view files as ${table.sql}`);
    await engine.lock();
    const columns = await queryColumns(engine, query, files);
    const kept = opened.move();
    return { engine, readable, table, query, columns, [Symbol.asyncDispose]: () => kept.disposeAsync() };
  } catch (error) {
    await readable.requireUnchanged();
    throw await explainLakeError(error, { location, options, view, engine, readable, table });
  }
}

/** A decimal of a Parquet file has the zeros of its type; those of csv and json have a scale that is ours, and show none. */
async function queryColumns(engine: Engine, query: string, { format }: ViewFiles): Promise<TextColumn[]> {
  const prepared = await engine.prepareSelect(query);
  const zeros = format === 'parquet' ? 'keep' : 'strip';
  const columns = Array.from({ length: prepared.columnCount }, (_, index) =>
    textColumn(prepared.columnName(index), prepared.columnType(index), zeros),
  );
  prepared.destroySync();
  return columns;
}

/** The files of the view that belong to a span. @throws Failure FILES_MISSING where there is none. */
async function requireFiles(
  location: FileLocation,
  view: FeatureView,
  span: Interval | null,
  signal: AbortSignal,
): Promise<readonly ListedFile[]> {
  const listed = await listFiles(location, view, span, signal);
  if (listed.length > 0) return listed;
  const { pattern } = filesOf(view);
  const when = span === null ? '' : ` for ${formatInterval(span)}`;
  throw new Failure('FILES_MISSING', `View ${view.name}: no file${when} matches ${pattern} in ${location.label}.`, {
    view: view.name,
    pattern,
  });
}

/** The files of the view that belong to a span, by name: for each of its units those of [end − windowMs, end). */
export async function listFiles(
  location: FileLocation,
  view: FeatureView,
  span: Interval | null,
  signal: AbortSignal,
): Promise<readonly ListedFile[]> {
  const { pattern, windowMs } = filesOf(view);
  const start = span === null ? null : epochMsOf(Math.min(span.start, span.start + view.unitMs - windowMs));
  return location.list(
    expandPattern(pattern, span === null || start === null ? null : interval(start, span.end)),
    signal,
  );
}

function filesOf(view: FeatureView): ViewFiles {
  if (view.files !== null) return view.files;
  throw new Failure('DEFINITION_INVALID', `View ${view.name} names no files, which its source needs.`, {
    view: view.name,
  });
}

async function filesTable(
  engine: Engine,
  view: FeatureView,
  files: ViewFiles,
  readable: ReadableFiles,
  purpose: 'describe' | 'read',
): Promise<FilesTable> {
  if (files.format === 'parquet') return parquetTable(engine, view, readable.files, purpose);
  if (files.format === 'csv') return typedTable(view, files, await csvTable(readable.files));
  return typedTable(view, files, await jsonTable(engine, readable.files, files));
}

function lakeQuery(extraction: Extraction): string {
  const { query, columns } = extraction.view;
  if (query !== null) return renderedQuery(query, extraction, 'duckdb');
  const selected = Object.entries(columns ?? {}).map(
    ([name, column]) => `${quotedName(column)} as ${quotedName(name)}`,
  );
  return `select ${selected.join(', ')} from files`;
}
