// Every lock on the state, and the order in which they are taken.
//
// A transaction takes them in this order, and leaves out those that it does not need: a view's planning, its coverage, its
// runs by ascending id, its row, chunks of its backfills. Of several views, the one with the lower id comes first. Two
// transactions that keep to it cannot wait for each other.

import type { Session } from '../postgres/session.ts';

/** Advisory locks of which there is one each. Any constants, the same in every process. */
export const LOCKS = {
  migrations: 7_241_905_501,
  scheduler: 7_241_905_502,
  deployment: 7_241_905_503,
  /** Of the process that is elected to look for alerts. */
  alerts: 7_241_905_504,
  /** Of one look for alerts: two would wait for each other's rows. */
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

/** Keeps others from deploying the view of this name until the transaction ends. It need not exist yet. */
export async function lockViewName(session: Session, name: string): Promise<void> {
  await session.run('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`millrace.view.${name}`]);
}

const PLANNING = 'millrace.plan.';

/** Takes the lock under which a view is planned, paused and backfilled. */
export async function lockPlanning(session: Session, viewId: number): Promise<void> {
  await session.run('select pg_advisory_xact_lock(hashtextextended($1, 1))', [`${PLANNING}${viewId}`]);
}

/** Takes the planning locks that nobody holds, without waiting, and returns their views. */
export async function tryLockPlanning(session: Session, viewIds: readonly number[]): Promise<number[]> {
  const rows = await session.query<{ id: number; free: boolean }>(
    `select id, pg_try_advisory_xact_lock(hashtextextended($2 || id, 1)) as free from unnest($1::bigint[]) id`,
    [viewIds, PLANNING],
  );
  return rows.flatMap(({ id, free }) => (free ? [id] : []));
}

/** Takes the lock under which a view's coverage changes. A commit holds it as long as it merges. */
export async function lockCoverage(session: Session, viewId: number): Promise<void> {
  await session.run('select 1 from millrace.coverage where view_id = $1 for update', [viewId]);
}

/** Takes the coverage locks that nobody holds, without waiting, and returns their views. */
export async function tryLockCoverage(session: Session, viewIds: readonly number[]): Promise<number[]> {
  const rows = await session.query<{ id: number }>(
    'select view_id as id from millrace.coverage where view_id = any($1) for update skip locked',
    [viewIds],
  );
  return rows.map(({ id }) => id);
}

/** The end of a query that chooses runs to change: in one order, however they were found. */
export const LOCK_RUNS = 'order by r.id for no key update of r';
