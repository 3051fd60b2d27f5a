// What a worker and its engine process say to each other: one request at a time as a line of JSON, answered by frames.
//
// A frame is 4 bytes for the length of its body, 1 byte for its kind, and the body.

import type { Column } from '../../../rows/batch.ts';

/** How decimals are written: `strip` makes 1.500 of a type of ours 1.5. */
export type Zeros = 'keep' | 'strip';

export type EngineRequest =
  /** Begins a reading: only these files can be opened. Answered by null. */
  | { readonly do: 'open'; readonly memoryLimitMb: number; readonly paths: readonly string[] }
  /** Answered by null. */
  | { readonly do: 'run'; readonly sql: string }
  /** A statement of ours; answered by its rows as text. */
  | { readonly do: 'rows'; readonly sql: string }
  /** Forbids other files and changes of settings, for good. Answered by null. */
  | { readonly do: 'lock' }
  /** Prepares the query of a view; answered by its columns. */
  | { readonly do: 'prepare'; readonly query: string; readonly zeros: Zeros }
  /** The rows of the query that was prepared last: batches, then null. */
  | { readonly do: 'read'; readonly batchRows: number }
  /** The rows of a statement of ours, of text or small integers: batches, then null. */
  | { readonly do: 'texts'; readonly sql: string; readonly columnCount: number; readonly batchRows: number }
  /** Ends the reading. Answered by how much memory the process has grown by, in bytes. */
  | { readonly do: 'close' };

export type EngineReply = null | number | readonly Column[] | readonly (readonly (string | null)[])[];

/** An error of the engine process as it travels. */
export type EngineError = {
  readonly kind: 'duckdb' | 'not-one-select' | 'broken-off' | 'bug';
  readonly message: string;
};

/** `reply` and `error` hold JSON; `batch` holds rows (batch-bytes.ts). */
export const FRAME = { reply: 0, error: 1, batch: 2 } as const;

export const HEADER_BYTES = 5;

/** The file descriptor of the engine process that both directions use. */
export const CHANNEL_FD = 3;

/** How an engine process ends itself when its memory exceeds the limit: no code of its own would run, so a signal says it. */
export const MEMORY_SIGNAL = 'SIGUSR2';
