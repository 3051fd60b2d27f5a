// Parses a training set.

import { parseDuration } from '../../core/duration.ts';
import { epochMsOf, parseInstant } from '../../core/instant.ts';
import { type Dataset, type DatasetLabels, type DatasetView, SPLIT_NAMES, type Split } from '../dataset.ts';
import { ENTITY_ID } from '../entity.ts';
import { formatOfPattern } from '../file-pattern.ts';
import type { DatasetFile } from '../files/dataset-file.ts';
import { fieldTypeOf } from '../files/field.ts';
import { DEFAULT_SOURCE } from '../view.ts';
import { shareOf } from './share.ts';

/** The training set of a valid file. */
export function parseDataset(file: DatasetFile): Dataset {
  return {
    name: file.name,
    description: file.description,
    labels: labelsOf(file.labels),
    start: epochMsOf(parseInstant(file.start) ?? 0),
    end: epochMsOf(parseInstant(file.end) ?? 0),
    views: file.views.map(viewOf),
    delayMs: parseDuration(file.delay) ?? 0,
    coverage: file.require_coverage ? 'required' : 'null',
    format: file.format,
    partition: file.partition ?? null,
    split: file.split === undefined ? null : splitOf(file.split),
  };
}

function labelsOf(labels: DatasetFile['labels']): DatasetLabels {
  const { source = DEFAULT_SOURCE, query, files: pattern, every, entities = '' } = labels;
  if (every !== undefined) return { kind: 'steps', everyMs: parseDuration(every) ?? 0, entities };
  if (pattern === undefined) return { kind: 'query', source, query: query ?? '' };
  const types = Object.entries(labels.types ?? {}).map(([column, type]) => [column, fieldTypeOf(type)] as const);
  const files = {
    pattern,
    format: labels.format ?? formatOfPattern(pattern) ?? 'csv',
    types: Object.fromEntries(types),
    windowMs: 0,
    onMissing: 'fail',
    lateMs: 0,
    onBadField: 'fail',
  } as const;
  return { kind: 'files', source, files, query: query ?? null };
}

function viewOf(written: DatasetFile['views'][number]): DatasetView {
  if (typeof written === 'string') {
    return { view: written, as: written, features: null, ageMaxMs: null, entityColumn: 'entity_id' };
  }
  return {
    view: written.view,
    as: written.as ?? written.view,
    features: written.features ?? null,
    ageMaxMs: written.age_max === undefined ? null : parseDuration(written.age_max),
    ...(typeof written.entity_id === 'string'
      ? { entityColumn: written.entity_id }
      : { entityColumn: ENTITY_ID, entityColumns: written.entity_id }),
  };
}

function splitOf({ by, ...shares }: NonNullable<DatasetFile['split']>): Split {
  const parts = SPLIT_NAMES.flatMap((name) => {
    const share = shares[name];
    return share === undefined ? [] : [{ name, share: shareOf(share) }];
  });
  return { by, parts };
}
