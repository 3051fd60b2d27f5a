// The protocol between a worker and its engine process: one request at a time as a line of JSON, answered with frames.
//
// A frame is the length of its body (4 bytes), its kind (1 byte), and the body.

import type { Column } from '../../../rows/batch.ts';

/** How decimals are written: `strip` writes 1.500 as 1.5. */
export type Zeros = 'keep' | 'strip';

export type EngineRequest =
  /** Starts a reading: only these files can be opened. Reply: null. */
  | { readonly do: 'open'; readonly memoryLimitMb: number; readonly paths: readonly string[] }
  /** Reply: null. */
  | { readonly do: 'run'; readonly sql: string }
  /** An internal statement. Reply: its rows as text. */
  | { readonly do: 'rows'; readonly sql: string }
  /** Permanently forbids access to other files and changes of settings. Reply: null. */
  | { readonly do: 'lock' }
  /** Prepares the query of a view. Reply: its columns. */
  | { readonly do: 'prepare'; readonly query: string; readonly zeros: Zeros }
  /** The rows of the prepared query. Reply: batches, then null. */
  | { readonly do: 'read'; readonly batchRows: number }
  /** The rows of an internal statement, as text or small integers. Reply: batches, then null. */
  | { readonly do: 'texts'; readonly sql: string; readonly columnCount: number; readonly batchRows: number }
  /** Ends the reading. Reply: by how many bytes the process has grown. */
  | { readonly do: 'close' };

/** The replies to requests, after any batches. */
export type EngineReplies = {
  readonly open: null;
  readonly run: null;
  readonly rows: (string | null)[][];
  readonly lock: null;
  readonly prepare: readonly Column[];
  readonly read: null;
  readonly texts: null;
  readonly close: number;
};
export type EngineReply = EngineReplies[keyof EngineReplies];

/** An error from the engine process, as sent to the worker. */
export type EngineError = {
  readonly kind: 'duckdb' | 'not-one-select' | 'interrupted' | 'bug';
  readonly message: string;
};

/** `reply` and `error` hold JSON; `batch` holds rows (batch-bytes.ts). */
export const FRAME = { reply: 0, error: 1, batch: 2 } as const;

export const HEADER_BYTES = 5;

/** The file descriptor of the engine process that both directions use. */
export const CHANNEL_FD = 3;

/** The signal with which an engine process kills itself when its memory exceeds the limit. */
export const MEMORY_SIGNAL = 'SIGUSR2';
