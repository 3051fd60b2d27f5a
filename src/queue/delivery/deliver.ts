// Hands runs to the queue.
//
// The number of the delivery is raised in Postgres first, then the job is added. A crash in between leaves a run whose
// newest delivery has no job: the reconciler finds it.

import type { JobsOptions, Queue } from 'bullmq';
import type { Database } from '../../postgres/database.ts';
import { type Delivery, type DeliveryWanted, raiseDeliveries } from '../../state/runs/deliveries.ts';
import type { Queues } from '../queues.ts';
import { deliveryId } from './delivery-id.ts';
import type { RunJob } from './job-data.ts';

/** Small enough that one call does not keep Redis from its other clients. */
const BATCH_JOBS = 500;

/**
 * So many runs of one view keep their place in the queue; those handed over with them wait behind the runs of other views,
 * also of ones that come later. Ten thousand runs of a past must not keep the one of a day from its time.
 */
const FAIR_JOBS = 100;
/** How many places a priority of ours, 1 to 9, has in the queue. */
const PLACES = 1_000;

/**
 * Hands open runs to the workers, to be taken after `delayMs`; closed ones are left out. Returns how many were handed
 * over. Doing it again delivers again, which is harmless: a run is performed by who claims it.
 *
 * @throws Failure QUEUE_UNAVAILABLE, or OFFLINE_UNAVAILABLE; what was not added, the reconciler adds later.
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
 * Hands a run over once more, unless somebody did after this delivery: the jobs of a run that was delivered twice by
 * mistake become one again.
 */
export async function redeliver(queues: Queues, database: Database, job: RunJob, delayMs: number): Promise<number> {
  return deliver(queues, database, [{ run: job.run, after: job.delivery }], delayMs);
}

/** Hands over what `wanted` names, as far as it still is to be. */
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
    // First come, first served: they have slots of their own.
    await addJobs(queues, queues.backfill, backfills, () => ({ delay: Math.ceil(delayMs) }));
    added += raised.length;
  }
  return added;
}

/** The priority of each delivery in the queue, where the lower number goes first; asked in their order. */
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
