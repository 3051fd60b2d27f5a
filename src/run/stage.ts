// The contract of a stage. Their order is in state/runs/stages.ts; the composition root passes them to performRun.

import type { Run } from '../state/runs/run.ts';
import type { StageName } from '../state/runs/stages.ts';

/**
 * One stage. It receives the run from the previous stage and returns it for the next one; it has written the same to
 * the run's row, in the transaction that did the work, under the run's epoch. It may be repeated from its start after
 * any crash.
 *
 * @throws Failure, Snooze, or the reason of the signal once that is aborted.
 */
export type Stage = {
  readonly name: StageName;
  perform(run: Run, signal: AbortSignal): Promise<Run>;
};
