// A tick of a job: finds what is due for its views, plans it, and delivers it to the workers.
//
// One statement finds the views with work. They are planned in batches, and each batch is delivered immediately, so
// that workers start while the rest is still being planned.

import { Failure } from '../../core/failure.ts';
import { inParallel, inPieces } from '../../core/in-parallel.ts';
import type { Log } from '../../core/log.ts';
import { loggedText } from '../../core/logged.ts';
import { textOf } from '../../core/message.ts';
import type { Job } from '../../definition/job.ts';
import { gainedAfter, missedBefore, type Ticking } from '../../plan/catch-up.ts';
import type { Database } from '../../postgres/database.ts';
import { editSentence } from '../../presentation/views/edit-sentence.ts';
import { type JobView, viewsOfJob } from '../../state/planning/job-views.ts';
import {
  ALL_TIME,
  type Planned,
  type PlannedTogether,
  type Planning,
  planTogether,
  planView,
} from '../../state/planning/planning.ts';
import { databaseNow } from '../../state/queries/view-overview.ts';
import type { RunOptions } from '../../state/runs/run.ts';
import { deliverRuns } from '../delivery/deliver.ts';
import type { Queues } from '../queues.ts';

export type TickOptions = {
  readonly database: Database;
  readonly queues: Queues;
  readonly log: Log;
};

/** The result of a tick: the number of planned runs, and the views that could not be planned. */
export type TickResult = { readonly job: string; readonly runs: number; readonly failed: readonly string[] };

/** Views planned in one transaction: many share a disk flush, and few are delayed by a broken one. */
const BATCH_VIEWS = 100;
const AT_ONCE = 4;

/**
 * Plans the due runs of each view of the job; a failing view never stops the others. With nothing due it does nothing.
 *
 * @throws Failure OFFLINE_UNAVAILABLE if nothing can be planned at all.
 */
export async function tick(options: TickOptions, job: Job & Ticking): Promise<TickResult> {
  const { database, log } = options;
  const views = await viewsOfJob(database, job.views);
  warnOfViews(log, job, views);
  const due = views.filter(({ hasWork }) => hasWork);
  const result = due.length === 0 ? { runs: 0, failed: [] } : await planViews(options, job, due);
  log.info('tick.done', { job: job.name, views: views.length, runs: result.runs });
  return { job: job.name, ...result };
}

function warnOfViews(log: Log, job: Job, views: readonly JobView[]): void {
  for (const name of new Set(job.views)) {
    const isKnown = name.startsWith('tag:') || views.some((view) => view.name === name);
    if (!isKnown) log.warn('tick.view_unknown', { job: job.name, view: name });
  }
  for (const { name } of views.filter(({ isEdited }) => isEdited)) {
    log.warn('view.edited', { job: job.name, view: name, message: textOf(editSentence(name)) });
  }
}

async function planViews(
  options: TickOptions,
  job: Job & Ticking,
  views: readonly JobView[],
): Promise<Omit<TickResult, 'job'>> {
  const { database, log } = options;
  const planningOf = await planningByView(database, job);
  const batches = [...Map.groupBy(views, planningOf)].flatMap(([planning, group]) =>
    [...inPieces(group, BATCH_VIEWS)].map((batch) => ({ planning, batch })),
  );
  const left: JobView[] = [];
  const failed: string[] = [];
  let runs = 0;
  const handOver = async (planned: Planned) => {
    runs += planned.runs.length;
    for (const { view, units } of planned.left) log.info('tick.left', { job: job.name, view, leftUnits: units });
    await tryToDeliver(options, job, planned.runs);
  };
  await inParallel(batches, AT_ONCE, async ({ planning, batch }) => {
    const planned = await planBatch(database, batch, planning);
    left.push(...batch.filter(({ id }) => planned.others.includes(id)));
    await handOver(planned);
  });
  await inParallel(left, AT_ONCE, async (view) => {
    const { id, name } = view;
    try {
      await handOver(await planView(database, id, planningOf(view)));
    } catch (error) {
      failed.push(name);
      log.error('tick.failed', { job: job.name, view: name, message: loggedText(error) });
    }
  });
  return { runs, failed };
}

/** If one view cannot be planned, its whole batch is planned one view at a time. */
async function planBatch(database: Database, batch: readonly JobView[], planning: Planning): Promise<PlannedTogether> {
  const ids = batch.map(({ id }) => id);
  try {
    return await planTogether(database, ids, planning);
  } catch (error) {
    if (error instanceof Failure) throw error;
    return { runs: [], left: [], others: ids };
  }
}

/** If this fails, the runs are open and without jobs, and the reconciler delivers them. */
async function tryToDeliver({ database, queues, log }: TickOptions, job: Job, runs: readonly number[]): Promise<void> {
  try {
    await deliverRuns(queues, database, runs);
  } catch (error) {
    log.error('tick.undelivered', { job: job.name, runs: runs.length, message: loggedText(error) });
  }
}

/** How each view is planned: without missed time if the job got it since. */
async function planningByView(database: Database, job: Job & Ticking): Promise<(view: JobView) => Planning> {
  const missed = missedBefore(job, await databaseNow(database));
  const own: Planning = { reason: 'schedule', options: runOptions(job), within: ALL_TIME, missedBefore: missed };
  const nothingMissed: Planning = { ...own, missedBefore: null };
  const views = gainedAfter(job, missed);
  return ({ viewName }) => (views.has(viewName) ? nothingMissed : own);
}

function runOptions({ retries, timeoutMs, priority }: Job): RunOptions {
  return {
    attempts: retries.attempts,
    backoffMs: retries.backoffMs,
    backoffMaxMs: retries.maxMs,
    timeoutMs,
    priority,
    allowRemovals: false,
  };
}
