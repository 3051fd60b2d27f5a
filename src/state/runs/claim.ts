// Run ownership: leases and epochs. Every statement compares the epoch or raises it.

import type { Database } from '../../postgres/database.ts';
import { codeOf } from '../../postgres/failure.ts';
import { prepared } from '../../postgres/prepared.ts';
import { changeRun, claim } from './change.ts';
import { errorFacts, interruptFacts, STOPPED, waitFacts } from './entry-facts.ts';
import { leaseLost, type Run } from './run.ts';
import { FIRST_WORK } from './stages.ts';
import { IN } from './states.ts';
import type { Wait } from './wait.ts';

/** Why a claim was refused. */
export type ClaimRefusal = 'closed' | 'leased' | 'waiting' | 'overlap';

/**
 * Claims the run for this owner until its lease ends, raises the epoch, and counts the attempt.
 *
 * Refused while another owner's lease is valid (`leased`), before `not_before` (`waiting`), if another active run of
 * the view overlaps (`overlap`), and if the run is closed. The caller has checked that upstream views cover the span.
 */
export async function claimRun(
  database: Database,
  id: number,
  owner: string,
  leaseMs: number,
): Promise<{ claimed: Run } | { refused: ClaimRefusal; waitMs: number }> {
  try {
    const claimed = await claim(database, id, {
      set: {
        stage: `case r.stage when 'claim' then '${FIRST_WORK}' else r.stage end`,
        attempt: 'r.attempt + 1',
        owner: '$3',
        lease_until: `millrace.now() + make_interval(secs => $4::float8 / 1000)`,
        started_at: 'coalesce(r.started_at, millrace.now())',
        working_since: 'coalesce(r.working_since, millrace.now())',
      },
      facts: `jsonb_build_object('attempt', r.attempt + 1, 'owner', $3::text)`,
      where: `(r.lease_until is null or r.lease_until < millrace.now())
        and (r.not_before is null or r.not_before <= millrace.now() or r.waits_for_views is not null)`,
      values: [owner, leaseMs],
    });
    if (claimed !== null) return { claimed };
  } catch (error) {
    if (codeOf(error) !== EXCLUSION_VIOLATION) throw error;
    await recordOverlap(database, id);
    return { refused: 'overlap', waitMs: leaseMs };
  }
  return refusalOf(database, id);
}

const EXCLUSION_VIOLATION = '23P01';
const OVERLAP = JSON.stringify({ kind: 'overlap', facts: {} } satisfies Wait);

/** Shows users what the run waits for. */
async function recordOverlap(database: Database, id: number): Promise<void> {
  await changeRun(
    database,
    'wait',
    { id, epoch: 0 },
    {
      set: { waiting_for: '$3::jsonb', waiting_since: 'coalesce(r.waiting_since, millrace.now())' },
      facts: waitFacts('$3::jsonb', 'r.not_before'),
      where: 'r.owner is null and r.waiting_for is distinct from $3::jsonb',
      values: [OVERLAP],
    },
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

/** Extends the lease. @throws Failure LEASE_LOST if the run has another epoch. */
export async function renewLease(database: Database, run: Run, leaseMs: number): Promise<void> {
  const renewed = await database.run(
    prepared(`update millrace.run set lease_until = millrace.now() + make_interval(secs => $3::float8 / 1000)
      where id = $1 and epoch = $2 and state ${IN.begun}`),
    [run.id, run.epoch, leaseMs],
  );
  if (renewed === 0) throw leaseLost(run);
}

/** Why a worker releases a run, named after the transition; only a failed attempt counts as one. */
export type Release = { readonly delayMs: number; readonly wait: Wait } & (
  | { readonly as: 'snooze'; readonly error?: unknown }
  | { readonly as: 'interrupt' }
  | { readonly as: 'failAttempt'; readonly error: unknown }
);

/** Releases an open run: the next delivery claims it after `delayMs`. Harmless if another worker has the run. */
export async function releaseRun(database: Database, run: Run, release: Release): Promise<void> {
  const notBefore = `millrace.now() + make_interval(secs => $3::float8 / 1000)`;
  const facts = {
    snooze: waitFacts('$4::jsonb', notBefore),
    interrupt: interruptFacts('$4::jsonb'),
    failAttempt: `${STOPPED} || ${errorFacts('$5::jsonb')} || jsonb_build_object('until', ${notBefore})`,
  };
  const error = 'error' in release && release.error !== undefined ? JSON.stringify(release.error) : null;
  await changeRun(database, release.as, run, {
    set: {
      attempt: release.as === 'failAttempt' ? 'r.attempt' : 'r.attempt - 1',
      not_before: notBefore,
      waiting_for: '$4::jsonb',
      waiting_since: 'coalesce(r.waiting_since, millrace.now())',
      error: 'coalesce($5, r.error)',
    },
    facts: facts[release.as],
    values: [release.delayMs, JSON.stringify(release.wait), error],
  });
}
