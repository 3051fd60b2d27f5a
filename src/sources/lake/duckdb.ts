// DuckDB for one reading, in its own process, with limits on memory and time that no query or file can exceed, and without
// access to secrets. (A thread would share the worker's memory and could not be stopped.)

import type { Clock } from '../../core/clock.ts';
import type { FeatureView } from '../../definition/view.ts';
import type { Column, RowBatch } from '../../rows/batch.ts';
import { EngineEnded, StepTimeout } from './engine/errors.ts';
import type { LeasedEngine } from './engine/pool.ts';
import type { EngineRequest, Zeros } from './engine/protocol.ts';

export type EngineOptions = {
  /** A process that is reserved until the engine is disposed of. */
  readonly leased: LeasedEngine;
  readonly memoryLimitMb: number;
  /** The longest time for one step: until the first batch, or from one batch to the next. */
  readonly stepTimeoutMs: number;
  readonly clock: Clock;
  /** The files that may be opened. */
  readonly paths: readonly string[];
  readonly signal: AbortSignal;
};

/** The query does not run before the engine is open, so a slow start is not a problem of the query. */
const START_TIMEOUT_MS = 60_000;

/** The first line of DuckDB's message; for a redacted view only the kind and place of the error. */
export function shownError({ redacted }: FeatureView, message: string): string {
  const line = (message.split('\n', 1)[0] ?? '').replace(/[.!]\s*$/, '').replace(/ in file ("[^"]*"|'[^']*')/, '');
  if (!redacted) return line;
  const kind = /^[\w ]*? Error/.exec(line)?.[0] ?? 'an error';
  const place = /, at byte \d+ in [a-z/]+ \d+/.exec(line)?.[0] ?? '';
  return `${kind}${place}; the rest of the message is not shown, because the view is redacted and the message may contain values`;
}

export type Engine = AsyncDisposable & {
  /** The rows of an internal statement, as text. */
  rows(sql: string): Promise<(string | null)[][]>;
  run(sql: string): Promise<void>;
  /** Permanently forbids access to other files and changes of settings. */
  lock(): Promise<void>;
  /** Prepares the query of a view and returns its columns. @throws NotOneSelect, or DuckDB's error. */
  prepareSelect(text: string, zeros: Zeros): Promise<readonly Column[]>;
  /** The rows of the prepared query, 1..batchRows at a time. Rejects with DuckDB's error or ReadInterrupted. */
  preparedBatches(batchRows: number): AsyncGenerator<RowBatch>;
  /** The rows of an internal statement with `columnCount` columns of text or small integers, 1..batchRows at a time. */
  textBatches(sql: string, columnCount: number, batchRows: number): AsyncGenerator<RowBatch>;
};

/**
 * A new engine. Disposing of it returns the process to the pool. Every method rejects with the signal's reason if that is
 * aborted, with StepTimeout if it takes too long, or with EngineEnded. After any of these the process is gone.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { leased, memoryLimitMb, paths } = options;
  const ask = <Asked extends EngineRequest>(request: Asked) => limited(options, () => leased.ask(request));
  try {
    await limited({ ...options, stepTimeoutMs: START_TIMEOUT_MS }, () =>
      leased.ask({ do: 'open', memoryLimitMb, paths }),
    );
  } catch (error) {
    await leased.giveBack();
    if (!(error instanceof StepTimeout)) throw error;
    throw new EngineEnded('not started', `its process did not start within ${START_TIMEOUT_MS / 1_000} s`, error);
  }
  return {
    rows: (sql) => ask({ do: 'rows', sql }),
    run: async (sql) => void (await ask({ do: 'run', sql })),
    lock: async () => void (await ask({ do: 'lock' })),
    prepareSelect: (query, zeros) => ask({ do: 'prepare', query, zeros }),
    preparedBatches: (batchRows) => batches(options, { do: 'read', batchRows }),
    textBatches: (sql, columnCount, batchRows) => batches(options, { do: 'texts', sql, columnCount, batchRows }),
    [Symbol.asyncDispose]: () => leased.giveBack(),
  };
}

async function* batches(options: EngineOptions, request: EngineRequest): AsyncGenerator<RowBatch> {
  options.leased.send(request);
  for (;;) {
    const batch = await limited(options, () => options.leased.next());
    if (batch === null) return;
    yield batch;
  }
}

/** Runs `work` within the limits. They kill the process, because DuckDB checks for interrupts only between rows. */
async function limited<T>(options: EngineOptions, work: () => Promise<T>): Promise<T> {
  const { leased, signal, clock, stepTimeoutMs } = options;
  signal.throwIfAborted();
  let isLate = false;
  const end = () => leased.end();
  using _timer = clock.after(stepTimeoutMs, () => {
    isLate = true;
    end();
  });
  signal.addEventListener('abort', end, { once: true });
  try {
    const result = await work();
    signal.throwIfAborted();
    return result;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw isLate ? new StepTimeout(`no reply within ${stepTimeoutMs} ms`) : error;
  } finally {
    signal.removeEventListener('abort', end);
  }
}
