// Delivers runs to the queue.
//
// The delivery number is raised in Postgres first, then the job is added. After a crash in between, the newest delivery
// of the run has no job: the reconciler finds it.

import type { JobsOptions, Queue } from 'bullmq';
import type { Database } from '../../postgres/database.ts';
import { type Delivery, type DeliveryWanted, raiseDeliveries } from '../../state/runs/deliveries.ts';
import type { Queues } from '../queues.ts';
import { deliveryId } from './delivery-id.ts';
import type { RunJob } from './job-data.ts';

/** Small enough not to block Redis for its other clients. */
const BATCH_JOBS = 500;

/**
 * Up to this many runs of a view keep their place in the queue; further ones wait behind the runs of other views,
 * including later ones. Ten thousand runs of a backlog must not delay the daily run of another view.
 */
const FAIR_JOBS = 100;
/** The number of queue places per priority, 1 to 9. */
const PLACES = 1_000;

/**
 * Delivers open runs to the workers, after `delayMs`; closed ones are left out. Returns the number of jobs. Repeating
 * it delivers again, which is harmless: only the worker that claims a run performs it.
 *
 * @throws Failure QUEUE_UNAVAILABLE, or OFFLINE_UNAVAILABLE; the reconciler adds missing jobs later.
 */
export async function deliverRuns(
  queues: Queues,
  database: Database,
  runIds: readonly number[],
  delayMs = 0,
): Promise<number> {
  return deliver(
    queues,
    database,
    runIds.map((run) => ({ run, after: null })),
    delayMs,
  );
}

/**
 * Delivers a run again, unless there is a newer delivery: the jobs of a run that was delivered twice by mistake become
 * one again.
 */
export async function redeliver(queues: Queues, database: Database, job: RunJob, delayMs: number): Promise<number> {
  return deliver(queues, database, [{ run: job.run, after: job.delivery }], delayMs);
}

/** Delivers the wanted runs that still need a delivery. */
export async function deliver(
  queues: Queues,
  database: Database,
  wanted: readonly DeliveryWanted[],
  delayMs: number,
): Promise<number> {
  let added = 0;
  const placeOf = fairPlaces();
  for (let from = 0; from < wanted.length; from += BATCH_JOBS) {
    const raised = await raiseDeliveries(database, wanted.slice(from, from + BATCH_JOBS));
    const [backfills, others] = [raised.filter(isBackfill), raised.filter((one) => !isBackfill(one))];
    await addJobs(queues, queues.run, others, (one) => ({ priority: placeOf(one), delay: Math.ceil(delayMs) }));
    // First come, first served: backfills have separate slots.
    await addJobs(queues, queues.backfill, backfills, () => ({ delay: Math.ceil(delayMs) }));
    added += raised.length;
  }
  return added;
}

/** The queue priority of each delivery, where the lower number goes first; called in order. */
function fairPlaces(): (delivery: Delivery) => number {
  const seen = new Map<string, number>();
  return ({ view, priority }) => {
    const before = seen.get(view) ?? 0;
    seen.set(view, before + 1);
    return priority * PLACES + Math.min(PLACES - 1, Math.floor(before / FAIR_JOBS));
  };
}

function isBackfill({ reason }: Delivery): boolean {
  return reason === 'backfill';
}

async function addJobs(
  queues: Queues,
  queue: Queue<RunJob>,
  deliveries: readonly Delivery[],
  optionsOf: (delivery: Delivery) => Pick<JobsOptions, 'priority' | 'delay'>,
): Promise<void> {
  if (deliveries.length === 0) return;
  const jobs = deliveries.map((one) => ({
    name: one.view,
    data: { run: one.run, delivery: one.delivery },
    opts: { jobId: deliveryId(one), ...optionsOf(one) },
  }));
  await queues.exchange(() => queue.addBulk(jobs));
}
