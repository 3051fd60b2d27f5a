// The chunks of a backfill, performed by this process with the code of a worker; safe while workers are running.

import type { App } from '../../app.ts';
import { Shutdown } from '../../run/shutdown.ts';
import { advanceBackfill } from '../../state/backfills/advance.ts';
import { openChunkRuns } from '../../state/backfills/overview.ts';
import { performToEnd } from '../materialize/perform-here.ts';
import { catchUncaught } from '../operate/uncaught.ts';

/** How often to look for a free chunk while others have them all, or the backfill is paused. */
const POLL_MS = 1_000;

/** Advances a backfill and performs its runs, `parallel` at a time, until the signal is aborted. */
export async function performBackfillHere(
  app: App,
  id: number,
  options: { parallel: number; signal: AbortSignal },
): Promise<void> {
  using _uncaught = catchUncaught(app.log);
  const broken = new AbortController();
  const signal = AbortSignal.any([options.signal, broken.signal]);
  const taken = new Set<number>();
  const perform = async () => {
    while (!signal.aborted) {
      const run = await nextRun(app, id, taken);
      if (run === null) await app.clock.sleep(POLL_MS, signal);
      else await performToEnd(app, run, signal);
    }
  };
  // If one fails (Postgres is unavailable), the others hand their runs back before the stores close.
  const guarded = () =>
    perform().catch((error: unknown) => {
      broken.abort(new Shutdown('command_failed'));
      throw error;
    });
  const ends = await Promise.allSettled(Array.from({ length: options.parallel }, guarded));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/** An open run of the backfill that this process has not had yet, including runs that another process planned. */
async function nextRun({ database }: App, id: number, taken: Set<number>): Promise<number | null> {
  await advanceBackfill(database, id);
  const open = await openChunkRuns(database, id);
  const free = open.find((run) => !taken.has(run));
  if (free === undefined) return null;
  taken.add(free);
  return free;
}
