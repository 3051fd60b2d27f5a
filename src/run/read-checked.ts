// Reads a span of a view and checks each row, as a run does, without storing anything.

import { Failure } from '../core/failure.ts';
import type { FeatureView } from '../definition/view.ts';
import { rangeOfRun } from '../offline/row-range.ts';
import { plainStagingColumns } from '../offline/staging.ts';
import { type CheckedBatch, createRowCheck } from '../rows/check.ts';
import { requireColumns, type StagingColumn, stagingColumns } from '../rows/layout.ts';
import { type Extraction, openReading, type Source } from '../sources/source.ts';
import type { RunCounts } from '../state/runs/run.ts';
import { createTally } from './tally.ts';

export type CheckedReading = {
  /** Of the row check. The rest is 0. */
  readonly counts: RunCounts;
  /** The columns of the lines of accepted rows. */
  readonly columns: readonly StagingColumn[];
  /** Each a sentence without a period. */
  readonly notes: readonly string[];
};

export type CheckedRequest = {
  readonly source: Source;
  readonly extraction: Extraction;
  /** The clock plus its tolerance, in microseconds. */
  readonly latestAllowedMicros: number;
  readonly signal: AbortSignal;
};

/** Hands each checked batch to `take`. @throws Failure as a source does, and SOURCE_SHAPE. */
export async function readChecked(
  request: CheckedRequest,
  take: (batch: CheckedBatch) => void,
): Promise<CheckedReading> {
  const { source, extraction, signal } = request;
  const { view, span } = extraction;
  try {
    await using reading = await openReading(source, extraction, signal);
    const layout = requireColumns(view, reading.columns);
    const range = rangeOfRun(view, span);
    const check = createRowCheck({ view, layout, range, latestAllowedMicros: request.latestAllowedMicros });
    const tally = createTally();
    for await (const batch of reading.rows()) {
      const checked = check.check(batch);
      tally.add(checked);
      take(checked);
    }
    return { counts: tally.counts(), columns: stagingColumns(view, layout), notes: reading.notes ?? [] };
  } catch (error) {
    return withoutFiles(error, view);
  }
}

/** A view may accept an interval without a file. */
function withoutFiles(error: unknown, view: FeatureView): CheckedReading {
  const isEmpty = error instanceof Failure && error.code === 'FILES_MISSING' && error.facts['onMissing'] === 'empty';
  if (!isEmpty) throw error;
  return {
    counts: createTally().counts(),
    columns: plainStagingColumns(view),
    notes: [error.message.replace(/\.$/, '')],
  };
}
