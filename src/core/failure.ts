// Expected failures, and what a worker does about each. A failure that is not in this table is a bug.

import { type Message, messageFrom, redacted, safe, textOf, value } from './message.ts';
import { bounded } from './message-length.ts';

/** Code → whether a retry may help, and who has to act if it does not. */
export const FAILURES = {
  /** A definition file or millrace.yaml is invalid. */
  DEFINITION_INVALID: { retry: false, owner: 'author' },
  /** A command got invalid arguments. */
  ARGUMENT_INVALID: { retry: false, owner: 'operator' },
  /** A variable that millrace.yaml names is not set. */
  ENVIRONMENT_MISSING: { retry: false, owner: 'operator' },
  /** There is no such view, run or entity. */
  NOT_FOUND: { retry: false, owner: 'operator' },
  /** The query of a view was edited, and the edit is not deployed with `millrace apply` yet. */
  VIEW_CHANGED: { retry: false, owner: 'author' },
  /** The view is paused, by a person or by its circuit breaker. */
  VIEW_PAUSED: { retry: false, owner: 'operator' },
  /** Another backfill of the view covers part of the range. */
  BACKFILL_OVERLAPS: { retry: false, owner: 'operator' },
  SOURCE_UNAVAILABLE: { retry: true, owner: 'operator' },
  SOURCE_DENIED: { retry: false, owner: 'operator' },
  /** The credentials of a source have expired, or come from a file that may be about to change: they are read again for each attempt. */
  SOURCE_CREDENTIALS: { retry: true, owner: 'operator' },
  /** The query or file does not return the columns that the view declares. */
  SOURCE_SHAPE: { retry: false, owner: 'author' },
  /** The source rejected or stopped the query (a syntax error, a division by zero, a timeout). */
  SOURCE_QUERY: { retry: false, owner: 'author' },
  /** No file exists for an interval. */
  FILES_MISSING: { retry: false, owner: 'operator' },
  /** A file cannot be read: corrupt, truncated, or not in the format that the view declares. */
  FILE_BROKEN: { retry: false, owner: 'operator' },
  /** A file is complete, but uses a feature that is not supported (a compression, an encoding, encryption). */
  FILE_UNSUPPORTED: { retry: false, owner: 'operator' },
  /** A file was replaced while it was being read. The attempt stores none of its rows. */
  FILE_CHANGED: { retry: true, owner: 'operator' },
  /** A training set cannot be written where it should go: a full disk, a folder or bucket that may not be written. */
  OUTPUT_UNAVAILABLE: { retry: true, owner: 'operator' },
  /** More rows were refused than `refused_max` allows. */
  ROWS_REFUSED: { retry: false, owner: 'author' },
  /** A run-level rule failed: rows, nulls, ranges, or too many stored rows would be removed. */
  CHECK_FAILED: { retry: false, owner: 'author' },
  /** The offline store, which also holds the state, is not responding. */
  OFFLINE_UNAVAILABLE: { retry: true, owner: 'operator' },
  /** The offline store responds but cannot be used (privileges, version, schema). */
  OFFLINE_DENIED: { retry: false, owner: 'operator' },
  ONLINE_UNAVAILABLE: { retry: true, owner: 'operator' },
  /** The online store rejects the password or a command that needs a permission. */
  ONLINE_DENIED: { retry: false, owner: 'operator' },
  /** Another program has overwritten a key of the online store, so it cannot be read as a row. */
  ONLINE_DAMAGED: { retry: false, owner: 'operator' },
  QUEUE_UNAVAILABLE: { retry: true, owner: 'operator' },
  /** The queue's Redis rejects the password or a command that needs a permission. */
  QUEUE_DENIED: { retry: false, owner: 'operator' },
  /** A Redis may evict or lose the keys of the queue. */
  QUEUE_UNSAFE: { retry: false, owner: 'operator' },
  /** Two clocks are too far apart to trust any decision about time. */
  CLOCK_SKEW: { retry: false, owner: 'operator' },
  /** Another process has reclaimed the run or the view. */
  LEASE_LOST: { retry: false, owner: 'nobody' },
  /** A run was started as often as its job allows, and its worker died each time. */
  ATTEMPTS_SPENT: { retry: false, owner: 'operator' },
  /** The run took longer than its job allows. */
  RUN_TIMEOUT: { retry: true, owner: 'operator' },
  /** Anything that is not in this table: a defect in Millrace. */
  BUG: { retry: false, owner: 'nobody' },
  /** No worker is running. */
  WORKER_MISSING: { retry: false, owner: 'operator' },
  /** A server that tests or `dev --local` need is not installed. */
  SERVER_MISSING: { retry: false, owner: 'operator' },
} as const satisfies Record<string, { retry: boolean; owner: 'operator' | 'author' | 'nobody' }>;

export type FailureCode = keyof typeof FAILURES;

/** Facts about a failure, for logs and pages: never a row, never a credential. */
export type FailureFacts = Readonly<Record<string, string | number | boolean | null>>;

/**
 * An expected failure. The message says what happened, to what, what was expected, and what to do. `parts` mark the words
 * that may quote data; a plain string is treated as data as a whole. No line is longer than 500 characters.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: FailureCode;
  readonly parts: Message;
  readonly facts: FailureFacts;

  constructor(code: FailureCode, message: string | Message, facts: FailureFacts = {}, cause?: unknown) {
    const parts = bounded(messageFrom(message));
    super(textOf(parts), { cause });
    this.code = code;
    this.parts = parts;
    this.facts = facts;
  }
}

/** The failure without its values, and without its cause, which may quote data. */
export function withoutValues({ code, parts, facts }: Failure): Failure {
  return new Failure(code, redacted(parts), facts);
}

/** Whether a retry may succeed. */
export function isRetryable(failure: Failure): boolean {
  return FAILURES[failure.code].retry;
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

const NETWORK_CALLS: readonly unknown[] = ['connect', 'getaddrinfo', 'read', 'write'];
/** Errors of `read` and `write` that only files have. A stream that writes a file does not name it in its errors. */
const FILE_CODES: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EROFS', 'EISDIR'];

/** Whether this is an operating system error about a connection. Such a message holds an address and no data. */
export function isNetworkError(thrown: unknown): boolean {
  if (!(thrown instanceof Error) || !('syscall' in thrown) || 'path' in thrown) return false;
  const isFile = 'code' in thrown && FILE_CODES.includes(thrown.code);
  return NETWORK_CALLS.includes(thrown.syscall) && !isFile;
}

/** The message of anything that was thrown, as parts. A `Failure` keeps its own parts; any other message is a value. */
export function wordsOf(thrown: unknown): Message {
  if (thrown instanceof Failure) return thrown.parts;
  return isNetworkError(thrown) ? safe(messageOf(thrown)) : value(messageOf(thrown));
}
