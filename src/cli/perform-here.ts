// Runs performed by this process: the same code as in a worker, and safe beside workers.

import type { App } from '../app.ts';
import { performRun } from '../run/perform.ts';
import { type RunOverview, runOverviews } from '../state/overview.ts';
import { isLeft, isOver } from './follow.ts';

/** A run that another worker holds is looked at this often. */
const LOOK_MS = 1_000;

/**
 * Performs runs, `parallel` at a time, and tells of each that is over or left, once. Resolves when all are, or, when the
 * signal is aborted, as soon as the leases are given back.
 */
export async function performHere(
  app: App,
  ids: readonly number[],
  options: { parallel: number; signal: AbortSignal; onEnd: (run: RunOverview) => void },
): Promise<void> {
  const waiting = [...ids];
  const perform = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      const run = await performToEnd(app, id, options.signal);
      if (run !== null) options.onEnd(run);
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.parallel, ids.length) }, perform));
}

/** The run when it is over or left; null when the signal is aborted before. */
async function performToEnd(app: App, id: number, signal: AbortSignal): Promise<RunOverview | null> {
  while (!signal.aborted) {
    const outcome = await performRun(app.engine, id, signal);
    const [run] = await runOverviews(app.database, { ids: [id] });
    if (run === undefined || isOver(run) || isLeft(run)) return run ?? null;
    const delayMs = outcome.kind === 'snoozed' || outcome.kind === 'failed' ? outcome.delayMs : 0;
    await app.clock.sleep(Math.min(delayMs, run.owner === null ? delayMs : LOOK_MS), signal);
  }
  return null;
}
