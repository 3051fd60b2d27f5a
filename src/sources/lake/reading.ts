// One reading of a view's files: the files, the engine with the tables over them, and the prepared query.

import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import { queryOf } from '../../definition/query/view-query.ts';
import type { Column } from '../../rows/batch.ts';
import { openCopyFolder } from '../formats/clean-copy.ts';
import { namedColumns } from '../formats/named-columns.ts';
import { quotedName } from '../formats/quote.ts';
import type { PrepareOptions } from '../formats/text-file.ts';
import { renderedQuery } from '../query-text.ts';
import type { Extraction, SourceOptions } from '../source.ts';
import type { FileLocation, ListedFile, ReadableFiles } from '../storage/file-location.ts';
import { type Engine, type EngineOptions, openEngine } from './duckdb.ts';
import type { LeasedEngine } from './engine/pool.ts';
import { explainLakeError, orUnavailable } from './error.ts';
import { findFiles } from './found-files.ts';
import { createQueried, type LoadedTable, loadQueried } from './queried-tables.ts';
import { queryColumns } from './query-columns.ts';
import { type BuiltTable, type FoundFile, type LakeTable, lakeTable } from './table.ts';
import { filesOf, type ListedTable } from './tables.ts';
import { wantedColumns } from './wanted-columns.ts';

const MEGABYTE = 1_048_576;

export type LakeReading = AsyncDisposable & {
  readonly engine: Engine;
  readonly readable: ReadableFiles;
  readonly tables: readonly BuiltTable[];
  /** About missing files. */
  readonly notes: readonly string[];
  /** The columns of the prepared query. */
  readonly columns: readonly Column[];
};

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
  const { tables: listed, notes } = await findFiles(location, extraction, signal);
  requireSizes(filesOf(listed), location, options);
  await using opened = new AsyncDisposableStack();
  const copies = opened.use(openCopyFolder(options.spool));
  const prepare = { ...options, purpose, copies, signal };
  // Before the files are fetched: a database that is unavailable fails the reading immediately.
  const queried = await loadQueried(extraction, options, prepare);
  const leased = options.engines.lease(options.name);
  opened.defer(() => leased.giveBack());
  const readable = opened.use(await location.open(filesOf(listed), signal));
  // The engine closes the files before they are removed.
  opened.defer(() => leased.giveBack());
  const tables: BuiltTable[] = [];
  const context = { location, options, view, readable, tables };
  try {
    const scanned = await scannedTables(extraction, listed, readable, prepare);
    const engine = await orUnavailable(context, () =>
      openEngine(engineOptions(options, leased, { scanned, queried }, signal)),
    );
    try {
      const query = lakeQuery(extraction);
      const names = scanned.map(({ name }) => name);
      const named = await namedColumns(engine, { query, tables: names, wanted: new Set(wantedColumns(view)) });
      for (const table of scanned) tables.push({ ...table, table: await table.build(engine, named) });
      for (const { name, table } of tables) await engine.run(`create temp view ${quotedName(name)} as ${table.sql}`);
      for (const table of queried) await createQueried(engine, view, table);
      await engine.lock();
      const columns = await queryColumns(engine, { view, query, tables });
      const kept = opened.move();
      return { engine, readable, tables, notes, columns, [Symbol.asyncDispose]: () => kept.disposeAsync() };
    } catch (error) {
      throw await explainLakeError(error, { ...context, engine });
    }
  } catch (error) {
    signal.throwIfAborted();
    // If a file was replaced, the error may be a result of that.
    await readable.requireUnchanged();
    throw error;
  }
}

async function scannedTables(
  { view }: Extraction,
  listed: readonly ListedTable[],
  readable: ReadableFiles,
  options: PrepareOptions,
): Promise<readonly LakeTable[]> {
  const paths = new Map(readable.files.map(({ name, path }) => [name, path]));
  const tables: LakeTable[] = [];
  for (const table of listed) {
    const files: FoundFile[] = [];
    for (const { name, bytes } of table.listed) {
      files.push({ name, bytes, path: await options.copies.literalPath(paths.get(name) ?? '', options.signal) });
    }
    tables.push(await lakeTable(view, table, files, options));
  }
  return tables;
}

function engineOptions(
  options: SourceOptions,
  leased: LeasedEngine,
  { scanned, queried }: { readonly scanned: readonly LakeTable[]; readonly queried: readonly LoadedTable[] },
  signal: AbortSignal,
): EngineOptions {
  const { memoryLimitMb, statementTimeoutMs: stepTimeoutMs, clock } = options;
  const files = scanned.flatMap(({ sources }) => sources.map(({ path }) => path));
  const paths = [...files, ...queried.flatMap(({ path }) => path ?? [])];
  return { leased, memoryLimitMb, stepTimeoutMs, clock, paths, signal };
}

/** @throws Failure FILE_BROKEN for a file larger than the limit of the source. */
function requireSizes(
  files: readonly ListedFile[],
  { label }: FileLocation,
  { name, fileLimitMb }: SourceOptions,
): void {
  const large = files.find(({ bytes }) => bytes > fileLimitMb * MEGABYTE);
  if (large === undefined) return;
  const what = text`${safe(large.name)} in ${safe(label)} is ${safe(Math.ceil(large.bytes / MEGABYTE))} MB, more than the ${safe(fileLimitMb)} MB that source ${safe(name)} allows. Raise its file_limit_mb in millrace.yaml, or write smaller files.`;
  throw new Failure('FILE_BROKEN', what, { file: large.name });
}

function lakeQuery(extraction: Extraction): string {
  const { columns } = extraction.view;
  const query = queryOf(extraction.view, 'duckdb');
  if (query !== null) return renderedQuery(query, extraction, 'duckdb');
  const selected = Object.entries(columns ?? {}).map(
    ([name, column]) => `${quotedName(column)} as ${quotedName(name)}`,
  );
  const [table = 'files'] = Object.keys(extraction.view.files ?? {});
  return `select ${selected.join(', ')} from ${quotedName(table)}`;
}
