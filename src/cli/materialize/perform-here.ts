// Runs performed by this process with the code of a worker; safe while workers are running.

import type { App } from '../../app.ts';
import { performRun } from '../../run/perform.ts';
import { Shutdown } from '../../run/shutdown.ts';
import { type RunOverview, runOverviews } from '../../state/queries/run-overview.ts';
import { isOver } from '../../state/runs/states.ts';
import { catchUncaught } from '../operate/uncaught.ts';
import { isLongWait } from './follow.ts';

/** How often to retry a run that waits or that a worker has. */
const POLL_MS = 1_000;

type Work = { parallel: number; signal: AbortSignal; onEnd: (run: RunOverview) => void };

/**
 * Performs runs, `parallel` at a time, and reports each once, when it has ended or is left waiting. Resolves when all are,
 * or, after an abort, when the leases are released. Waiting runs are retried after each round in which another run ended,
 * as they may have waited for it.
 */
export async function performHere(app: App, ids: readonly number[], work: Work): Promise<void> {
  using _uncaught = catchUncaught(app.log);
  let left = await performRound(app, ids, work);
  for (let before = ids.length; left.length < before && left.length > 0 && !work.signal.aborted; ) {
    before = left.length;
    left = await performRound(
      app,
      left.map(({ id }) => id),
      work,
    );
  }
  left.forEach(work.onEnd);
}

/** Reports the runs that ended, and returns those left waiting. */
async function performRound(app: App, ids: readonly number[], work: Work): Promise<RunOverview[]> {
  const waiting = [...ids];
  const left: RunOverview[] = [];
  const broken = new AbortController();
  const signal = AbortSignal.any([work.signal, broken.signal]);
  const perform = async () => {
    for (let id = waiting.shift(); id !== undefined && !signal.aborted; id = waiting.shift()) {
      const run = await performToEnd(app, id, signal);
      if (run !== null && isOver(run)) work.onEnd(run);
      else if (run !== null) left.push(run);
    }
  };
  // If one fails (Postgres is unavailable), the others hand their runs back before the stores close.
  const guarded = () =>
    perform().catch((error: unknown) => {
      broken.abort(new Shutdown('command_failed'));
      throw error;
    });
  const ends = await Promise.allSettled(Array.from({ length: Math.min(work.parallel, ids.length) }, guarded));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return left;
}

/** The run once it has ended or is left waiting; null if the signal is aborted first. */
export async function performToEnd(app: App, id: number, signal: AbortSignal): Promise<RunOverview | null> {
  while (!signal.aborted) {
    await performRun(app.engine, id, signal);
    const [run] = await runOverviews(app.database, { ids: [id] });
    if (run === undefined || isOver(run) || isLongWait(run)) return run ?? null;
    await app.clock.sleep(POLL_MS, signal);
  }
  return null;
}
