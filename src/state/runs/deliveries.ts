// Deliveries of runs to the queue. The number is raised here before the job is added, so no job id repeats.

import type { Interval } from '../../core/interval.ts';
import type { Database } from '../../postgres/database.ts';
import { parseRanges } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import { LOCK_RUNS } from '../locks.ts';
import { IS_ALIVE } from '../processes.ts';
import { DEFAULT_RUN_OPTIONS, type RunReason } from './run.ts';
import { IN } from './states.ts';

/** One delivery of a run to the queue; the first has number 1, and 0 means none yet. */
export type Delivery = {
  readonly run: number;
  readonly view: string;
  /** Null for views of kind latest. */
  readonly span: Interval | null;
  readonly reason: RunReason;
  readonly delivery: number;
  /** From the job that planned it: 1 before 9. */
  readonly priority: number;
};

/** A run, and the number of its newest delivery; null for any. */
export type DeliveryWanted = { readonly run: number; readonly after: number | null };

const PRIORITY = `coalesce((r.options->>'priority')::int, ${DEFAULT_RUN_OPTIONS.priority})`;

type DeliveryRow = Omit<Delivery, 'span'> & { readonly span: string };

/**
 * Counts one more delivery of each open run and returns them, oldest run first. Leaves out runs that are closed or were
 * delivered again in the meantime (`after`): another process handles their newest delivery.
 */
export async function raiseDeliveries(database: Database, wanted: readonly DeliveryWanted[]): Promise<Delivery[]> {
  const rows = await database.query<DeliveryRow>(
    `with open as (
       select r.id from millrace.run r join unnest($1::bigint[], $2::int[]) as w(run, after) on r.id = w.run
        where r.state ${IN.open} and (w.after is null or r.deliveries = w.after)
        ${LOCK_RUNS}),
     raised as (
       update millrace.run r set deliveries = r.deliveries + 1, delivered_at = millrace.now()
         from open where r.id = open.id returning r.*)
     select r.id as run, v.name as view, r.span::text as span, r.reason, r.deliveries as delivery, ${PRIORITY} as priority
       from raised r join millrace.view v on v.id = r.view_id order by r.id`,
    [wanted.map(({ run }) => run), wanted.map(({ after }) => after)],
  );
  return rows.map(deliveryOf);
}

/** The number of open runs, and those of them to deliver. */
export type OpenRuns = { readonly open: number; readonly undelivered: readonly number[] };

/**
 * The open runs of some views. `undelivered` were never delivered and have no worker. Schedulers restore lost deliveries:
 * while none is alive, it has all runs without a worker.
 */
export async function openRunsOf(where: Database | Session, viewIds: readonly number[]): Promise<OpenRuns> {
  const rows = await where.query<{ id: number; isUndelivered: boolean }>(
    `select r.id,
            r.owner is null and (r.deliveries = 0 or not exists (
              select from millrace.process p where p.kind = 'scheduler' and ${IS_ALIVE})) as "isUndelivered"
       from millrace.run r where r.view_id = any($1) and r.state ${IN.open} order by r.id`,
    [viewIds],
  );
  return { open: rows.length, undelivered: rows.flatMap(({ id, isUndelivered }) => (isUndelivered ? [id] : [])) };
}

/** A delivery that should have a live job; `isStuck` if a live worker would have claimed it long ago. */
export type ExpectedDelivery = Delivery & { readonly isStuck: boolean };

/**
 * The newest delivery of every open run that has no worker and need not wait, oldest run first: each should have a live
 * job. Deliveries younger than `graceMs` may not have reached the queue yet and are left out.
 */
export async function expectedDeliveries(
  database: Database,
  { graceMs, stuckMs }: { readonly graceMs: number; readonly stuckMs: number },
): Promise<ExpectedDelivery[]> {
  const rows = await database.query<DeliveryRow & { readonly isStuck: boolean }>(
    `select r.id as run, v.name as view, r.span::text as span, r.reason, r.deliveries as delivery, ${PRIORITY} as priority,
            greatest(coalesce(r.delivered_at, r.planned_at), r.not_before, r.lease_until)
              <= millrace.now() - make_interval(secs => $2::float8 / 1000) as "isStuck"
       from millrace.run r join millrace.view v on v.id = r.view_id
      where r.state ${IN.open}
        and (r.lease_until is null or r.lease_until < millrace.now())
        and (r.not_before is null or r.not_before <= millrace.now())
        and coalesce(r.delivered_at, r.planned_at) <= millrace.now() - make_interval(secs => $1::float8 / 1000)
      order by r.id`,
    [graceMs, stuckMs],
  );
  return rows.map(deliveryOf);
}

function deliveryOf<Row extends DeliveryRow>(row: Row): Omit<Row, 'span'> & Pick<Delivery, 'span'> {
  return { ...row, span: parseRanges(row.span)[0] ?? null };
}
