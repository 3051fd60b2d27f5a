// The checks of a view for the rows of a preview: the outcomes that a run with these rows would have.

import { Failure } from '../core/failure.ts';
import type { Interval } from '../core/interval.ts';
import { type Message, text } from '../core/message.ts';
import { keyOf } from '../definition/entity.ts';
import type { FeatureView } from '../definition/view.ts';
import { parseMicros } from '../feature-types/iso-time.ts';
import { detailOf } from '../offline/conditions.ts';
import type { AcceptedRow } from '../offline/given-rows.ts';
import { sampleGiven } from '../offline/profile.ts';
import type { Database } from '../postgres/database.ts';
import type { StoredBins } from '../quality/bins.ts';
import { type CheckOutcome, isFailed } from '../quality/outcome.ts';
import type { Profile } from '../quality/profile.ts';
import { failedSentenceWithRow } from '../quality/sentence.ts';
import { missingBins, profileOf, withChosen } from '../quality/summarize.ts';
import type { CheckedRefusal } from '../rows/check.ts';
import { REDACTED } from '../rows/refusal.ts';
import { checkOutcomes, type Evidence } from '../run/checks.ts';
import {
  type CheckedRows,
  countGiven,
  examplesGiven,
  type Reads,
  type RefusedByCheck,
  refuseGiven,
} from '../run/given-checks.ts';
import { earlierProfiles, earlierUnits } from '../state/quality/comparable.ts';
import { binsOfQuery } from '../state/quality/profile-bins.ts';

/** A view as a run would have it. `viewId` is null before it is deployed, even if the database has no Millrace tables. */
export type PreviewedView = {
  readonly viewId: number | null;
  readonly view: FeatureView;
  readonly fingerprint: string;
  readonly span: Interval | null;
};

export type CheckFindings = {
  readonly outcomes: readonly CheckOutcome[];
  /** The rows that no check refuses. */
  readonly passed: readonly AcceptedRow[];
  readonly refused: readonly RefusedByCheck[];
  /** Why Postgres could not evaluate a check; the rest is not evaluated then. */
  readonly failure: Failure | null;
};

/** Evaluates the checks in their order: first those that refuse rows, then the others for the rows that are left. */
export async function findingsOf(
  database: Database,
  reads: Reads,
  previewed: PreviewedView,
  rows: Omit<CheckedRows, 'view'>,
): Promise<CheckFindings> {
  const { view } = previewed;
  let found: Omit<CheckFindings, 'failure'> = { outcomes: [], passed: rows.rows, refused: [] };
  try {
    const { passed, refused } = await refuseGiven(reads, { view, ...rows });
    const total = rows.rows.length;
    found = { outcomes: refused.map((one) => refusedOutcome(one, total)), passed, refused };
    const judged = await judge(database, reads, previewed, { ...rows, rows: passed });
    return { ...found, outcomes: inOrder(view, [...found.outcomes, ...judged]), failure: null };
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'CHECK_FAILED') throw error;
    return { ...found, failure: error };
  }
}

/** A check that refuses rows does so for each row that fails it. */
function refusedOutcome({ check, rows: { length } }: RefusedByCheck, rows: number): CheckOutcome {
  return { check, state: length > 0 ? 'broken' : 'passed', facts: { kind: 'rows', broken: length, rows } };
}

function inOrder({ checks = [] }: FeatureView, outcomes: readonly CheckOutcome[]): CheckOutcome[] {
  return outcomes.toSorted((a, b) => checks.indexOf(a.check) - checks.indexOf(b.check));
}

async function judge(
  database: Database,
  reads: Reads,
  previewed: PreviewedView,
  rows: Omit<CheckedRows, 'view'>,
): Promise<CheckOutcome[]> {
  const { view } = previewed;
  if ((view.checks ?? []).length === 0) return [];
  return await checkOutcomes(previewed, await profileOfRows(reads, previewed, rows), {
    count: countGiven(reads, { view, ...rows }),
    examples: examplesGiven(reads, { view, ...rows }),
    ...earlierRuns(database, previewed),
  });
}

/** Before its first deployment, a view has no earlier runs. */
function earlierRuns(
  database: Database,
  { viewId, ...previewed }: PreviewedView,
): Pick<Evidence, 'earlierProfiles' | 'earlierUnits'> {
  if (viewId === null) return { earlierProfiles: async () => [], earlierUnits: async () => [] };
  const comparable = { ...previewed, viewId };
  return {
    earlierProfiles: (check) => earlierProfiles(database, comparable, check),
    earlierUnits: (check) => earlierUnits(database, comparable, check),
  };
}

/** What the checks `volume` and `drift` look at: the rows of each unit, and histograms with the bins of earlier runs. */
async function profileOfRows(
  reads: Reads,
  { viewId, view, fingerprint, span }: PreviewedView,
  rows: Omit<CheckedRows, 'view'>,
): Promise<Profile> {
  const isDrawn = view.checks?.some(({ kind }) => kind === 'drift') ?? false;
  const profile: Profile = isDrawn
    ? await reads(async (session) => {
        const facts = await sampleGiven(session, view, rows);
        const bins = viewId === null ? new Map<string, StoredBins>() : await binsOfQuery(session, viewId, fingerprint);
        return profileOf(view, facts, withChosen(bins, missingBins(view, facts, bins)));
      })
    : { rows: rows.rows.length, sampled: 0, features: {} };
  const isJoined = span !== null && span.end - span.start > view.unitMs;
  return isJoined ? { ...profile, units: rowsByUnit(view, rows.rows) } : profile;
}

/** Only runs of events cover several units, and an event is in the unit of its timestamp. */
function rowsByUnit({ unitMs }: FeatureView, rows: readonly AcceptedRow[]): [number, number][] {
  const counts = new Map<number, number>();
  for (const [, timestamp] of rows) {
    const micros = parseMicros(timestamp ?? '');
    if (typeof micros !== 'number') continue;
    const start = Math.floor(micros / 1_000 / unitMs) * unitMs;
    counts.set(start, (counts.get(start) ?? 0) + 1);
  }
  return [...counts];
}

/** The checks that would fail the run, in words. */
export function failingSentences(outcomes: readonly CheckOutcome[]): Message[] {
  return outcomes.filter(isFailed).map((outcome) => text`${failedSentenceWithRow(outcome)}.`);
}

const FEATURE_CHARACTERS = 500;

/** The refused rows of checks, as quarantine would hold them. */
export function refusedRows({ view, columns, refused }: Omit<CheckedRows, 'rows'> & Pick<CheckFindings, 'refused'>) {
  return refused.flatMap(({ check, rows }) =>
    rows.map((row): CheckedRefusal => {
      const shown = (value: string | null) =>
        value === null ? null : view.redacted ? REDACTED : value.slice(0, FEATURE_CHARACTERS);
      const features = view.features.map(({ name }): [string, string | null] => [
        name,
        shown(row[columns.findIndex((column) => column.name === name)] ?? null),
      ]);
      const key = { ...keyOf(view, row[0] ?? ''), timestamp: row[1] ?? null };
      return {
        reason: 'check_failed',
        field: null,
        detail: detailOf(check),
        row: { ...key, ...Object.fromEntries(features) },
        key: null,
      };
    }),
  );
}
