// Applies the checks of a view that refuse rows, in the transaction that stages them.

import { appliedChecks, type Check, type RowCondition } from '../definition/check.ts';
import type { FeatureView } from '../definition/view.ts';
import { type Refusing, refuseBroken } from '../offline/conditions.ts';
import { createStaging, refusedTable } from '../offline/staging.ts';
import { isAboutValues, refuseUnevaluable } from '../offline/unevaluable.ts';
import type { Session } from '../postgres/session.ts';
import { CAN_EVALUATE } from '../state/quality/can-evaluate.ts';
import type { Run, RunCounts } from '../state/runs/run.ts';
import { REFUSED_COLUMNS } from './refused-lines.ts';

/** The tables of an attempt, and how many refused rows of each check keep their details. */
type Staged = { readonly stagingTable: string; readonly refusedTable: string | null; readonly detailed: number };

type RefusedByChecks = { readonly rows: number; readonly refusedTable: string | null };

/** Moves the rows that fail a check that refuses rows to the table of refused rows. @throws Failure CHECK_FAILED */
export async function refuseByChecks(session: Session, run: Run, staged: Staged): Promise<RefusedByChecks> {
  const checks = refusingChecks(run.view);
  if (checks.length === 0) return { rows: 0, refusedTable: staged.refusedTable };
  const refused = refusedTable(run);
  if (staged.refusedTable === null) await createStaging(session, refused, REFUSED_COLUMNS);
  let rows = 0;
  for (const check of checks) {
    const into = { staging: staged.stagingTable, refused, detailed: staged.detailed };
    rows += await (run.view.kind === 'pushed' ? refusePushed : refuseBroken)(session, run.view, check, into);
  }
  return { rows, refusedTable: refused };
}

/** As `refuseBroken`; rows for which the check cannot be evaluated are refused too, instead of keeping others from being stored. */
async function refusePushed(session: Session, view: FeatureView, check: RowCondition, into: Refusing): Promise<number> {
  await session.run('savepoint evaluated');
  try {
    return await refuseBroken(session, view, check, into);
  } catch (error) {
    if (!isAboutValues(error)) throw error;
    await session.run('rollback to savepoint evaluated');
    const unevaluable = await refuseUnevaluable(session, view, check, { ...into, canEvaluate: CAN_EVALUATE });
    return unevaluable + (await refuseBroken(session, view, check, into));
  }
}

/** The checks of a view that refuse rows. */
export function refusingChecks(view: FeatureView): RowCondition[] {
  return appliedChecks(view).filter(isRefusing);
}

function isRefusing(check: Check): check is RowCondition {
  return check.onFailure === 'refuse';
}

export function withRefused(counts: RunCounts, rows: number): RunCounts {
  if (rows === 0) return counts;
  const refusedBy = { ...counts.refusedBy, check_failed: rows };
  return { ...counts, accepted: counts.accepted - rows, refused: counts.refused + rows, refusedBy };
}
