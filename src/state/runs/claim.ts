// Whose a run is: claiming it, keeping it, letting go of it. Every statement compares the epoch or raises it.

import type { Database } from '../../postgres/database.ts';
import { codeOf } from '../../postgres/failure.ts';
import { findRun, leaseLost, type Run } from './run.ts';
import { IN } from './states.ts';

/** Why a claim was refused. */
export type ClaimRefusal = 'closed' | 'leased' | 'waiting' | 'overlap';

/**
 * Makes the run this owner's until its lease ends, raising the epoch, and counts the attempt.
 *
 * Refused while another owner's lease is valid (`leased`), before `not_before` (`waiting`), when another active run of
 * the view overlaps (`overlap`) and when the run is closed. That the views which come first cover its span, the caller
 * has seen.
 */
export async function claimRun(
  database: Database,
  id: number,
  owner: string,
  leaseMs: number,
): Promise<{ claimed: Run } | { refused: ClaimRefusal; waitMs: number }> {
  try {
    const claimed = await database.run(
      `update millrace.run
          set state = case state when 'planned' then 'active' else state end,
              stage = case stage when 'claim' then 'stage' else stage end,
              epoch = epoch + 1, attempt = attempt + 1, owner = $2,
              lease_until = millrace.now() + make_interval(secs => $3::float8 / 1000), waits_for_views = null,
              started_at = coalesce(started_at, millrace.now())
        where id = $1 and state ${IN.open}
          and (lease_until is null or lease_until < millrace.now())
          and (not_before is null or not_before <= millrace.now() or waits_for_views is not null)`,
      [id, owner, leaseMs],
    );
    const run = await findRun(database, id);
    if (claimed === 1 && run?.owner === owner) return { claimed: run };
  } catch (error) {
    if (codeOf(error) !== EXCLUSION_VIOLATION) throw error;
    await recordOverlap(database, id);
    return { refused: 'overlap', waitMs: leaseMs };
  }
  return refusalOf(database, id);
}

const EXCLUSION_VIOLATION = '23P01';

/** So that people see what it waits for. */
async function recordOverlap(database: Database, id: number): Promise<void> {
  await database.run(
    `update millrace.run
        set waiting_for = 'another run of the view holds its span', waiting_since = coalesce(waiting_since, millrace.now())
      where id = $1 and state = 'planned' and owner is null`,
    [id],
  );
}

async function refusalOf(database: Database, id: number): Promise<{ refused: ClaimRefusal; waitMs: number }> {
  const [row] = await database.query<{ open: boolean; leasedMs: number; waitMs: number }>(
    `select state ${IN.open} as open,
            ceil(greatest(0, extract(epoch from lease_until - millrace.now()) * 1000))::int as "leasedMs",
            ceil(greatest(0, extract(epoch from not_before - millrace.now()) * 1000))::int as "waitMs"
       from millrace.run where id = $1`,
    [id],
  );
  if (row?.open !== true) return { refused: 'closed', waitMs: 0 };
  if (row.leasedMs > 0) return { refused: 'leased', waitMs: row.leasedMs };
  return { refused: 'waiting', waitMs: row.waitMs };
}

/** Extends the lease. @throws Failure LEASE_LOST where the run is no longer this epoch's. */
export async function renewLease(database: Database, run: Run, leaseMs: number): Promise<void> {
  const renewed = await database.run(
    `update millrace.run set lease_until = millrace.now() + make_interval(secs => $3::float8 / 1000)
      where id = $1 and epoch = $2 and state ${IN.begun}`,
    [run.id, run.epoch, leaseMs],
  );
  if (renewed === 0) throw leaseLost(run);
}

/**
 * Lets go of an open run: the next delivery claims it after `delayMs`. An attempt that `costs` nothing is taken back.
 * Harmless when the run is no longer ours.
 */
export async function releaseRun(
  database: Database,
  run: Run,
  release: { delayMs: number; costs: 'attempt' | 'nothing'; why: string; error?: unknown },
): Promise<void> {
  await database.run(
    `update millrace.run
        set state = case state when 'active' then 'planned' else state end,
            lease_until = null, owner = null, epoch = epoch + 1,
            attempt = attempt - case $4 when 'nothing' then 1 else 0 end,
            not_before = millrace.now() + make_interval(secs => $3::float8 / 1000),
            waiting_for = $5, waiting_since = coalesce(waiting_since, millrace.now()),
            error = coalesce($6, error)
      where id = $1 and epoch = $2 and state ${IN.begun}`,
    [
      run.id,
      run.epoch,
      release.delayMs,
      release.costs,
      release.why,
      release.error === undefined ? null : JSON.stringify(release.error),
    ],
  );
}
