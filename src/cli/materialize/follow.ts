// Runs as they come to their ends, whoever performs them.

import type { App } from '../../app.ts';
import { requireWorkers } from '../../operations/performers.ts';
import { isWaiting, type RunOverview, runOverviews } from '../../state/queries/run-overview.ts';
import { isOver } from '../../state/runs/states.ts';

/** Beyond this a run that waits (for a file, for a retry) is left to the workers, and the command goes on. */
const PATIENCE_MS = 50_000;
const POLL_MS = 250;
/** Of many runs each look takes longer, and is made less often. */
const POLL_RUN_MS = 0.1;
const WORKERS_ASKED_MS = 10_000;

/** Whether going on with an open run would only be waiting: its rows are stored, or its time is far off. */
export function isNotFollowed(run: RunOverview): boolean {
  return isWaiting(run) && (run.state === 'committed' || run.waitMs > PATIENCE_MS);
}

/**
 * Follows runs that workers perform, and tells of each that is over or left, once. Resolves when all are, or when the
 * signal is aborted. @throws Failure WORKER_MISSING when the last worker has gone.
 */
export async function followRuns(
  app: App,
  ids: readonly number[],
  { signal, onEnd }: { signal: AbortSignal; onEnd: (run: RunOverview) => void },
): Promise<void> {
  const open = new Set(ids);
  let workersSeen = app.clock.monotonicMs();
  while (open.size > 0 && !signal.aborted) {
    const runs = await runOverviews(app.database, { ids: [...open] });
    // Of several, one that waits may wait for another: nothing is left as long as anything goes on.
    const isEnded = runs.every((run) => isOver(run) || isNotFollowed(run)) ? () => true : isOver;
    for (const run of runs.toReversed().filter(isEnded)) {
      open.delete(run.id);
      onEnd(run);
    }
    if (app.clock.monotonicMs() - workersSeen > WORKERS_ASKED_MS) {
      await requireWorkers(app.database, open.size);
      workersSeen = app.clock.monotonicMs();
    }
    if (open.size > 0) await app.clock.sleep(POLL_MS + open.size * POLL_RUN_MS, signal);
  }
}
