// Runs performed by this process: the same code as in a worker, and safe beside workers.

import type { App } from '../../app.ts';
import { performRun, Shutdown } from '../../run/perform.ts';
import { type RunOverview, runOverviews } from '../../state/queries/run-overview.ts';
import { isOver } from '../../state/runs/states.ts';
import { catchUncaught } from '../operate/uncaught.ts';
import { isNotFollowed } from './follow.ts';

/** A run that waits, or that another worker holds, is tried again this often. */
const LOOK_MS = 1_000;

type Work = { parallel: number; signal: AbortSignal; onEnd: (run: RunOverview) => void };

/**
 * Performs runs, `parallel` at a time, and tells of each that is over or left, once. Resolves when all are, or, when the
 * signal is aborted, as soon as the leases are given back. What is left is tried again after each round that has brought
 * another to its end: it may have waited for that one.
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

/** Tells of the runs that are over, and returns those that are left. */
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
  // Where one cannot go on (the record is away), the others give their runs back before the stores close.
  const guarded = () =>
    perform().catch((error: unknown) => {
      broken.abort(new Shutdown('another run of this command met a failure'));
      throw error;
    });
  const ends = await Promise.allSettled(Array.from({ length: Math.min(work.parallel, ids.length) }, guarded));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return left;
}

/** The run when it is over or left; null when the signal is aborted before. */
export async function performToEnd(app: App, id: number, signal: AbortSignal): Promise<RunOverview | null> {
  while (!signal.aborted) {
    await performRun(app.engine, id, signal);
    const [run] = await runOverviews(app.database, { ids: [id] });
    if (run === undefined || isOver(run) || isNotFollowed(run)) return run ?? null;
    await app.clock.sleep(LOOK_MS, signal);
  }
  return null;
}
