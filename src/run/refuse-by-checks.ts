// Applies the checks of a view that refuse rows, in the transaction that stages them.

import type { Check, RowCondition } from '../definition/check.ts';
import { refuseBroken } from '../offline/conditions.ts';
import { createStaging, refusedTable } from '../offline/staging.ts';
import type { Session } from '../postgres/session.ts';
import type { Run, RunCounts } from '../state/runs/run.ts';
import { REFUSED_COLUMNS } from './refused-lines.ts';

/** The tables of an attempt, and how many refused rows of each check keep their details. */
type Staged = { readonly stagingTable: string; readonly refusedTable: string | null; readonly detailed: number };

type RefusedByChecks = { readonly rows: number; readonly refusedTable: string | null };

/** Moves the rows that break a check with `on_failure: refuse` to the table of refused rows. */
export async function refuseByChecks(session: Session, run: Run, staged: Staged): Promise<RefusedByChecks> {
  const checks = (run.view.checks ?? []).filter(isRefusing);
  if (checks.length === 0) return { rows: 0, refusedTable: staged.refusedTable };
  const refused = refusedTable(run);
  if (staged.refusedTable === null) await createStaging(session, refused, REFUSED_COLUMNS);
  let rows = 0;
  for (const check of checks) {
    const into = { staging: staged.stagingTable, refused, detailed: staged.detailed };
    rows += await refuseBroken(session, run.view, check, into);
  }
  return { rows, refusedTable: refused };
}

export function isRefusing(check: Check): check is RowCondition {
  return check.onFailure === 'refuse';
}

export function withRefused(counts: RunCounts, rows: number): RunCounts {
  if (rows === 0) return counts;
  const refusedBy = { ...counts.refusedBy, check_failed: rows };
  return { ...counts, accepted: counts.accepted - rows, refused: counts.refused + rows, refusedBy };
}
