// Translates outcomes of runs to BullMQ's: a job has a result, or fails with an error.

import { withoutValues } from '../../core/failure.ts';
import type { Outcome } from '../../run/outcome.ts';
import type { Run } from '../../state/runs/run.ts';

/** The result of a job on the dashboard. */
export type JobResult = Readonly<Record<string, string | number>>;

/** Marks the job of a run as failed. The outcome of the run is in the log, with the same message. */
export class RunFailed extends Error {
  override readonly name = 'RunFailed';
}

/**
 * The result of the job, or the error that marks it as failed. Runs that must come again are delivered first: the job
 * itself is never retried. The queue and the log keep the error without its values; the run has all of it.
 */
export async function answerOf(
  outcome: Outcome<Run>,
  redeliver: (delayMs: number) => Promise<void>,
): Promise<JobResult> {
  switch (outcome.kind) {
    case 'completed':
    case 'skipped':
      return { run: outcome.value.id, state: outcome.value.state };
    case 'snoozed':
      await redeliver(outcome.delayMs);
      return { snoozed: outcome.why, delayMs: outcome.delayMs };
    case 'interrupted':
      await redeliver(0);
      return { interrupted: outcome.why };
    case 'failed':
      await redeliver(outcome.delayMs);
      throw new RunFailed(withoutValues(outcome.failure).message);
    case 'discarded':
      throw new RunFailed(withoutValues(outcome.failure).message);
  }
}
