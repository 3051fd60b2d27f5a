// claim: the worker takes the run or leaves it alone.

import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import type { Database } from '../../postgres/database.ts';
import { type ClaimRefusal, claimRun } from '../../state/runs/claim.ts';
import { closeSuperseded, supersedeBlocked } from '../../state/runs/close.ts';
import { findRun, type Run } from '../../state/runs/run.ts';
import type { Wait } from '../../state/runs/wait.ts';
import { Snooze } from '../outcome.ts';
import type { Stage } from '../stage.ts';
import { waitForViews } from '../wait-for-views.ts';

export type ClaimOptions = {
  readonly database: Database;
  /** A unique name for each claim of any process. */
  readonly newOwner: () => string;
  readonly leaseMs: number;
  /** How long a run waits before it checks again whether upstream views cover its span. */
  readonly earlierViewsDelayMs: number;
};

const WAITS = { leased: 'leased', waiting: 'not_before', overlap: 'overlap' } as const satisfies Record<
  Exclude<ClaimRefusal, 'closed'>,
  Wait['kind']
>;

export function claimStage({ database, newOwner, leaseMs, earlierViewsDelayMs }: ClaimOptions): Stage {
  return {
    name: 'claim',
    perform: async (run: Run) => {
      if (run.state === 'planned' && !run.mayStart && (await supersedeBlocked(database, run.viewId)).includes(run.id)) {
        return { ...run, state: 'superseded' };
      }
      await waitForViews(database, run, earlierViewsDelayMs);
      const claim = await claimRun(database, run.id, newOwner(), leaseMs);
      if ('refused' in claim) {
        if (claim.refused === 'closed') return (await findRun(database, run.id)) ?? run;
        throw new Snooze({ kind: WAITS[claim.refused], facts: {} }, claim.waitMs);
      }
      const claimed = claim.claimed;
      if (claimed.state === 'active' && !claimed.current) {
        await database.transaction((session) => closeSuperseded(session, claimed));
        return { ...claimed, state: 'superseded' };
      }
      return claimed;
    },
  };
}

/** The failure of a run whose workers died at each attempt. */
export function attemptsSpent(run: Run): Failure {
  return new Failure(
    'ATTEMPTS_SPENT',
    text`Run ${safe(run.id)} of ${safe(run.view.name)} was started ${safe(run.attempt - 1)} times and its worker died each time: check the workers' memory and logs before retrying it.`,
    { run: run.id, attempts: run.attempt - 1 },
  );
}
