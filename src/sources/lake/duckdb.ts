// DuckDB for one reading, in a process of its own: a limit on its memory and on each of its steps that holds whatever the
// query or a file makes of it, and none of our secrets. (A thread would share our memory, and could not be ended.)

import type { Clock } from '../../core/clock.ts';
import type { FeatureView } from '../../definition/view.ts';
import type { Column, RowBatch } from '../../rows/batch.ts';
import { EngineEnded, StepTimeout } from './engine/errors.ts';
import type { LeasedEngine } from './engine/pool.ts';
import type { EngineRequest, Zeros } from './engine/protocol.ts';

export type EngineOptions = {
  /** A process that nobody else uses until the engine is disposed of. */
  readonly leased: LeasedEngine;
  readonly memoryLimitMb: number;
  /** How long DuckDB may take for one step: to begin, or from one batch to the next. */
  readonly stepTimeoutMs: number;
  readonly clock: Clock;
  /** The files that may be opened. */
  readonly paths: readonly string[];
  readonly signal: AbortSignal;
};

/** Nothing of a user's runs before the engine is open: however long that takes, it is no fault of the query. */
const START_TIMEOUT_MS = 60_000;

/** The first line of DuckDB's message, for people; where the view is redacted, only what kind of error it is and where. */
export function told({ redacted }: FeatureView, message: string): string {
  const line = (message.split('\n', 1)[0] ?? '').replace(/[.!]\s*$/, '').replace(/ in file ("[^"]*"|'[^']*')/, '');
  if (!redacted) return line;
  const kind = /^[\w ]*? Error/.exec(line)?.[0] ?? 'an error';
  const place = /, at byte \d+ in [a-z/]+ \d+/.exec(line)?.[0] ?? '';
  return `${kind}${place}; its words may quote values, and the view is redacted`;
}

export type Engine = AsyncDisposable & {
  /** The rows of a statement of ours, as text. */
  rows(sql: string): Promise<(string | null)[][]>;
  run(sql: string): Promise<void>;
  /** Forbids other files and changes of settings, for good. */
  lock(): Promise<void>;
  /** Prepares the text of a user; its columns. @throws NotOneSelect, or DuckDB's error. */
  prepareSelect(text: string, zeros: Zeros): Promise<readonly Column[]>;
  /** The rows of the text that was prepared, 1..batchRows at a time. Rejects with DuckDB's error or ReadInterrupted. */
  preparedBatches(batchRows: number): AsyncGenerator<RowBatch>;
  /** The rows of a statement of ours of so many columns, text or small integers, 1..batchRows at a time. */
  textBatches(sql: string, columnCount: number, batchRows: number): AsyncGenerator<RowBatch>;
};

/**
 * A new engine; disposing of it gives the process back. Whatever it does rejects with the signal's reason where it is aborted, with StepTimeout where it takes too
 * long, and with EngineEnded; after any of these the process is gone.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { leased, memoryLimitMb, paths } = options;
  const ask = (request: EngineRequest) => limited(options, () => leased.ask(request));
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
    // Rows, columns and nothing: as the protocol says what answers each request.
    rows: async (sql) => (await ask({ do: 'rows', sql })) as (string | null)[][],
    run: async (sql) => void (await ask({ do: 'run', sql })),
    lock: async () => void (await ask({ do: 'lock' })),
    prepareSelect: async (query, zeros) => (await ask({ do: 'prepare', query, zeros })) as readonly Column[],
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

/** What `work` gives. Its limits end the process, since DuckDB looks for an interrupt only between rows. */
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
    throw isLate ? new StepTimeout(`no answer within ${stepTimeoutMs} ms`) : error;
  } finally {
    signal.removeEventListener('abort', end);
  }
}
