// Runs one test: the view's own query over the given rows, and the row check of a run.

import type { EpochMs } from '../core/instant.ts';
import { type Interval, split } from '../core/interval.ts';
import type { Message } from '../core/message.ts';
import { ENTITY_ID, isComposite, keyColumns, keyOf } from '../definition/entity.ts';
import type { FeatureView } from '../definition/view.ts';
import type { TestRow, ViewTest } from '../definition/view-test.ts';
import { unescapeCopy } from '../feature-types/copy-text.ts';
import { canonicalTime } from '../feature-types/iso-time.ts';
import { detailOf } from '../offline/conditions.ts';
import { type AcceptedRow, acceptedIn } from '../offline/given-rows.ts';
import type { CheckOutcome } from '../quality/outcome.ts';
import type { CheckedBatch, CheckedRefusal } from '../rows/check.ts';
import { type Reads, refuseGiven } from '../run/given-checks.ts';
import { readChecked } from '../run/read-checked.ts';
import { withRefused } from '../run/refuse-by-checks.ts';
import { snapshotRule } from '../run/snapshot-rule.ts';
import type { Source } from '../sources/source.ts';
import type { RunCounts } from '../state/runs/run.ts';
import { canonicalValue } from './canonical.ts';
import { textOfValue } from './column-types.ts';
import { type CanonicalRow, type RowDifference, rowDifferences } from './difference.ts';
import { type AcceptedRecord, storedRows } from './stored-rows.ts';
import { type CheckDifference, checkDifferences, resultOf, testedChecks } from './test-checks.ts';

export type TestOutcome = {
  /** Empty if the rows are as expected. */
  readonly rows: readonly RowDifference[];
  readonly refused: readonly RowDifference[];
  readonly checks: readonly CheckDifference[];
  /** Why a run would fail by the rules of complete views. */
  readonly broken: readonly Message[];
};

/** What the run of a test returns. */
export type TestReading = {
  readonly rows: readonly AcceptedRecord[];
  readonly refused: readonly Omit<CheckedRefusal, 'key'>[];
  /** Of all runs. */
  readonly checks: readonly CheckOutcome[];
  readonly broken: readonly Message[];
};

export type TestRequest = {
  readonly source: Source;
  readonly view: FeatureView;
  readonly test: Pick<ViewTest, 'span' | 'now'>;
  /** The clock, for a view of kind latest without `now`. */
  readonly now: EpochMs;
  /** The Postgres that evaluates checks. It starts on first use. */
  readonly reads: Reads;
  readonly signal: AbortSignal;
};

const CLOCK_TOLERANCE_MICROS = 300_000_000;

/** Reads the spans of a test as a run does: a snapshot one interval at a time. @throws Failure as a source does. */
export async function readTest(request: TestRequest): Promise<TestReading> {
  const { view, test } = request;
  const { span } = test;
  const spans = span === null || view.kind === 'events' ? [span] : split(span, view.unitMs, 1);
  const judgeSnapshot = snapshotRule(view);
  const runs: OneRun[] = [];
  const broken: Message[] = [];
  for (const one of spans) {
    const run = await readSpan(request, one);
    runs.push(run);
    const isSound = run.checks.every((outcome) => resultOf(outcome) !== 'failed');
    const problem = await judgeSnapshot({ ...run, isSound }, nothingStored);
    if (problem !== null) broken.push(problem);
  }
  const names = view.features.map(({ name }) => name);
  return {
    rows: storedRows(
      runs.flatMap(({ rows }) => rows),
      names,
    ),
    refused: runs.flatMap(({ refused }) => refused),
    checks: runs.flatMap(({ checks }) => checks),
    broken,
  };
}

/** A test has no stored snapshots, only those before in its span. */
async function nothingStored(entities: readonly string[], before: readonly string[] | null) {
  const found = new Set(entities);
  const missing = (before ?? []).filter((entity) => !found.has(entity)).length;
  return { entities: entities.length, before: before?.length ?? 0, missing, wasEmpty: false };
}

type OneRun = Omit<TestReading, 'broken'> & { readonly counts: RunCounts; readonly entities: ReadonlySet<string> };

async function readSpan(
  { source, view, test, now, reads, signal }: TestRequest,
  span: Interval | null,
): Promise<OneRun> {
  const batches: CheckedBatch[] = [];
  const latestAllowedMicros = (test.now ?? test.span?.end ?? now) * 1_000 + CLOCK_TOLERANCE_MICROS;
  const request = { source, extraction: { view, span }, latestAllowedMicros, signal };
  const { columns, counts } = await readChecked(request, (batch) => batches.push(batch));
  const given = { view, columns, rows: batches.flatMap(({ text }) => acceptedIn(text)) };
  const { passed, refused: byChecks } = await refuseGiven(reads, given);
  const checks = await testedChecks(reads, { ...given, rows: passed });
  const byRowCheck = batches.flatMap(({ refused }) => refused);
  const names = ['entity_id', 'timestamp', ...columns.slice(2).map(({ name }) => name)];
  const refusedByChecks = byChecks.flatMap(({ check, rows }) =>
    rows.map((row) => ({ reason: REASON, field: null, detail: detailOf(check), row: recordOf(names, row) })),
  );
  return {
    rows: passed.map((row) => recordOf(names, row)),
    refused: [...byRowCheck, ...refusedByChecks],
    checks,
    counts: withRefused(counts, refusedByChecks.length),
    entities: new Set([
      ...given.rows.map(([entityId]) => entityId ?? ''),
      ...byRowCheck.flatMap(({ key }) => unescapeCopy(key?.split('\t')[0] ?? '\\N') ?? []),
    ]),
  };
}

const REASON = 'check_failed' as const;

function recordOf(names: readonly string[], fields: AcceptedRow): AcceptedRecord {
  return Object.fromEntries(names.map((name, index) => [name, fields[index] ?? null]));
}

/** Compares what was read with what the test expects. */
export function outcomeOf(view: FeatureView, { expect }: Pick<ViewTest, 'expect'>, reading: TestReading): TestOutcome {
  const keys = ['entity_id', ...keyColumns(view), 'timestamp'];
  // Rows are expected by their components, or by the id that joins them.
  const shown = expect.rows?.some((row) => ENTITY_ID in row) ? [ENTITY_ID] : [];
  const actual = reading.rows.map((row) => canonicalRow(view, withKey(view, withoutTieBreak(row), shown)));
  const expected = expect.rows?.map((row) => canonicalRow(view, row));
  const refused = reading.refused.map(({ reason, row }) => ({ ...row, reason }));
  return {
    rows: expected === undefined ? [] : rowDifferences(expected, actual, keys),
    refused: rowDifferences(expect.refused.map(refusedRow), refused.map(refusedRow), [
      'entity_id',
      ...keyColumns(view),
      'reason',
    ]),
    checks: checkDifferences(expect.checks, reading.checks),
    broken: reading.broken,
  };
}

/** A row with the components of a composite entity instead of its id, unless the id is shown. */
function withKey(view: FeatureView, row: AcceptedRecord, shown: readonly string[]): AcceptedRecord {
  if (!isComposite(view)) return row;
  const { [ENTITY_ID]: entityId, ...rest } = row;
  return { ...keyOf(view, entityId ?? ''), ...(shown.includes(ENTITY_ID) ? row : rest) };
}

function withoutTieBreak({ tie_break: _, ...row }: AcceptedRecord): AcceptedRecord {
  return row;
}

function canonicalRow(view: FeatureView, row: TestRow): CanonicalRow {
  const entries = Object.entries(row).map(([name, value]) => {
    if (name === 'timestamp') return [name, canonicalTime(textOfValue(value) ?? '')];
    const feature = view.features.find((each) => each.name === name);
    return [name, feature === undefined ? textOfValue(value) : canonicalValue(feature, value)];
  });
  return Object.fromEntries(entries);
}

/** The fields of a refused row are strings of the source, which did not fit. */
function refusedRow(row: TestRow): CanonicalRow {
  const entries = Object.entries(row).map(([name, value]) => {
    const text = textOfValue(value);
    return [name, name === 'timestamp' && text !== null ? canonicalTime(text) : text];
  });
  return Object.fromEntries(entries);
}
