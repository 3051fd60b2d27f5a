// Reconciles the queue, the staging schema and the schedules with Postgres. Runs every minute in the elected scheduler;
// each part is harmless to repeat, and one that fails does not block the others.

import type { JobType } from 'bullmq';
import type { Clock } from '../../core/clock.ts';
import { Failure } from '../../core/failure.ts';
import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import type { Log } from '../../core/log.ts';
import { loggedText } from '../../core/logged.ts';
import type { Database } from '../../postgres/database.ts';
import { expectedDeliveries } from '../../state/runs/deliveries.ts';
import { isInUse, strayStagingTables } from '../../state/runs/staging-tables.ts';
import type { DeployedJob } from '../../state/views/deployment.ts';
import { deliver } from '../delivery/deliver.ts';
import { deliveryId } from '../delivery/delivery-id.ts';
import { repairQueues } from '../faults/repair-queues.ts';
import type { Queues } from '../queues.ts';
import type { QueueSettings } from '../settings.ts';
import { advanceBackfills } from './backfills.ts';
import { planBacklogs } from './backlog.ts';
import { planDrains } from './drains.ts';
import { missedJobs, type TickMemory } from './missed-ticks.ts';
import { matchSchedules } from './schedules.ts';
import { tick } from './tick.ts';

export type ReconcileOptions = {
  readonly database: Database;
  readonly queues: Queues;
  /** The jobs to schedule; null if nothing was deployed yet, and the schedules are left as they are. */
  readonly jobs: readonly DeployedJob[] | null;
  /** When this process started to take ticks. */
  readonly takenSince: EpochMs | null;
  readonly lastTick: TickMemory;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: Pick<QueueSettings, 'deliveryGraceMs' | 'stuckMs' | 'tickGraceMs'>;
};

/** Does every part once. Never rejects. */
export async function reconcile(options: ReconcileOptions, signal: AbortSignal): Promise<void> {
  const { jobs } = options;
  // First: all other parts need the queues.
  await part(options, signal, 'queues', () => repairQueues(options));
  if (jobs !== null) {
    await part(options, signal, 'schedules', () => matchSchedules(options, jobs));
    await part(options, signal, 'ticks', () => tickMissed(options, jobs, signal));
  }
  await part(options, signal, 'backfills', () => advanceBackfills(options, options.queues));
  await part(options, signal, 'deliveries', () => deliverLost(options));
  await part(options, signal, 'backlog', () => planBacklogs(options, options.queues));
  await part(options, signal, 'drains', () => planDrains(options, options.queues));
  await part(options, signal, 'staging', () => dropStray(options, signal));
}

/** Does one part of the reconciler's work; logs its failure. */
export async function part(
  { clock, log }: Pick<ReconcileOptions, 'clock' | 'log'>,
  signal: AbortSignal,
  name: string,
  work: () => Promise<unknown>,
): Promise<void> {
  if (signal.aborted) return;
  const started = clock.monotonicMs();
  try {
    await work();
    log.debug('reconcile.part', { part: name, ms: Math.round(clock.monotonicMs() - started) });
  } catch (error) {
    if (signal.aborted) return;
    const code = error instanceof Failure ? error.code : 'BUG';
    log.error('reconcile.failed', { part: name, code, message: loggedText(error) });
  }
}

/** Handles the newest due ticks that never came. */
async function tickMissed(options: ReconcileOptions, jobs: readonly DeployedJob[], signal: AbortSignal): Promise<void> {
  const { database, log, settings, lastTick } = options;
  const [row] = await database.query<{ now: number }>(
    'select (extract(epoch from millrace.now()) * 1000)::bigint as now',
  );
  const until = epochMsOf((row?.now ?? 0) - settings.tickGraceMs);
  for (const job of await missedJobs(database, jobs, { until, lastTick })) {
    log.warn('tick.missed', { job: job.name });
    await part(options, signal, `tick.${job.name}`, () => tick(options, job));
  }
}

/**
 * Delivers the open runs whose newest delivery is not in the queue, or has a worker that has not claimed the run for
 * long: its connection to Postgres may be dead while it renews the lock of the job in Redis.
 */
async function deliverLost({ database, queues, log, settings }: ReconcileOptions): Promise<void> {
  const { deliveryGraceMs: graceMs, stuckMs } = settings;
  const expected = await expectedDeliveries(database, { graceMs, stuckMs });
  if (expected.length === 0) return;
  const waiting = await idsOf(queues, ['wait', 'delayed', 'prioritized']);
  const active = await idsOf(queues, ['active']);
  const lost = expected.filter((delivery) => {
    const id = deliveryId(delivery);
    return !waiting.has(id) && (delivery.isStuck || !active.has(id));
  });
  if (lost.length === 0) return;
  const wanted = lost.map(({ run, delivery }) => ({ run, after: delivery }));
  const delivered = await deliver(queues, database, wanted, 0);
  log.warn('deliveries.restored', { runs: delivered });
}

// One query per queue instead of one per run: BullMQ searches the whole waiting list for a single job.
async function idsOf({ exchange, run, backfill }: Queues, states: JobType[]): Promise<Set<string>> {
  const ids = await Promise.all([run, backfill].map((queue) => exchange(() => queue.getRanges(states, 0, -1))));
  return new Set(ids.flat());
}

/** Drops the tables of killed workers, without waiting for sessions that still use one. */
async function dropStray(options: ReconcileOptions, signal: AbortSignal): Promise<void> {
  for (const table of await strayStagingTables(options.database)) {
    await part(options, signal, 'staging.table', () => dropTable(options, table));
  }
}

async function dropTable({ database, log }: ReconcileOptions, table: string): Promise<void> {
  const isDropped = await database.transaction(async (session) => {
    if (await isInUse(session, table)) return false;
    await session.run(`set local lock_timeout = '1s'`);
    await session.run(`drop table if exists ${table}`);
    return true;
  });
  if (isDropped) log.info('staging.dropped', { table });
}
