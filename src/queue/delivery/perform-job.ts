// Performs the run of a job, and reports the outcome to BullMQ.

import type { Job } from 'bullmq';
import { type Failure, withoutValues } from '../../core/failure.ts';
import type { Log, LogFacts } from '../../core/log.ts';
import { loggedText } from '../../core/logged.ts';
import type { Database } from '../../postgres/database.ts';
import type { Outcome } from '../../run/outcome.ts';
import { followUps } from '../../state/runs/follow-ups.ts';
import { type Run, viewOfRun } from '../../state/runs/run.ts';
import { advanceAfterRun } from '../leader/backfills.ts';
import { planBacklogAfterRun } from '../leader/backlog.ts';
import { drainAfterRun } from '../leader/drains.ts';
import type { Queues } from '../queues.ts';
import { redeliver } from './deliver.ts';
import { parseRunJob, type RunJob } from './job-data.ts';
import { answerOf, type JobResult } from './translate.ts';
import { wakeAfterRun } from './wake.ts';

/** `performRun` with its engine. The signal is aborted with a `Shutdown` to release the run. */
export type Perform = (runId: number, signal: AbortSignal) => Promise<Outcome<Run>>;

export type PerformOptions = {
  readonly database: Database;
  readonly perform: Perform;
  readonly log: Log;
};

/** Performs the run of a job. Throwing marks the job as failed; the state of the run is in Postgres. */
export async function performJob(
  options: PerformOptions,
  queues: Queues,
  { data }: Pick<Job, 'data'>,
  signal: AbortSignal,
): Promise<JobResult> {
  const job = parseRunJob(data);
  const outcome = await options.perform(job.run, signal);
  const about = { run: job.run, ...(await viewOf(options, job.run, outcome)), delivery: job.delivery };
  options.log[LEVELS[outcome.kind]](`run.${outcome.kind}`, { ...about, ...factsOf(outcome) });
  const { hasBackfill, hasBacklog, isPushed, isAwaited } = await followUps(options.database, job.run);
  if (hasBackfill) await advanceAfterRun(options, queues, job.run);
  if (hasBacklog) await planBacklogAfterRun(options, queues, job.run);
  if (isPushed) await drainAfterRun(options, queues, job.run);
  if (isAwaited) await wakeAfterRun(options, queues, job.run);
  return answerOf(outcome, (delayMs) => tryToRedeliver(options, queues, job, delayMs));
}

/** A failed attempt is a warning if another follows. A permanent failure waits for an operator. */
const LEVELS = {
  completed: 'info',
  skipped: 'debug',
  snoozed: 'info',
  interrupted: 'info',
  failed: 'warn',
  discarded: 'error',
} as const satisfies Record<Outcome<Run>['kind'], keyof Log>;

/** The view's name for the log; empty if Postgres is unavailable. */
async function viewOf({ database }: PerformOptions, runId: number, outcome: Outcome<Run>): Promise<LogFacts> {
  if ('value' in outcome) return { view: outcome.value.view.name };
  const view = await viewOfRun(database, runId).catch(() => null);
  return view === null ? {} : { view };
}

function factsOf(outcome: Outcome<Run>): LogFacts {
  switch (outcome.kind) {
    case 'completed':
      return { state: outcome.value.state, ...countsOf(outcome.value) };
    case 'skipped':
      return { state: outcome.value.state };
    case 'failed':
      return { ...saidOf(outcome.failure), delayMs: outcome.delayMs };
    case 'discarded':
      return saidOf(outcome.failure);
    case 'snoozed':
      return { why: outcome.why, delayMs: outcome.delayMs };
    case 'interrupted':
      return { why: outcome.why };
  }
}

/** Without its values: the run keeps the whole message. */
function saidOf(failure: Failure): LogFacts {
  return { code: failure.code, message: withoutValues(failure).message };
}

function countsOf({ counts }: Run): LogFacts {
  const { read, refused, inserted, changed, unchanged, duplicates, removed, kept } = counts;
  return { read, refused, inserted, changed, unchanged, duplicates, removed, kept };
}

/** If this fails, the run is open and without a job, and the reconciler delivers it. */
async function tryToRedeliver(
  { database, log }: PerformOptions,
  queues: Queues,
  job: RunJob,
  delayMs: number,
): Promise<void> {
  try {
    await redeliver(queues, database, job, delayMs);
  } catch (error) {
    log.warn('run.undelivered', { run: job.run, message: loggedText(error) });
  }
}
