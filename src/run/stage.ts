// What a stage of a run does. Their order is in state/runs/stages.ts; the composition root passes them to performRun.

import type { Run } from '../state/runs/run.ts';
import type { StageName } from '../state/runs/stages.ts';

/**
 * One stage. It takes the run as the last one left it and returns it as the next one finds it, having written the same
 * into the run row, in the transaction that did the work, under the run's epoch. It may be repeated from its start after
 * any crash.
 *
 * @throws Failure, Snooze, or the reason of the signal once that is aborted.
 */
export type Stage = {
  readonly name: StageName;
  perform(run: Run, signal: AbortSignal): Promise<Run>;
};
