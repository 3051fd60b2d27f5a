// Evaluates the checks of a view for the rows of a run.

import { isDeepStrictEqual } from 'node:util';
import { Failure } from '../core/failure.ts';
import { command, joined, type Message, safe, text } from '../core/message.ts';
import { appliedChecks, type Check } from '../definition/check.ts';
import { brokenExamples, type CheckOfRows, type CountedCheck, countOf } from '../offline/conditions.ts';
import type { Database } from '../postgres/database.ts';
import { judgeDrift } from '../quality/judge-drift.ts';
import { judgeEntities, judgeRows } from '../quality/judge-rows.ts';
import { judgeVolume, type UnitRows } from '../quality/judge-volume.ts';
import { type CheckOutcome, type ExampleRow, isFailed } from '../quality/outcome.ts';
import type { Profile } from '../quality/profile.ts';
import { checkSentence } from '../quality/sentence.ts';
import { earlierProfiles, earlierUnits } from '../state/quality/comparable.ts';
import type { Run } from '../state/runs/run.ts';

/** What checks are judged by: counts of the rows, and earlier runs. */
export type Evidence = {
  /** How many rows fail the check; of `entities`, how many there are. @throws Failure CHECK_FAILED */
  count(check: CountedCheck): Promise<number>;
  /** Some of the rows that fail the check; of a redacted view they are not read. */
  examples(check: CheckOfRows): Promise<readonly ExampleRow[]>;
  earlierProfiles(check: Extract<Check, { readonly kind: 'drift' }>): Promise<readonly Profile[]>;
  earlierUnits(check: Extract<Check, { readonly kind: 'volume' }>): Promise<readonly UnitRows[]>;
};

type Judged = Pick<Run, 'view' | 'span'>;

/** The evidence of a run in its check stage. */
export function evidenceOf(database: Database, run: Run): Evidence {
  return {
    count: (check) => countOf(database, run.view, check, run.stagingTable ?? ''),
    examples: (check) => brokenExamples(database, run.view, check, { table: run.stagingTable ?? '' }),
    earlierProfiles: (check) => earlierProfiles(database, run, check),
    earlierUnits: (check) => earlierUnits(database, run, check),
  };
}

/** The outcomes of the checks that look at the run as a whole, after those that refuse rows. @throws Failure CHECK_FAILED */
export async function checkOutcomes(run: Judged, profile: Profile, evidence: Evidence): Promise<CheckOutcome[]> {
  const outcomes: CheckOutcome[] = [];
  const outcome = run.view.kind === 'pushed' ? outcomeOrSkipped : outcomeOf;
  for (const check of appliedChecks(run.view)) {
    if (check.onFailure === 'refuse') continue;
    outcomes.push(await outcome(run, { check, profile }, evidence));
  }
  return outcomes;
}

/** A check that Postgres cannot evaluate does not keep pushed rows from being stored. */
async function outcomeOrSkipped(run: Judged, checked: Checked, evidence: Evidence): Promise<CheckOutcome> {
  try {
    return await outcomeOf(run, checked, evidence);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'CHECK_FAILED') throw error;
    const sqlstate = String(error.facts['sqlstate'] ?? '');
    return { check: checked.check, state: 'skipped', facts: { kind: 'unevaluable', sqlstate } };
  }
}

type Checked = { readonly check: Check; readonly profile: Profile };

async function outcomeOf(run: Judged, { check, profile }: Checked, evidence: Evidence): Promise<CheckOutcome> {
  if (check.kind === 'drift') return judgeDrift(check, profile, await evidence.earlierProfiles(check));
  if (check.kind === 'volume') return judgeVolume(check, unitsOf(run, profile), await evidence.earlierUnits(check));
  const count = await evidence.count(check);
  if (check.kind === 'entities') return judgeEntities(check, count);
  const outcome = judgeRows(check, count, profile.rows);
  const isShown = outcome.state === 'broken' && !run.view.redacted;
  return isShown ? { ...outcome, examples: await evidence.examples(check) } : outcome;
}

/** Views of kind latest have no units: their runs are compared, at no time in particular. */
function unitsOf({ span, view: { unitMs } }: Judged, { rows, units }: Profile): UnitRows[] {
  if (span === null) return [{ start: 0, rows }];
  const counts = new Map(units ?? [[span.start, rows]]);
  const length = Math.round((span.end - span.start) / unitMs);
  if (length > 1 && units === undefined) return [];
  return Array.from({ length }, (_, index) => {
    const start = span.start + index * unitMs;
    return { start, rows: counts.get(start) ?? 0 };
  });
}

/** Marks the checks that would fail the run, and that an operator has accepted for an earlier one. */
export function acceptedBy(
  { options }: Pick<Run, 'options'>,
  outcomes: readonly CheckOutcome[],
): readonly CheckOutcome[] {
  const { acceptedChecks = [] } = options;
  // A check that was changed since is another one.
  const isAccepted = ({ check }: CheckOutcome) => acceptedChecks.some((one) => isDeepStrictEqual(one, check));
  return outcomes.map((outcome) =>
    isFailed(outcome) && isAccepted(outcome) ? { ...outcome, isAccepted: true } : outcome,
  );
}

const SHOWN = 3;

/** The failure of a run that fails checks with `on_failure: fail`; null if it fails none. Quotes no rows. */
export function brokenCheck(run: Run, outcomes: readonly CheckOutcome[]): Failure | null {
  const { id, view } = run;
  const broken = outcomes.filter((outcome) => isFailed(outcome) && outcome.isAccepted !== true);
  if (broken.length === 0) return null;
  const sentences = joined(broken.slice(0, SHOWN).map(checkSentence), '; ');
  const more = broken.length > SHOWN ? `; ${broken.length - SHOWN} more checks` : '';
  const hasRows = broken.some(({ examples = [] }) => examples.length > 0);
  const profile = command(`millrace profile ${view.name} --run ${id}`);
  const look = hasRows
    ? text`See some of the rows with "${command(`millrace runs show ${id}`)}" and the values with "${profile}"`
    : text`See the values with "${profile}"`;
  return new Failure(
    'CHECK_FAILED',
    text`${safe(view.name)} failed ${safe(broken.length === 1 ? 'a check' : `${broken.length} checks`)}: ${sentences}${safe(more)}. Stored rows are unchanged. ${look}, then ${remedy(run)}.`,
    { run: id, view: view.name, checks: broken.length },
  );
}

/** A run without a span cannot be retried: the next one reads the current state. */
function remedy({ id, view, span }: Run): Message {
  if (span === null) {
    return text`fix the source or change the check, and run "${command(`millrace run ${view.name}`)}"`;
  }
  const retry = `millrace retry ${id}`;
  return text`fix the source, or change the check and run "${command(retry)}". If the values are right, store them with "${command(`${retry} --accept-checks`)}"`;
}
