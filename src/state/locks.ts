// All locks on the state, and their order.
//
// A transaction takes locks in this order and skips those that it does not need: a view's planning, its coverage, its
// runs by ascending id, the record of the online store (shared where a publish ends, exclusive where the store changes),
// the view's row, chunks of its backfills; of several views, the one with the lower id first. Transactions that keep this
// order cannot deadlock.
//
// A message that is sent (`alert_delivery`, which others skip) and a running `dataset_build` are locked alone.

import { prepared } from '../postgres/prepared.ts';
import type { Session } from '../postgres/session.ts';

/** Keys of singleton advisory locks: arbitrary, but equal in every process. */
export const LOCKS = {
  migrations: 7_241_905_501,
  scheduler: 7_241_905_502,
  deployment: 7_241_905_503,
  /** Held by the process that is elected to check alerts. */
  alerts: 7_241_905_504,
  /** Held during one check of alerts: two would wait for each other's rows. */
  alertLook: 7_241_905_505,
} as const;

export type LockName = keyof typeof LOCKS;

/** Waits for a lock and holds it until the transaction ends. */
export async function lockUntilCommit(session: Session, name: LockName): Promise<void> {
  await session.run('select pg_advisory_xact_lock($1)', [LOCKS[name]]);
}

/** Waits for a lock and holds it until the session ends. */
export async function lockForSession(session: Session, name: LockName): Promise<void> {
  await session.run('select pg_advisory_lock($1)', [LOCKS[name]]);
}

/** Holds a lock until the session ends; false where another session has it. */
export async function tryLockForSession(session: Session, name: LockName): Promise<boolean> {
  const [row] = await session.query<{ free: boolean }>('select pg_try_advisory_lock($1) as free', [LOCKS[name]]);
  return row?.free === true;
}

/** Blocks other deployments of the view of this name until the transaction ends. It need not exist yet. */
export async function lockViewName(session: Session, name: string): Promise<void> {
  await session.run('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`millrace.view.${name}`]);
}

const PLANNING = 'millrace.plan.';

/** Takes the lock for planning, pausing and backfilling a view. */
export async function lockPlanning(session: Session, viewId: number): Promise<void> {
  await session.run('select pg_advisory_xact_lock(hashtextextended($1, 1))', [`${PLANNING}${viewId}`]);
}

/** Takes the free planning locks, without waiting, and returns their views. */
export async function tryLockPlanning(session: Session, viewIds: readonly number[]): Promise<number[]> {
  const rows = await session.query<{ id: number; free: boolean }>(
    `select id, pg_try_advisory_xact_lock(hashtextextended($2 || id, 1)) as free from unnest($1::bigint[]) id`,
    [viewIds, PLANNING],
  );
  return rows.flatMap(({ id, free }) => (free ? [id] : []));
}

/** Takes the lock for changes of a view's coverage. A commit holds it while it merges. */
export async function lockCoverage(session: Session, viewId: number): Promise<void> {
  await session.run(prepared('select 1 from millrace.coverage where view_id = $1 for update'), [viewId]);
}

/** Takes the free coverage locks, without waiting, and returns their views. */
export async function tryLockCoverage(session: Session, viewIds: readonly number[]): Promise<number[]> {
  const rows = await session.query<{ id: number }>(
    'select view_id as id from millrace.coverage where view_id = any($1) for update skip locked',
    [viewIds],
  );
  return rows.map(({ id }) => id);
}

/** The end of a query that selects runs to change: always locks them in the same order. */
export const LOCK_RUNS = 'order by r.id for no key update of r';
