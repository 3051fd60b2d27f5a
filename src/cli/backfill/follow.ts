// Watching a backfill: reports each chunk as it ends, whichever process performs it.

import { isDeepStrictEqual } from 'node:util';
import type { App } from '../../app.ts';
import { requireWorkers } from '../../operations/performers.ts';
import { type BackfillProgress, closedChunks } from '../../presentation/backfills/backfill-progress.ts';
import { Shutdown } from '../../run/shutdown.ts';
import {
  type BackfillOverview,
  backfillChunks,
  backfillOverviews,
  type ChunkOverview,
  openChunkRuns,
} from '../../state/backfills/overview.ts';
import { runOverviews } from '../../state/queries/run-overview.ts';
import { unknownId } from '../id-argument.ts';
import { isLongWait } from '../materialize/follow.ts';
import { performBackfillHere } from './here.ts';

const POLL_MS = 400;
/** Counting this many chunks is slow, so it is done less often. */
const MANY_CHUNKS = 5_000;
const MANY_POLL_MS = 3_000;
const WORKERS_CHECK_MS = 10_000;

/** The performers of the chunks: workers, or this process with `parallel` chunks at a time. */
export type Performers = { readonly here: false } | { readonly here: true; readonly parallel: number };

export type Watcher = {
  onChunk(now: BackfillOverview, chunk: ChunkOverview): void;
  onState(now: BackfillOverview): void;
  onProgress(progress: BackfillProgress): void;
};

/**
 * Watches a backfill until it has ended, is blocked (by its circuit breaker or a paused view), only waits, or the signal is
 * aborted; returns its state then. @throws Failure WORKER_MISSING if no worker is running any more.
 */
export async function followBackfill(
  app: App,
  id: number,
  performers: Performers,
  { signal, watcher, reported }: { signal: AbortSignal; watcher: Watcher; reported: ReadonlySet<string> },
): Promise<BackfillOverview> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const reportEnded = endedChunks(app, id, reported);
  const first = await requireBackfill(app, id);
  const here = performers.here ? performBackfillHere(app, id, { parallel: performers.parallel, signal: either }) : null;
  // Stop watching if this process can no longer perform runs.
  const broken = here?.catch(() => over.abort(new Shutdown('command_failed')));
  try {
    return await watch(app, first, { reportEnded, signal: either, watcher, checksWorkers: !performers.here });
  } finally {
    over.abort(new Shutdown('backfill_ended'));
    await broken;
    await here;
  }
}

type Watching = {
  readonly reportEnded: ReportEnded;
  readonly signal: AbortSignal;
  readonly watcher: Watcher;
  readonly checksWorkers: boolean;
};

async function watch(
  app: App,
  first: BackfillOverview,
  { reportEnded, signal, watcher, checksWorkers }: Watching,
): Promise<BackfillOverview> {
  const begunMs = app.clock.monotonicMs();
  let before = first;
  let workersSeenMs = begunMs;
  // Workers may already have finished chunks.
  await reportEnded((chunk) => watcher.onChunk(first, chunk));
  for (;;) {
    const now = await requireBackfill(app, first.id);
    if (isDifferent(before, now)) await reportEnded((chunk) => watcher.onChunk(now, chunk));
    if (now.state !== before.state || !isDeepStrictEqual(now.rest, before.rest)) watcher.onState(now);
    before = now;
    const elapsedMs = app.clock.monotonicMs() - begunMs;
    watcher.onProgress({
      now,
      chunks: closedChunks(now) - closedChunks(first),
      rows: now.rows - first.rows,
      elapsedMs,
    });
    if (signal.aborted || (await isStalled(app, now))) return now;
    if (checksWorkers && app.clock.monotonicMs() - workersSeenMs > WORKERS_CHECK_MS) {
      await requireWorkers(app.database, now.chunks.total - closedChunks(now));
      workersSeenMs = app.clock.monotonicMs();
    }
    await app.clock.sleep(now.chunks.total > MANY_CHUNKS ? MANY_POLL_MS : POLL_MS, signal);
  }
}

/** @throws Failure NOT_FOUND */
export async function requireBackfill(app: App, id: number): Promise<BackfillOverview> {
  const found = await findBackfill(app, id);
  if (found === null) throw unknownId(id, 'backfill');
  return found;
}

export async function findBackfill({ database }: App, id: number): Promise<BackfillOverview | null> {
  const [found] = await backfillOverviews(database, { ids: [id] });
  return found ?? null;
}

function isDifferent(before: BackfillOverview, now: BackfillOverview): boolean {
  return now.chunks.done !== before.chunks.done || closedChunks(now) !== closedChunks(before);
}

type ReportEnded = (report: (chunk: ChunkOverview) => void) => Promise<void>;

const CLOSED = ['done', 'failed', 'cancelled', 'skipped'] as const;

/** Keys of the chunks that have already ended, which are not reported again. */
export async function closedEnds({ database }: App, id: number): Promise<ReadonlySet<string>> {
  return new Set((await backfillChunks(database, id, { states: CLOSED })).map(endOf));
}

function endOf({ place, run }: ChunkOverview): string {
  return `${place}:${run}`;
}

/** Reports, with each call, the chunks that have ended: once per run of a chunk, and none of `before`. */
function endedChunks({ database }: App, id: number, before: ReadonlySet<string>): ReportEnded {
  const reported = new Set(before);
  /** All chunks up to here are done permanently and need not be read again. */
  let after = 0;
  return async (report) => {
    const closed = await backfillChunks(database, id, { states: CLOSED, after });
    for (const chunk of closed) {
      const isFinal = chunk.state === 'done' || chunk.state === 'skipped';
      if (isFinal && chunk.place === after + 1) after = chunk.place;
      const key = endOf(chunk);
      if (reported.has(key)) continue;
      reported.add(key);
      report(chunk);
    }
  };
}

/** Whether the backfill has ended, or waits for something outside this command. */
async function isStalled({ database }: App, now: BackfillOverview): Promise<boolean> {
  if (now.state === 'paused') return now.rest !== null;
  if (now.state !== 'running') return true;
  const open = await openChunkRuns(database, now.id);
  if (open.length === 0) return now.rest !== null;
  const runs = await runOverviews(database, { ids: open });
  return runs.length > 0 && runs.every(isLongWait);
}
