// One job of a run's queue: the run it names is performed, and what comes of it is said to BullMQ.

import type { Job } from 'bullmq';
import { type Failure, messageOf } from '../../core/failure.ts';
import type { Log, LogFacts } from '../../core/log.ts';
import type { Database } from '../../postgres/database.ts';
import type { Outcome } from '../../run/outcome.ts';
import type { Run } from '../../state/runs/run.ts';
import { advanceAfterRun } from '../leader/backfills.ts';
import { planBacklogAfterRun } from '../leader/backlog.ts';
import type { Queues } from '../queues.ts';
import { redeliver } from './deliver.ts';
import { parseRunJob, type RunJob } from './job-data.ts';
import { answerOf, type JobResult } from './translate.ts';
import { wakeAfterRun } from './wake.ts';

/** `performRun` with its engine. The signal is aborted with a `Shutdown` when the run is to be given back. */
export type Perform = (runId: number, signal: AbortSignal) => Promise<Outcome<Run>>;

export type PerformOptions = {
  readonly database: Database;
  readonly perform: Perform;
  readonly log: Log;
};

/** Performs the run that a job names. What it throws shows the job as failed; the run itself is Postgres' matter. */
export async function performJob(
  options: PerformOptions,
  queues: Queues,
  { data }: Pick<Job, 'data'>,
  signal: AbortSignal,
): Promise<JobResult> {
  const job = parseRunJob(data);
  const outcome = await options.perform(job.run, signal);
  options.log.info(`run.${outcome.kind}`, { run: job.run, delivery: job.delivery, ...factsOf(outcome) });
  await advanceAfterRun(options, queues, job.run);
  await planBacklogAfterRun(options, queues, job.run);
  await wakeAfterRun(options, queues, job.run);
  return answerOf(outcome, (delayMs) => tryToRedeliver(options, queues, job, delayMs));
}

function factsOf(outcome: Outcome<Run>): LogFacts {
  switch (outcome.kind) {
    case 'completed':
      return { view: outcome.value.view.name, state: outcome.value.state, ...countsOf(outcome.value) };
    case 'failed':
      return { ...factsOfFailure(outcome.failure), delayMs: outcome.delayMs };
    case 'discarded':
      return factsOfFailure(outcome.failure);
    case 'snoozed':
      return { why: outcome.why, delayMs: outcome.delayMs };
    case 'interrupted':
      return { why: outcome.why };
  }
}

function countsOf({ counts }: Run): LogFacts {
  const { read, refused, inserted, changed, unchanged, duplicates, removed, kept } = counts;
  return { read, refused, inserted, changed, unchanged, duplicates, removed, kept };
}

/** Its code, and its view where it says so; not its sentence, which may hold a value. */
function factsOfFailure({ code, facts: { view } }: Failure): LogFacts {
  return view === undefined ? { code } : { code, view };
}

/** Where this fails the run is open and without a job, and the reconciler delivers it. */
async function tryToRedeliver(
  { database, log }: PerformOptions,
  queues: Queues,
  job: RunJob,
  delayMs: number,
): Promise<void> {
  try {
    await redeliver(queues, database, job, delayMs);
  } catch (error) {
    log.warn('run.undelivered', { run: job.run, message: messageOf(error) });
  }
}
