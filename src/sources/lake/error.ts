// Explains errors of DuckDB: is the query wrong, or one of the files?

import { formatDuration } from '../../core/duration.ts';
import { Failure } from '../../core/failure.ts';
import { listWithin } from '../../core/list-some.ts';
import { joined, type Message, safe, text, value } from '../../core/message.ts';
import { OUTSIDE_INTERVAL } from '../../definition/declared/sql/duckdb.ts';
import type { FeatureView } from '../../definition/view.ts';
import { delimiterHint, headHint } from '../formats/csv/csv-head.ts';
import { COLUMNS_CHARACTERS } from '../formats/files-table.ts';
import { parquetFailure, unsupportedIn } from '../formats/parquet/parquet-problem.ts';
import { quotedText } from '../formats/quote.ts';
import type { SourceOptions } from '../source.ts';
import type { FileLocation, ReadableFiles } from '../storage/file-location.ts';
import { type Engine, shownError } from './duckdb.ts';
import { duckdbMessage, EngineEnded, NotOneSelect, ReadInterrupted, StepTimeout } from './engine/errors.ts';
import type { BuiltTable } from './table.ts';

export type LakeErrorContext = {
  readonly location: FileLocation;
  readonly options: SourceOptions;
  readonly view: FeatureView;
  readonly engine: Engine;
  readonly readable: ReadableFiles;
  readonly tables: readonly BuiltTable[];
};

/** A Failure for an error from the engine; other errors are returned unchanged. */
export async function explainLakeError(error: unknown, context: LakeErrorContext): Promise<unknown> {
  if (error instanceof Failure) return error;
  if (error instanceof NotOneSelect)
    return refused(context, text`it ${safe(error.message)}; expected one SELECT`, error);
  if (error instanceof StepTimeout) return refused(context, exceedsLength(context), error);
  if (error instanceof EngineEnded) return engineEnded(error, context);
  if (error instanceof ReadInterrupted) return brokenOff(context, error);
  const said = duckdbMessage(error);
  if (said === null) return error;
  if (/^(Binder|Catalog|Parser|Syntax|Permission|Not implemented) /i.test(said)) {
    return refused(
      context,
      text`${firstLine(said)}${safe(placeOf(said))}${missingColumn(said, context)}${memberHint(said)}`,
      error,
    );
  }
  if (/^Out of Memory /i.test(said)) {
    return refused(context, tooLarge(context), error);
  }
  const shown = context.view.redacted ? undefined : error;
  return (await brokenFile(said, shown, context)) ?? refused(context, shownPart(context.view, said), shown);
}

/** A member of a column of a CSV or JSON file that is read as text. */
function memberHint(said: string): Message {
  const [, column] =
    /Cannot extract field '[^']*' from expression "([^"]+)" because it is not a struct/.exec(said) ?? [];
  if (column === undefined) return text``;
  return text`; columns that are not listed under types are text: write ${safe('types: {')} ${column}: json ${safe('}')} in the view`;
}

/** For a redacted view, `shownError` removes everything that may quote data. */
function shownPart(view: FeatureView, said: string): Message {
  if (said.includes(OUTSIDE_INTERVAL)) return safe(OUTSIDE_INTERVAL);
  return view.redacted ? safe(shownError(view, said)) : value(shownError(view, said));
}

function firstLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').replace(/[.!]$/, '');
}

function refused(
  { view, location, options }: Omit<LakeErrorContext, 'engine'>,
  problem: Message,
  cause: unknown,
): Failure {
  const what = text`View ${safe(view.name)}: source ${safe(options.name)} (${safe(location.label)}) rejected the query: ${problem}.`;
  return new Failure('SOURCE_QUERY', what, { view: view.name }, cause);
}

function exceedsLength({ options }: Pick<LakeErrorContext, 'options'>): Message {
  const limit = `${formatDuration(options.statementTimeoutMs)} (statement_timeout of the source)`;
  return text`it took longer than ${safe(limit)} to produce the next batch of rows; simplify the query, or raise the limit in millrace.yaml`;
}

function tooLarge({ options }: Pick<LakeErrorContext, 'options'>): Message {
  const limit = `${options.memoryLimitMb} MB (memory_limit_mb of the source)`;
  return text`it needs more memory than ${safe(limit)}; reduce its rows, lists and strings, or raise the limit in millrace.yaml`;
}

/** The result of `open`. @throws Failure if no engine process can be started. */
export async function orUnavailable<T>(context: Omit<LakeErrorContext, 'engine'>, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    throw error instanceof EngineEnded ? engineEnded(error, context) : error;
  }
}

/** A process that was killed may succeed next time; one that crashed will crash again. */
function engineEnded(error: EngineEnded, context: Omit<LakeErrorContext, 'engine'>): Failure {
  const { view, location, options } = context;
  if (error.why === 'memory') return refused(context, tooLarge(context), error);
  const where = `View ${view.name}: source ${options.name} (${location.label})`;
  if (error.why === 'crash') {
    const what = text`${safe(where)}: the query engine failed: ${safe(error.message)}. Change the query, or find the file that causes this, and report the problem as a bug.`;
    return new Failure('SOURCE_QUERY', what, { view: view.name }, error);
  }
  const what = text`${safe(where)}: the query engine is not available: ${error.message}.`;
  return new Failure('SOURCE_UNAVAILABLE', what, { view: view.name }, error);
}

/** The query fails while its rows are sent, but not when they are only counted: a sign of too little memory. */
function brokenOff({ view, location, options }: LakeErrorContext, error: ReadInterrupted): Failure {
  const what = text`View ${safe(view.name)}: source ${safe(options.name)} (${safe(location.label)}): ${safe(error.message)}. If this happens again, raise memory_limit_mb (now ${safe(options.memoryLimitMb)}) in millrace.yaml.`;
  return new Failure('SOURCE_UNAVAILABLE', what, { view: view.name }, error);
}

function placeOf(text: string): string {
  const line = /^LINE (\d+): /m.exec(text)?.[1];
  return line === undefined ? '' : ` (line ${line} of the query)`;
}

/** For a column that is not found: why, or which columns the files have. */
function missingColumn(said: string, { view, tables }: LakeErrorContext): Message {
  const found = /Referenced column "((?:[^"]|"")*)" not found|does not have a column named "([^"]*)"/.exec(said);
  const column = (found?.[1] ?? found?.[2])?.toLowerCase();
  if (column === undefined) return safe('');
  const partial = tables.flatMap(({ table }) => table.partial).find((each) => each.column.toLowerCase() === column);
  if (partial !== undefined) return text`; ${safe(partial.why)}`;
  const shown = view.redacted ? 'redacted' : 'values';
  const hint = tables.map(({ table: { head } }) => (head === undefined ? safe('') : headHint(head, column, shown)));
  return joined([...tables.map(columnsOf), ...hint], '');
}

function columnsOf({ name, files, table: { columns } }: BuiltTable): Message {
  const hint = files.format === 'csv' ? delimiterHint(columns) : null;
  if (hint !== null) return text`; ${safe(name)} has ${hint}`;
  return text`; ${safe(name)} has the columns ${listWithin(columns, COLUMNS_CHARACTERS)}`;
}

/**
 * The failure of the file that caused an error: the file that DuckDB names, or the first that cannot be read completely on its
 * own; null if all can be read, so that the query is the cause.
 */
async function brokenFile(said: string, cause: unknown, context: LakeErrorContext): Promise<Failure | null> {
  const { view, tables, engine } = context;
  const named = tables.flatMap(({ sources }) => sources).find(({ path }) => said.includes(path));
  if (named !== undefined && unsupportedIn(said) !== null) {
    return parquetFailure(named.name, { problem: said, shown: '' }, cause);
  }
  if (named !== undefined) return fileFailure(view, named.name, said.replaceAll(named.path, named.name), cause);
  const parquet = tables.filter(({ files }) => files.format === 'parquet');
  for (const { name, path } of parquet.flatMap(({ sources }) => sources)) {
    try {
      await engine.rows(
        `select max(hash(row))::varchar from read_parquet(${quotedText(path)}, hive_partitioning = false) row`,
      );
    } catch (own) {
      const problem = duckdbMessage(own);
      // Reading the file alone also exceeds the limits, so it may be valid.
      if (own instanceof StepTimeout || own instanceof EngineEnded) return null;
      if (problem === null) throw own;
      const shown = shownError(view, problem.replaceAll(path, name));
      return parquetFailure(name, { problem, shown }, view.redacted ? undefined : own);
    }
  }
  return null;
}

function fileFailure(view: FeatureView, name: string, problem: string, cause: unknown): Failure {
  return new Failure(
    'FILE_BROKEN',
    text`View ${safe(view.name)}: ${safe(name)} is broken: ${fileProblem(view, problem)}.`,
    { view: view.name, file: name },
    cause,
  );
}

// A CSV error includes the whole line, which is data, and all options. Only the line number is shown.
function fileProblem(view: FeatureView, said: string): Message {
  const line = /CSV Error on Line: (\d+)/.exec(said)?.[1];
  if (line === undefined) return value(shownError(view, said).replace(/ in file "[^"]*"/, ''));
  const counts = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(said);
  if (counts !== null)
    return text`line ${safe(line)} has ${safe(counts[2] ?? '')} fields, but the header has ${safe(counts[1] ?? '')}`;
  const problem = /unterminated quote|Invalid unicode|Maximum line size/i.exec(said)?.[0].toLowerCase();
  return text`line ${safe(line)} is not valid csv${safe(problem === undefined ? '' : ` (${problem})`)}`;
}
