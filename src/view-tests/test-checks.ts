// The checks of a view for the rows of a test.

import { type ExpectedCheck, namesCheck, type TestedCheck } from '../definition/expected-check.ts';
import { judgeEntities, judgeRows } from '../quality/judge-rows.ts';
import type { CheckOutcome } from '../quality/outcome.ts';
import { type CheckedRows, countGiven, type Reads } from '../run/given-checks.ts';

/** The outcomes of checks for the rows of one run. `volume` and `drift` compare with earlier runs, which a test has not. */
export async function testedChecks(reads: Reads, checked: CheckedRows): Promise<CheckOutcome[]> {
  const outcomes: CheckOutcome[] = [];
  const count = countGiven(reads, checked);
  for (const check of checked.view.checks ?? []) {
    if (!isTested(check)) continue;
    const found = await count(check);
    outcomes.push(
      check.kind === 'entities' ? judgeEntities(check, found) : judgeRows(check, found, checked.rows.length),
    );
  }
  return outcomes;
}

/** Whether a test evaluates a check and compares its outcome. */
export function isTested(check: CheckOutcome['check']): check is TestedCheck {
  return check.kind !== 'volume' && check.kind !== 'drift' && check.onFailure !== 'refuse';
}

/** A check with another outcome than expected. `expected` is null if the test does not name the check, so that it must pass. */
export type CheckDifference = { readonly expected: ExpectedCheck | null; readonly actual: CheckOutcome };

/** Of each check, the outcome in the run with the most failing rows. Small tests rarely have many entities, so these count only if named. */
export function checkDifferences(
  expected: readonly ExpectedCheck[],
  outcomes: readonly CheckOutcome[],
): CheckDifference[] {
  return worstOutcomes(outcomes).flatMap((actual): CheckDifference[] => {
    const { check, state } = actual;
    const named = expected.find((one) => namesCheck(one, check)) ?? null;
    if (named !== null) return isAsExpected(named, actual) ? [] : [{ expected: named, actual }];
    const mustPass = check.onFailure === 'fail' && check.kind !== 'entities';
    return mustPass && state === 'broken' ? [{ expected: null, actual }] : [];
  });
}

export function worstOutcomes(outcomes: readonly CheckOutcome[]): CheckOutcome[] {
  const groups = Map.groupBy(outcomes, ({ check }) => check);
  return [...groups.values()].flatMap((group) => group.toSorted((a, b) => severity(b) - severity(a)).slice(0, 1));
}

function severity({ state, facts }: CheckOutcome): number {
  const broken = facts.kind === 'rows' ? facts.broken : 0;
  return (state === 'broken' ? 1e12 : 0) + broken;
}

function isAsExpected({ result, rows }: ExpectedCheck, actual: CheckOutcome): boolean {
  const isCounted = rows === undefined || (actual.facts.kind === 'rows' && actual.facts.broken === rows);
  return isCounted && result === resultOf(actual);
}

export function resultOf({ state, check }: CheckOutcome): ExpectedCheck['result'] {
  if (state !== 'broken') return 'passed';
  return check.onFailure === 'fail' ? 'failed' : 'warned';
}
