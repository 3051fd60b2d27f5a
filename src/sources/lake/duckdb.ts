// DuckDB inside this process, for one reading: one thread, so that a repeat gives the same bits; a memory limit and no
// temporary files; and before any text of a user runs, nothing but the reading's own files can be opened, and no setting
// changed any more.

import { type DuckDBConnection, DuckDBInstance, type DuckDBPreparedStatement, StatementType } from '@duckdb/node-api';
import type { Clock } from '../../core/clock.ts';
import type { FeatureView } from '../../definition/view.ts';
import { quotedText } from '../formats/files-table.ts';

export type EngineOptions = {
  readonly memoryLimitMb: number;
  /** How long DuckDB may take for one step: to begin, or from one chunk to the next. */
  readonly stepTimeoutMs: number;
  readonly clock: Clock;
  /** The files that may be opened. */
  readonly paths: readonly string[];
  readonly signal: AbortSignal;
};

/** A step took longer than its limit. */
export class StepTimeout extends Error {
  override readonly name = 'StepTimeout';
}

/** Rows came, and then none, before their end; why is not known. `message` is the end of a sentence about it. */
export class BrokenOff extends Error {
  override readonly name = 'BrokenOff';
}

/** The text is not one SELECT. `message` is the end of a sentence about it. */
export class NotOneSelect extends Error {
  override readonly name = 'NotOneSelect';
}

/** DuckDB's own message, `Binder Error: …`; null for an error that is not DuckDB's. */
export function duckdbMessage(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const message = error.message.replace(/^Failed to [\w ]+: /, '');
  return /^[A-Z]\w*(?: \w+)* Error: /i.test(message) ? message : null;
}

/** The first line of DuckDB's message, for people; where the view is redacted, only what kind of error it is and where. */
export function told({ redacted }: FeatureView, message: string): string {
  const line = (message.split('\n', 1)[0] ?? '').replace(/[.!]\s*$/, '').replace(/ in file ("[^"]*"|'[^']*')/, '');
  if (!redacted) return line;
  const kind = /^[\w ]*? Error/.exec(line)?.[0] ?? 'an error';
  const place = /, at byte \d+ in [a-z/]+ \d+/.exec(line)?.[0] ?? '';
  return `${kind}${place}; its words may quote values, and the view is redacted`;
}

export type Engine = AsyncDisposable & {
  readonly connection: DuckDBConnection;
  /** The rows of a statement of ours, as text. */
  rows(sql: string): Promise<(string | null)[][]>;
  run(sql: string): Promise<void>;
  /** Forbids other files and changes of settings, for good. */
  lock(): Promise<void>;
  /** The text, prepared. @throws NotOneSelect, or DuckDB's error. */
  prepareSelect(text: string): Promise<DuckDBPreparedStatement>;
  /** What `work` gives; interrupted, it rejects with the signal's reason or StepTimeout. */
  step<T>(work: () => Promise<T>): Promise<T>;
};

/** A new engine. @throws the reason of the signal where it is aborted. */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  options.signal.throwIfAborted();
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    memory_limit: `${options.memoryLimitMb}MB`,
    temp_directory: '',
    preserve_insertion_order: 'true',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
  });
  const connection = await instance.connect();
  const engine: Engine = {
    connection,
    rows: (sql) => engine.step(async () => (await connection.runAndReadAll(sql)).getRows() as (string | null)[][]),
    run: (sql) =>
      engine.step(async () => {
        await connection.run(sql);
      }),
    async lock() {
      await engine.run('set enable_external_access = false');
      await engine.run('set lock_configuration = true');
    },
    prepareSelect: (text) => engine.step(() => preparedSelect(connection, text)),
    step: (work) => interruptible(connection, options, work),
    [Symbol.asyncDispose]: async () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
  await engine.run("set TimeZone = 'UTC'");
  await engine.run(`set allowed_paths = [${options.paths.map(quotedText).join(', ')}]`);
  return engine;
}

async function preparedSelect(connection: DuckDBConnection, text: string): Promise<DuckDBPreparedStatement> {
  // DuckDB knows no error for a text without a statement.
  if (text.trim() === '') throw new NotOneSelect('is empty');
  const statements = await connection.extractStatements(text);
  if (statements.count !== 1) throw new NotOneSelect(`holds ${statements.count} statements`);
  const prepared = await statements.prepare(0);
  if (prepared.statementType !== StatementType.SELECT) throw new NotOneSelect('is not a SELECT');
  if (prepared.parameterCount > 0) throw new NotOneSelect('has parameters, which nobody fills');
  return prepared;
}

async function interruptible<T>(
  connection: DuckDBConnection,
  options: EngineOptions,
  work: () => Promise<T>,
): Promise<T> {
  const { signal, clock, stepTimeoutMs } = options;
  signal.throwIfAborted();
  let isLate = false;
  const interrupt = () => connection.interrupt();
  using _timer = clock.after(stepTimeoutMs, () => {
    isLate = true;
    interrupt();
  });
  signal.addEventListener('abort', interrupt, { once: true });
  try {
    const result = await work();
    signal.throwIfAborted();
    // What an interrupt has ended may look like a result.
    if (isLate) throw new StepTimeout(`no answer within ${stepTimeoutMs} ms`);
    return result;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw isLate ? new StepTimeout(`no answer within ${stepTimeoutMs} ms`) : error;
  } finally {
    signal.removeEventListener('abort', interrupt);
  }
}
