// What each failure code means and how to fix it, for docs/reference/error-codes.md.

import { FAILURES, type FailureCode } from '../../src/core/failure.ts';

const GUIDE: Readonly<Record<FailureCode, readonly [meaning: string, fix: string]>> = {
  DEFINITION_INVALID: [
    'A project file is invalid.',
    'Fix the file. The message names the file, line and column; `millrace validate` lists every problem.',
  ],
  ARGUMENT_INVALID: [
    'A command, or a call of the library, has invalid arguments.',
    'Correct the argument that the message names. For a command, see `--help`.',
  ],
  ENVIRONMENT_MISSING: [
    'An environment variable that `millrace.yaml` refers to is not set.',
    'Export it, or add it to `.env`.',
  ],
  NOT_FOUND: ['The view, run, backfill or entity does not exist.', 'Check the name or id with `millrace status`.'],
  VIEW_CHANGED: [
    "The view's query was edited, but the edit has not been applied yet, or the files of the project are older than the deployed ones.",
    'Run `millrace apply VIEW` with `--restate`, `--forward-only` or `--equivalent`.',
  ],
  VIEW_PAUSED: ['The view was paused by a user, or after too many failed runs.', 'Run `millrace resume VIEW`.'],
  BACKFILL_OVERLAPS: [
    'Another open backfill of the view covers part of the range.',
    'Wait until it completes, or resume or cancel it. To find it, run `millrace backfills`.',
  ],
  SOURCE_UNAVAILABLE: [
    "The source is not responding, or has not been added to this worker's `millrace.yaml` yet.",
    'Restore the source. If the interval is held, run `millrace backfill VIEW --mode failed`.',
  ],
  SOURCE_DENIED: [
    'The source rejects the role or password, or a permission is missing.',
    'Fix the password or grant the missing permissions, then restate the interval with `millrace restate`.',
  ],
  SOURCE_CREDENTIALS: [
    'A token or password has expired, or one that was read from a file was rejected.',
    'Renew it. Scheduled runs that fail with this code never pause the view.',
  ],
  SOURCE_SHAPE: [
    'Columns are missing, extra, or of the wrong type.',
    'Fix the query. The message lists the columns found and expected.',
  ],
  SOURCE_QUERY: [
    'The source rejected or stopped the query, for example because of a syntax error, a division by zero, or a time or memory limit.',
    'Fix the query, or raise the limit named in the message.',
  ],
  FILES_MISSING: [
    'An interval has no file (`on_missing: fail`), or a file that was read before no longer exists (`on_vanished: fail`).',
    'Put the file back. If its rows should be removed, run `millrace restate VIEW --allow-removals`.',
  ],
  FILE_BROKEN: [
    'A file is truncated, or is not in the expected format.',
    'Replace it, then restate the interval with `millrace restate`.',
  ],
  FILE_UNSUPPORTED: [
    'A file uses a format, compression, encoding or encryption method that Millrace cannot read.',
    'Rewrite the file in a supported format, for example with ZSTD compression.',
  ],
  FILE_CHANGED: [
    'A file was replaced while it was being read. No rows were stored.',
    'No action needed. The run is retried automatically.',
  ],
  OUTPUT_UNAVAILABLE: [
    'A training set cannot be written to its destination, because the disk is full or the folder or bucket rejects writes.',
    'Free up disk space or grant write access, then run `millrace dataset build` again to resume the build.',
  ],
  ROWS_REFUSED: [
    'All rows were refused, or the share of refused rows exceeds `refused_max`.',
    'Review them with `millrace quarantine VIEW`, then fix the query or the source, or raise `refused_max`.',
  ],
  CHECK_FAILED: [
    'A check on row counts, duplicates, nulls, ranges or removals failed. The last good data continues to be served.',
    'Fix the source or the query. If rows should be removed, add `--allow-removals`.',
  ],
  OFFLINE_UNAVAILABLE: [
    "The offline store's Postgres database is not responding, rejects a password that was read from a file, or has no free connection for this process.",
    'Restore it. Work resumes automatically.',
  ],
  OFFLINE_DENIED: [
    'Postgres responds but cannot be used: permissions are missing, its version is too old, another role owns the schema, or the tables are those of another release.',
    'Fix the problem described in the message.',
  ],
  ONLINE_UNAVAILABLE: [
    'The online Redis is not responding. Meanwhile, rows are still stored offline.',
    'Restore it. Millrace then publishes the missing rows.',
  ],
  ONLINE_DENIED: [
    'The online Redis rejects the user name or password, or a permission is missing.',
    'Fix `online.url` or the ACL. Millrace then publishes the missing rows.',
  ],
  ONLINE_DAMAGED: [
    'Another program overwrote a key in the online store.',
    'Run `millrace rebuild VIEW`, or wait until the entity is published again.',
  ],
  QUEUE_UNAVAILABLE: ["The queue's Redis is not responding. No run is lost.", 'Restore it.'],
  QUEUE_DENIED: [
    "The queue's Redis rejects the user name or password, or a permission is missing.",
    'Fix `queue.url` or the ACL.',
  ],
  QUEUE_UNSAFE: ["The queue's Redis may evict keys.", 'Set `maxmemory-policy noeviction`.'],
  CLOCK_SKEW: [
    'The clock of a process or a Redis server differs from the Postgres clock by more than 5 seconds.',
    'Synchronize the clocks.',
  ],
  LEASE_LOST: [
    'Another worker has reclaimed the run. This worker stopped without changing anything.',
    'No action needed.',
  ],
  ATTEMPTS_SPENT: [
    'The worker died on every attempt of the run.',
    "Check the worker's memory and logs, then run `millrace retry RUN`.",
  ],
  RUN_TIMEOUT: ["An attempt took longer than its job's `timeout`.", 'Raise `timeout`, or make the query faster.'],
  BUG: ['A bug in Millrace.', 'Report it with the log entry `run.bug` or `process.bug`.'],
  WORKER_MISSING: ['No worker is running.', 'Start a worker with `millrace worker`, or add `--here` to the command.'],
  SERVER_MISSING: [
    'The tests, the quickstart or `dev --local` need a server program that is not installed.',
    'Install the program named in the message.',
  ],
};

/** The table of all codes. */
export function errorCodes(): string {
  const rows = Object.entries(FAILURES).map(([code, { retry, owner }]) => {
    const [meaning, fix] = GUIDE[code as FailureCode]; // the keys of FAILURES
    return `| \`${code}\` | ${retry ? 'yes' : 'no'} | ${owner} | ${meaning} | ${fix} |`;
  });
  return ['| code | retried | owner | meaning | what to do |', '|---|---|---|---|---|', ...rows].join('\n');
}
