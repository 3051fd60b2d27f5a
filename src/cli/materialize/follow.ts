// Watching runs: reports each run as it ends, whichever process performs it.

import type { App } from '../../app.ts';
import { requireWorkers } from '../../operations/performers.ts';
import { isWaiting, type RunOverview, runOverviews } from '../../state/queries/run-overview.ts';
import { isOver } from '../../state/runs/states.ts';

/** A run that waits longer than this (for a file, for a retry) is left to the workers. */
const LONG_WAIT_MS = 50_000;
const POLL_MS = 250;
/** Polling many runs takes longer, so it is done less often. */
const POLL_RUN_MS = 0.1;
const WORKERS_CHECK_MS = 10_000;

/** Whether an open run would only be waited for: its rows are stored, or its next attempt is far off. */
export function isLongWait(run: RunOverview): boolean {
  return isWaiting(run) && (run.state === 'committed' || run.waitMs > LONG_WAIT_MS);
}

/**
 * Watches runs that workers perform and reports each once, when it has ended or is left waiting. Resolves when all are, or
 * when the signal is aborted. @throws Failure WORKER_MISSING if no worker is running any more.
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
    // A waiting run may wait for another one, so none is left waiting as long as any is active.
    const isEnded = runs.every((run) => isOver(run) || isLongWait(run)) ? () => true : isOver;
    for (const run of runs.toReversed().filter(isEnded)) {
      open.delete(run.id);
      onEnd(run);
    }
    if (app.clock.monotonicMs() - workersSeen > WORKERS_CHECK_MS) {
      await requireWorkers(app.database, open.size);
      workersSeen = app.clock.monotonicMs();
    }
    if (open.size > 0) await app.clock.sleep(POLL_MS + open.size * POLL_RUN_MS, signal);
  }
}
