// The options of runs that a person asks for.

import type { FeatureView } from '../definition/view.ts';
import type { Database } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import { jobTimeoutMs } from '../state/runs/job-timeout.ts';
import { DEFAULT_RUN_OPTIONS, type RunOptions } from '../state/runs/run.ts';

/** Someone who watches knows sooner what to do than a schedule that nobody watches: fewer and quicker attempts. */
const WATCHED = { ...DEFAULT_RUN_OPTIONS, attempts: 3, backoffMs: 1_000, backoffMaxMs: 10_000 };

/** Of runs that are asked for by name. An attempt may take as long as the view's jobs allow. */
export async function watchedOptions(where: Database | Session, view: FeatureView): Promise<RunOptions> {
  return { ...WATCHED, timeoutMs: await jobTimeoutMs(where, view) };
}

/** Of the chunks of a backfill, whose timeout is decided when a chunk becomes a run: done or failed within two minutes of the first failure. */
export const CHUNK_OPTIONS: RunOptions = { ...DEFAULT_RUN_OPTIONS, backoffMs: 5_000, backoffMaxMs: 40_000 };
