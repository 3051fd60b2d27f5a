// Runs one test: the view's own query over the given rows, and the row check of a run.

import type { EpochMs } from '../core/instant.ts';
import { split } from '../core/interval.ts';
import type { FeatureView } from '../definition/view.ts';
import type { TestRow, ViewTest } from '../definition/view-test.ts';
import { unescapeCopy } from '../feature-types/copy-text.ts';
import type { CheckedBatch, CheckedRefusal } from '../rows/check.ts';
import { readChecked } from '../run/read-checked.ts';
import type { Source } from '../sources/source.ts';
import { canonicalTime, canonicalValue } from './canonical.ts';
import { textOfValue } from './column-types.ts';
import { type CanonicalRow, type RowDifference, rowDifferences } from './difference.ts';
import { type AcceptedRecord, storedRows } from './stored-rows.ts';

export type TestOutcome = {
  /** Empty if the rows are as expected. */
  readonly rows: readonly RowDifference[];
  readonly refused: readonly RowDifference[];
};

/** What the run of a test returns. */
export type TestReading = { readonly rows: readonly AcceptedRecord[]; readonly refused: readonly CheckedRefusal[] };

export type TestRequest = {
  readonly source: Source;
  readonly view: FeatureView;
  readonly test: Pick<ViewTest, 'span' | 'now'>;
  /** The clock, for a view of kind latest without `now`. */
  readonly now: EpochMs;
  readonly signal: AbortSignal;
};

const CLOCK_TOLERANCE_MICROS = 300_000_000;

/** Reads the spans of a test as a run does: a snapshot one interval at a time. @throws Failure as a source does. */
export async function readTest({ source, view, test, now, signal }: TestRequest): Promise<TestReading> {
  const { span } = test;
  const spans = span === null || view.kind === 'events' ? [span] : split(span, view.unitMs, 1);
  const accepted: AcceptedRecord[] = [];
  const refused: CheckedRefusal[] = [];
  const latestAllowedMicros = (test.now ?? span?.end ?? now) * 1_000 + CLOCK_TOLERANCE_MICROS;
  for (const one of spans) {
    const batches: CheckedBatch[] = [];
    const request = { source, extraction: { view, span: one }, latestAllowedMicros, signal };
    const { columns } = await readChecked(request, (batch) => batches.push(batch));
    const names = ['entity_id', 'timestamp', ...columns.slice(2).map(({ name }) => name)];
    for (const { text, refused: found } of batches) {
      for (const line of text.split('\n').slice(0, -1)) accepted.push(recordOf(names, line));
      refused.push(...found);
    }
  }
  return {
    rows: storedRows(
      accepted,
      view.features.map(({ name }) => name),
    ),
    refused,
  };
}

function recordOf(names: readonly string[], line: string): AcceptedRecord {
  const fields = line.split('\t').map(unescapeCopy);
  return Object.fromEntries(names.map((name, index) => [name, fields[index] ?? null]));
}

/** Compares what was read with what the test expects. */
export function outcomeOf(view: FeatureView, { expect }: Pick<ViewTest, 'expect'>, reading: TestReading): TestOutcome {
  const keys = ['entity_id', 'timestamp'];
  const actual = reading.rows.map((row) => canonicalRow(view, withoutTieBreak(row)));
  const expected = expect.rows?.map((row) => canonicalRow(view, row));
  const refused = reading.refused.map(({ reason, row }) => ({ ...row, reason }));
  return {
    rows: expected === undefined ? [] : rowDifferences(expected, actual, keys),
    refused: rowDifferences(expect.refused.map(refusedRow), refused.map(refusedRow), ['entity_id', 'reason']),
  };
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

/** The fields of a refused row are texts of the source, which did not fit. */
function refusedRow(row: TestRow): CanonicalRow {
  const entries = Object.entries(row).map(([name, value]) => {
    const text = textOfValue(value);
    return [name, name === 'timestamp' && text !== null ? canonicalTime(text) : text];
  });
  return Object.fromEntries(entries);
}
