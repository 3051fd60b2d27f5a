// What each failure code means and how to fix it, for docs/reference/error-codes.md.

import { FAILURES, type FailureCode } from '../../src/core/failure.ts';

const GUIDE: Readonly<Record<FailureCode, readonly [meaning: string, fix: string]>> = {
  DEFINITION_INVALID: [
    'A file of the project is wrong.',
    'Fix the file. The message names file, line and column; `millrace validate` lists every problem.',
  ],
  ARGUMENT_INVALID: ['The arguments of a command are wrong.', 'Run the command with `--help`.'],
  ENVIRONMENT_MISSING: ['A variable that `millrace.yaml` names is not set.', 'Export it, or add it to `.env`.'],
  NOT_FOUND: ['The view, run, backfill or entity does not exist.', 'Check the name or id with `millrace status`.'],
  VIEW_CHANGED: [
    'The query of the view was edited, and the edit is not applied yet.',
    'Run `millrace apply VIEW` with `--restate`, `--forward-only` or `--equivalent`.',
  ],
  VIEW_PAUSED: ['The view is paused, by a user or after too many failed runs.', 'Run `millrace resume VIEW`.'],
  BACKFILL_OVERLAPS: [
    'Another open backfill of the view covers part of the range.',
    'Wait for it, or resume or cancel it: `millrace backfills`.',
  ],
  SOURCE_UNAVAILABLE: [
    'The source does not answer, or this worker does not know it yet.',
    'Restore the source. If the interval is held: `millrace backfill VIEW --mode failed`.',
  ],
  SOURCE_DENIED: [
    'The source refuses the role or password.',
    'Grant what the role needs, then `millrace restate` the interval.',
  ],
  SOURCE_CREDENTIALS: [
    'A token or password has expired, or the one in a file is refused.',
    'Renew it. Scheduled runs with this code never pause the view.',
  ],
  SOURCE_SHAPE: [
    'Columns are missing, extra, or of another type.',
    'Fix the query. The message lists the columns found and expected.',
  ],
  SOURCE_QUERY: [
    'The source refused or stopped the query: a syntax error, a division by zero, a limit of time or memory.',
    'Fix the query, or raise the limit that the message names.',
  ],
  FILES_MISSING: [
    'An interval has no file (`on_missing: fail`), or a file that was read before is gone (`on_vanished: fail`).',
    'Put the file back. If its rows should go: `millrace restate VIEW --allow-removals`.',
  ],
  FILE_BROKEN: ['A file is cut off, or not in its format.', 'Replace it, then `millrace restate` the interval.'],
  FILE_UNSUPPORTED: [
    'A file uses a compression, encoding or encryption that Millrace cannot read.',
    'Write it differently, for example with ZSTD.',
  ],
  FILE_CHANGED: ['A file was replaced while it was read. No rows were stored.', 'Nothing: the run is retried.'],
  OUTPUT_UNAVAILABLE: [
    'A training set cannot be written where it should go: the disk is full, or the folder or bucket refuses writes.',
    'Make room or grant write access, and run `millrace dataset build` again: it resumes.',
  ],
  ROWS_REFUSED: [
    'All rows, or more rows than `refused_max`, were refused.',
    'Look at them with `millrace quarantine VIEW`, then fix the query or the source, or raise `refused_max`.',
  ],
  CHECK_FAILED: [
    'A rule about rows, duplicates, nulls, ranges or removals failed. The last good data keeps serving.',
    'Fix the source or the query. If rows should be removed, add `--allow-removals`.',
  ],
  OFFLINE_UNAVAILABLE: [
    'The Postgres of the offline store does not answer, or refuses a password from a file.',
    'Restore it. Work continues by itself.',
  ],
  OFFLINE_DENIED: [
    'Postgres answers, but cannot be used: permissions, an old version, or a schema with another owner.',
    'Fix what the message names.',
  ],
  ONLINE_UNAVAILABLE: [
    'The online Redis does not answer. Rows are stored offline meanwhile.',
    'Restore it. Millrace then publishes what is missing.',
  ],
  ONLINE_DENIED: [
    'The online Redis refuses the user or password, or a permission is missing.',
    'Fix `online.url` or the ACL. Millrace then publishes what is missing.',
  ],
  ONLINE_DAMAGED: [
    'Another program overwrote a key of the online store.',
    'Run `millrace rebuild VIEW`, or wait for the next publish of the entity.',
  ],
  QUEUE_UNAVAILABLE: ['The Redis of the queue does not answer. No run is lost.', 'Restore it.'],
  QUEUE_DENIED: [
    'The Redis of the queue refuses the user or password, or a permission is missing.',
    'Fix `queue.url` or the ACL.',
  ],
  QUEUE_UNSAFE: ['The Redis of the queue may evict keys.', 'Set `maxmemory-policy noeviction`.'],
  CLOCK_SKEW: [
    'The clock of a process or a Redis differs from that of Postgres by more than 5 seconds.',
    'Synchronize the clocks.',
  ],
  LEASE_LOST: ['Another worker continues the run. This one stopped and changed nothing.', 'Nothing.'],
  ATTEMPTS_SPENT: [
    'The worker died in every attempt of the run.',
    'Look at the memory and logs of the worker, then `millrace retry RUN`.',
  ],
  RUN_TIMEOUT: ['An attempt took longer than `timeout` of its job.', 'Raise `timeout`, or make the query faster.'],
  BUG: ['A defect in Millrace.', 'Report it with the log entry `run.bug` or `process.bug`.'],
  WORKER_MISSING: ['No worker is running.', 'Start one with `millrace worker`, or add `--here` to the command.'],
  SERVER_MISSING: [
    'The tests, the quickstart or `dev --local` need a server program that is not installed.',
    'Install the program that the message names.',
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
