// The labels of a training set as its source yields them.

import { epochMsOf } from '../../core/instant.ts';
import { type Interval, interval } from '../../core/interval.ts';
import type { Dataset, DatasetLabels } from '../../definition/dataset.ts';
import type { FeatureView } from '../../definition/view.ts';
import { openReading, type Reading, type Source } from '../../sources/source.ts';

type ReadLabels = Exclude<DatasetLabels, { readonly kind: 'steps' }>;

export function spanOf({ start, end }: Pick<Dataset, 'start' | 'end'>): Interval {
  return interval(start, end);
}

/** Opens a reading of the labels. @throws Failure as Source does. */
export async function openLabels(
  dataset: Dataset,
  labels: ReadLabels,
  source: Source,
  signal: AbortSignal,
): Promise<Reading> {
  return openReading(source, { view: labelView(dataset, labels), span: spanOf(dataset) }, signal);
}

/** Labels as sources see them: a view with one interval, the span of the set. */
export function labelView(dataset: Dataset, labels: ReadLabels): FeatureView {
  const unitMs = dataset.end - dataset.start;
  return {
    // As messages of sources call it.
    name: `${dataset.name} (labels)`,
    description: '',
    entity: 'label',
    tags: [],
    source: labels.source,
    kind: 'events',
    unitMs,
    start: epochMsOf(dataset.start),
    end: epochMsOf(dataset.end),
    settleMs: 0,
    lookbackUnits: 0,
    ttlMs: null,
    catchUp: 'all',
    after: [],
    freshnessMs: null,
    failuresMax: 0,
    features: [],
    query: labels.query ?? 'select * from files',
    columns: null,
    files: labels.kind === 'files' ? { files: { ...labels.files, windowMs: unitMs } } : null,
    refusedMax: 0,
    removedMax: 1,
    rowsMin: 0,
    redacted: false,
  };
}
