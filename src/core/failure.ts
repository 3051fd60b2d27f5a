// What can go wrong, and what a worker does about it. A failure that is not in this table is a bug.

import { type Message, messageFrom, redacted, safe, textOf, value } from './message.ts';

/** Code → whether a retry may help, and who has to act when it does not. */
export const FAILURES = {
  /** A file of definitions, or millrace.yaml, is wrong. */
  DEFINITION_INVALID: { retry: false, owner: 'author' },
  /** A command was called with arguments that make no sense. */
  ARGUMENT_INVALID: { retry: false, owner: 'operator' },
  /** A variable that millrace.yaml names is not set. */
  ENVIRONMENT_MISSING: { retry: false, owner: 'operator' },
  /** No such view, run or entity is known. */
  NOT_FOUND: { retry: false, owner: 'operator' },
  /** The query of a view was edited, and nobody has said what that means for the stored rows. */
  VIEW_CHANGED: { retry: false, owner: 'author' },
  /** The view is paused, by a person or by its circuit. */
  VIEW_PAUSED: { retry: false, owner: 'operator' },
  /** Another backfill of the view has a part of the range. */
  BACKFILL_OVERLAPS: { retry: false, owner: 'operator' },
  SOURCE_UNAVAILABLE: { retry: true, owner: 'operator' },
  SOURCE_DENIED: { retry: false, owner: 'operator' },
  /** The credentials of a source have ended, or are those of a file that may be about to change: fetched anew each time. */
  SOURCE_CREDENTIALS: { retry: true, owner: 'operator' },
  /** The query or file does not yield the columns that the view promises. */
  SOURCE_SHAPE: { retry: false, owner: 'author' },
  /** The source refused or broke off the query itself (a syntax error, a division by zero, a timeout). */
  SOURCE_QUERY: { retry: false, owner: 'author' },
  /** No file exists for an interval. */
  FILES_MISSING: { retry: false, owner: 'operator' },
  /** A file cannot be read: broken, cut off, or not in the format that the view declares. */
  FILE_BROKEN: { retry: false, owner: 'operator' },
  /** A file is whole, but written in a way that cannot be read (a compression, an encoding, encryption). */
  FILE_UNSUPPORTED: { retry: false, owner: 'operator' },
  /** A file was replaced while it was read: what was read of it is thrown away. */
  FILE_CHANGED: { retry: true, owner: 'operator' },
  /** More rows were refused than `refused_max` allows. */
  ROWS_REFUSED: { retry: false, owner: 'author' },
  /** A run-level rule failed: rows, nulls, ranges, or too many stored rows would go. */
  CHECK_FAILED: { retry: false, owner: 'author' },
  /** The offline store, which also holds the state, does not answer. */
  OFFLINE_UNAVAILABLE: { retry: true, owner: 'operator' },
  /** The offline store answers, but may not be used as it is (privileges, version, schema). */
  OFFLINE_DENIED: { retry: false, owner: 'operator' },
  ONLINE_UNAVAILABLE: { retry: true, owner: 'operator' },
  /** The online store answers, and refuses our password or lacks a permission. */
  ONLINE_DENIED: { retry: false, owner: 'operator' },
  /** Another program has overwritten a key of the online store, which cannot be read as a row. */
  ONLINE_DAMAGED: { retry: false, owner: 'operator' },
  QUEUE_UNAVAILABLE: { retry: true, owner: 'operator' },
  /** The Redis of the queue answers, and refuses our password or lacks a permission. */
  QUEUE_DENIED: { retry: false, owner: 'operator' },
  /** A Redis may evict or lose what the queue needs. */
  QUEUE_UNSAFE: { retry: false, owner: 'operator' },
  /** Two clocks are too far apart to trust any decision about time. */
  CLOCK_SKEW: { retry: false, owner: 'operator' },
  /** Another process took the run or the view over. */
  LEASE_LOST: { retry: false, owner: 'nobody' },
  /** A run was begun as often as it may be, and its worker died each time. */
  ATTEMPTS_SPENT: { retry: false, owner: 'operator' },
  /** The run took longer than its job allows. */
  RUN_TIMEOUT: { retry: true, owner: 'operator' },
  /** Anything that is not in this table: a defect of Millrace itself. */
  BUG: { retry: false, owner: 'nobody' },
  /** No worker is alive to do what was asked. */
  WORKER_MISSING: { retry: false, owner: 'operator' },
  /** A server that tests or `dev --local` need is not installed. */
  SERVER_MISSING: { retry: false, owner: 'operator' },
} as const satisfies Record<string, { retry: boolean; owner: 'operator' | 'author' | 'nobody' }>;

export type FailureCode = keyof typeof FAILURES;

/** What a failure is about, for logs and pages: never a row, never a credential. */
export type FailureFacts = Readonly<Record<string, string | number | boolean | null>>;

/**
 * An expected failure. `message` is one sentence: what happened, to what, what was expected, what to do; `parts` say which of
 * its words may quote data. A message that is given as a plain string is one value.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: FailureCode;
  readonly parts: Message;
  readonly facts: FailureFacts;

  constructor(code: FailureCode, message: string | Message, facts: FailureFacts = {}, cause?: unknown) {
    const parts = messageFrom(message);
    super(textOf(parts), { cause });
    this.code = code;
    this.parts = parts;
    this.facts = facts;
  }
}

/** The failure without what may quote data: no value, and no cause, whose words may be anything. */
export function withoutValues({ code, parts, facts }: Failure): Failure {
  return new Failure(code, redacted(parts), facts);
}

/** Whether trying the same again may end differently. */
export function isRetryable(failure: Failure): boolean {
  return FAILURES[failure.code].retry;
}

/** The text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

const NETWORK_CALLS: readonly unknown[] = ['connect', 'getaddrinfo', 'read', 'write'];

/** Whether the operating system describes a connection that failed: then its words hold an address, and no data. */
export function isNetworkError(thrown: unknown): boolean {
  return (
    thrown instanceof Error && 'syscall' in thrown && NETWORK_CALLS.includes(thrown.syscall) && !('path' in thrown)
  );
}

/** The words of anything that was thrown as parts: those of a failure of ours keep their kinds, all others are a value. */
export function wordsOf(thrown: unknown): Message {
  if (thrown instanceof Failure) return thrown.parts;
  return isNetworkError(thrown) ? safe(messageOf(thrown)) : value(messageOf(thrown));
}
