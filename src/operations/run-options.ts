// The options of runs that a person requests.

import type { FeatureView } from '../definition/view.ts';
import type { Database } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import { jobTimeoutMs } from '../state/runs/job-timeout.ts';
import { DEFAULT_RUN_OPTIONS, type RunOptions } from '../state/runs/run.ts';

/** Fewer and quicker attempts than for a schedule, because a person waits for the result. */
const WATCHED = { ...DEFAULT_RUN_OPTIONS, attempts: 3, backoffMs: 1_000, backoffMaxMs: 10_000 };

/** For runs that are requested by name. An attempt may take as long as the view's jobs allow. */
export async function watchedOptions(where: Database | Session, view: FeatureView): Promise<RunOptions> {
  return { ...WATCHED, timeoutMs: await jobTimeoutMs(where, view) };
}

/** For the chunks of a backfill: they are done or failed within two minutes of the first failure. The timeout is set when a chunk becomes a run. */
export const CHUNK_OPTIONS: RunOptions = { ...DEFAULT_RUN_OPTIONS, backoffMs: 5_000, backoffMaxMs: 40_000 };
