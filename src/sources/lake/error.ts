// What DuckDB says as a sentence for people: is it the query, or one of the files?

import { Failure } from '../../core/failure.ts';
import { type Message, safe, text, value } from '../../core/message.ts';
import type { FeatureView } from '../../definition/view.ts';
import { parquetFailure, unsupportedIn } from '../formats/parquet/parquet-problem.ts';
import { quotedText } from '../formats/quote.ts';
import type { SourceOptions } from '../source.ts';
import type { FileLocation, ReadableFiles } from '../storage/file-location.ts';
import { type Engine, told } from './duckdb.ts';
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

/** A Failure for an error of the engine; what is none of the engine's, as it is. */
export async function explainLakeError(error: unknown, context: LakeErrorContext): Promise<unknown> {
  if (error instanceof Failure) return error;
  if (error instanceof NotOneSelect)
    return refused(context, text`it ${safe(error.message)}; one SELECT is expected`, error);
  if (error instanceof StepTimeout) return refused(context, exceedsLength(context), error);
  if (error instanceof EngineEnded) return engineEnded(error, context);
  if (error instanceof ReadInterrupted) return brokenOff(context, error);
  const said = duckdbMessage(error);
  if (said === null) return error;
  if (/^(Binder|Catalog|Parser|Syntax|Permission|Not implemented) /i.test(said)) {
    return refused(context, text`${firstLine(said)}${safe(placeOf(said))}${lackingFile(said, context.tables)}`, error);
  }
  if (/^Out of Memory /i.test(said)) {
    return refused(context, tooLarge(context), error);
  }
  const shown = context.view.redacted ? undefined : error;
  return (await brokenFile(said, shown, context)) ?? refused(context, toldPart(context.view, said), shown);
}

/** Of a redacted view `told` leaves the engine's words out: what remains is ours. */
function toldPart(view: FeatureView, said: string): Message {
  return view.redacted ? safe(told(view, said)) : value(told(view, said));
}

function firstLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').replace(/[.!]$/, '');
}

function refused(
  { view, location, options }: Omit<LakeErrorContext, 'engine'>,
  problem: Message,
  cause: unknown,
): Failure {
  const what = text`View ${safe(view.name)}: source ${safe(options.name)} (${safe(location.label)}) refused the query: ${problem}.`;
  return new Failure('SOURCE_QUERY', what, { view: view.name }, cause);
}

function exceedsLength({ options }: Pick<LakeErrorContext, 'options'>): Message {
  const limit = `${options.statementTimeoutMs / 1_000} s (statement_timeout of the source)`;
  return text`it took longer than ${safe(limit)} from one batch of rows to the next; make it simpler, or raise the limit in millrace.yaml`;
}

function tooLarge({ options }: Pick<LakeErrorContext, 'options'>): Message {
  const limit = `${options.memoryLimitMb} MB of one reading (memory_limit_mb of the source)`;
  return text`it needs more memory than the ${safe(limit)}; make its rows, lists and texts smaller, or raise the limit in millrace.yaml`;
}

/** What `open` gives. @throws Failure where there is no process for an engine. */
export async function orUnavailable<T>(context: Omit<LakeErrorContext, 'engine'>, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    throw error instanceof EngineEnded ? engineEnded(error, context) : error;
  }
}

/** What killed it from outside may pass; what crashed it will do so again. */
function engineEnded(error: EngineEnded, context: Omit<LakeErrorContext, 'engine'>): Failure {
  const { view, location, options } = context;
  if (error.why === 'memory') return refused(context, tooLarge(context), error);
  const where = `View ${view.name}: source ${options.name} (${location.label})`;
  if (error.why === 'crash') {
    const what = text`${safe(where)}: the query engine failed: ${safe(error.message)}; change the query, or find the file that causes it, and report both as a bug.`;
    return new Failure('SOURCE_QUERY', what, { view: view.name }, error);
  }
  const what = text`${safe(where)}: the query engine for its files is not available: ${error.message}.`;
  return new Failure('SOURCE_UNAVAILABLE', what, { view: view.name }, error);
}

/** Memory is short while rows are on their way to the stores, and not when they are only counted. */
function brokenOff({ view, location, options }: LakeErrorContext, error: ReadInterrupted): Failure {
  const what = text`View ${safe(view.name)}: source ${safe(options.name)} (${safe(location.label)}): ${safe(error.message)}; if this happens again, raise memory_limit_mb (now ${safe(options.memoryLimitMb)}) in millrace.yaml.`;
  return new Failure('SOURCE_UNAVAILABLE', what, { view: view.name }, error);
}

function placeOf(text: string): string {
  const line = /^LINE (\d+): /m.exec(text)?.[1];
  return line === undefined ? '' : ` (line ${line} of the query)`;
}

function lackingFile(text: string, tables: readonly BuiltTable[]): string {
  const found = /Referenced column "((?:[^"]|"")*)" not found|does not have a column named "([^"]*)"/.exec(text);
  const column = (found?.[1] ?? found?.[2])?.toLowerCase();
  const partial = tables.flatMap(({ table }) => table.partial).find((each) => each.column.toLowerCase() === column);
  return partial === undefined ? '' : `; ${partial.why}`;
}

/**
 * The failure of the file that an error is about: the one that DuckDB names, else the first that cannot be read from end
 * to end by itself; null where all can, so that it is the query.
 */
async function brokenFile(said: string, cause: unknown, context: LakeErrorContext): Promise<Failure | null> {
  const { view, tables, engine } = context;
  const named = tables.flatMap(({ sources }) => sources).find(({ path }) => said.includes(path));
  if (named !== undefined && unsupportedIn(said) !== null) {
    return parquetFailure(named.name, { problem: said, told: '' }, cause);
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
      // The file alone is too much as well: that says nothing about it.
      if (own instanceof StepTimeout || own instanceof EngineEnded) return null;
      if (problem === null) throw own;
      const words = told(view, problem.replaceAll(path, name));
      return parquetFailure(name, { problem, told: words }, view.redacted ? undefined : own);
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

// A csv error comes with the whole line and all options; the line is data, and the options are ours.
function fileProblem(view: FeatureView, said: string): Message {
  const line = /CSV Error on Line: (\d+)/.exec(said)?.[1];
  if (line === undefined) return value(told(view, said).replace(/ in file "[^"]*"/, ''));
  const counts = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(said);
  if (counts !== null)
    return text`line ${safe(line)} has ${safe(counts[2] ?? '')} fields where the header has ${safe(counts[1] ?? '')}`;
  const problem = /unterminated quote|Invalid unicode|Maximum line size/i.exec(said)?.[0].toLowerCase();
  return text`line ${safe(line)} is not valid csv${safe(problem === undefined ? '' : ` (${problem})`)}`;
}
