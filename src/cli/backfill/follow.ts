// A backfill as its chunks come to their ends, whoever performs them.

import { isDeepStrictEqual } from 'node:util';
import type { App } from '../../app.ts';
import { requireWorkers } from '../../operations/performers.ts';
import { type BackfillProgress, closedChunks } from '../../presentation/backfills/backfill-progress.ts';
import { Shutdown } from '../../run/perform.ts';
import {
  type BackfillOverview,
  backfillChunks,
  backfillOverviews,
  type ChunkOverview,
  openChunkRuns,
} from '../../state/backfills/overview.ts';
import { runOverviews } from '../../state/queries/run-overview.ts';
import { unknownId } from '../id-argument.ts';
import { isNotFollowed } from '../materialize/follow.ts';
import { performBackfillHere } from './here.ts';

const POLL_MS = 400;
/** Counting so many takes long enough to do it less often. */
const MANY_CHUNKS = 5_000;
const MANY_POLL_MS = 3_000;
const WORKERS_ASKED_MS = 10_000;

/** Who performs: workers, or this process, so many chunks at once. */
export type Performers = { readonly here: false } | { readonly here: true; readonly parallel: number };

export type Watcher = {
  onChunk(now: BackfillOverview, chunk: ChunkOverview): void;
  onState(now: BackfillOverview): void;
  onProgress(progress: BackfillProgress): void;
};

/**
 * Follows a backfill until it is over, until its circuit has paused it or its view rests, until all that is open of it only
 * waits, or until the signal is aborted; says how it stands then. @throws Failure WORKER_MISSING when the last worker has gone.
 */
export async function followBackfill(
  app: App,
  id: number,
  performers: Performers,
  { signal, watcher, told }: { signal: AbortSignal; watcher: Watcher; told: ReadonlySet<string> },
): Promise<BackfillOverview> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const news = chunkNews(app, id, told);
  const first = await requireBackfill(app, id);
  const here = performers.here ? performBackfillHere(app, id, { parallel: performers.parallel, signal: either }) : null;
  // Where this process cannot go on, nobody has to look any more.
  const broken = here?.catch(() => over.abort(new Shutdown('the runs of this command met a failure')));
  try {
    return await watch(app, first, { news, signal: either, watcher, asksWorkers: !performers.here });
  } finally {
    over.abort(new Shutdown('the backfill is over'));
    await broken;
    await here;
  }
}

type Watching = {
  readonly news: ChunkNews;
  readonly signal: AbortSignal;
  readonly watcher: Watcher;
  readonly asksWorkers: boolean;
};

async function watch(
  app: App,
  first: BackfillOverview,
  { news, signal, watcher, asksWorkers }: Watching,
): Promise<BackfillOverview> {
  const begunMs = app.clock.monotonicMs();
  let before = first;
  let workersSeenMs = begunMs;
  // Workers may have ended chunks since they were handed over.
  await news((chunk) => watcher.onChunk(first, chunk));
  for (;;) {
    const now = await requireBackfill(app, first.id);
    if (isDifferent(before, now)) await news((chunk) => watcher.onChunk(now, chunk));
    if (now.state !== before.state || !isDeepStrictEqual(now.rest, before.rest)) watcher.onState(now);
    before = now;
    const elapsedMs = app.clock.monotonicMs() - begunMs;
    watcher.onProgress({
      now,
      chunks: closedChunks(now) - closedChunks(first),
      rows: now.rows - first.rows,
      elapsedMs,
    });
    if (signal.aborted || (await isLeftAlone(app, now))) return now;
    if (asksWorkers && app.clock.monotonicMs() - workersSeenMs > WORKERS_ASKED_MS) {
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

type ChunkNews = (tell: (chunk: ChunkOverview) => void) => Promise<void>;

const CLOSED = ['done', 'failed', 'cancelled', 'skipped'] as const;

/** The chunks that are over, each as its end: what is no news to who follows the backfill from now on. */
export async function closedEnds({ database }: App, id: number): Promise<ReadonlySet<string>> {
  return new Set((await backfillChunks(database, id, { states: CLOSED })).map(endOf));
}

function endOf({ place, run }: ChunkOverview): string {
  return `${place}:${run}`;
}

/** Tells, with each call, of the chunks that are over, once per run of one, but for those of `before`. */
function chunkNews({ database }: App, id: number, before: ReadonlySet<string>): ChunkNews {
  const told = new Set(before);
  /** Up to here all are done for good, and need no look any more. */
  let after = 0;
  return async (tell) => {
    const closed = await backfillChunks(database, id, { states: CLOSED, after });
    for (const chunk of closed) {
      const isForGood = chunk.state === 'done' || chunk.state === 'skipped';
      if (isForGood && chunk.place === after + 1) after = chunk.place;
      const key = endOf(chunk);
      if (told.has(key)) continue;
      told.add(key);
      tell(chunk);
    }
  };
}

/** Whether looking on would only be waiting for something that nobody here brings about. */
async function isLeftAlone({ database }: App, now: BackfillOverview): Promise<boolean> {
  if (now.state === 'paused') return now.rest !== null;
  if (now.state !== 'running') return true;
  const open = await openChunkRuns(database, now.id);
  if (open.length === 0) return now.rest !== null;
  const runs = await runOverviews(database, { ids: open });
  return runs.length > 0 && runs.every(isNotFollowed);
}
