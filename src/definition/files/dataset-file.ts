// datasets/*.yaml as written.

import { z } from 'zod';
import { DATASET_FORMATS, PARTITIONS } from '../dataset.ts';
import { date, duration, list, map, name, oneOf, share, someText, text, yesNo } from './field.ts';
import { tableKeys } from './table-file.ts';

const labels = map({
  source: name().optional().describe('The connection to read labels from: a name under `sources` in millrace.yaml.'),
  query: someText('a query')
    .optional()
    .describe(
      'SQL that yields `entity_id`, `timestamp` and any other columns, which are kept. {{start}} and {{end}} stand for the time of the set. With `files`: over the table `files`.',
    ),
  files: someText('a file pattern such as labels/*.parquet')
    .optional()
    .describe('Instead of a query over tables: the files that hold the labels, below the source. May have globs.'),
  format: tableKeys.format.describe('Of the files. Default: what the ending of `files` says.'),
  types: tableKeys.types.describe('Types of the columns of csv and json files; what is not named is text.'),
  every: duration()
    .optional()
    .describe('Instead of a source: one label per entity at each step of this length, from `start` on.'),
  entities: name().optional().describe('With `every`: the view whose entities are the labels.'),
});

const datasetView = map({
  view: name().describe('The name of the view.'),
  features: list(name(), 'list of names', { min: 1, max: 500 })
    .optional()
    .describe('Which features of the view. Default: all.'),
  as: name().optional().describe('What the columns of the view begin with. Default: the name of the view.'),
  age_max: duration()
    .optional()
    .describe(
      'A row that is older than this at the label does not count. Default: the `ttl` of the view alone decides.',
    ),
  entity_id: someText('the name of a column of the labels')
    .default('entity_id')
    .describe('The column of the labels that holds the entity of this view.'),
});

const VIEW = 'the name of a view, or a map with `view`';

const split = map({
  by: oneOf(['entity', 'time']).describe(
    '`entity`: by a hash of `entity_id`, so that all rows of an entity are together and stay where they are as the set grows. `time`: the earliest part of the time of the set first.',
  ),
  train: share().optional().describe('The share of the training rows.'),
  validation: share().optional().describe('The share of the rows to choose models by.'),
  test: share().optional().describe('The share of the rows to test with.'),
});

export const datasetFile = map({
  name: name().describe('The name of the training set, for `millrace dataset build NAME`.'),
  description: text().default('').describe('What the training set is for.'),
  labels: labels.describe('The rows: an entity and a moment each, with any other columns, such as the outcome.'),
  start: date().describe('The labels of [start, end) make up the set.'),
  end: date().describe('See `start`.'),
  views: list(z.union([name(), datasetView], { error: () => VIEW }).meta({ title: 'name or map' }), 'list of views', {
    min: 1,
    max: 100,
  }).describe('The views whose features are added: names, or maps with `view` and how to use it.'),
  delay: duration()
    .default('0s')
    .describe(
      'How long after an interval is settled its rows count: what your schedule and workers take until serving has them.',
    ),
  require_coverage: yesNo()
    .default(true)
    .describe(
      'Whether the build refuses to start when a view has missing, skipped, stale or held intervals that labels could know. `false`: features that such an interval may have changed are null, and counted.',
    ),
  format: oneOf(DATASET_FORMATS).default('parquet').describe('The format of the files.'),
  partition: oneOf(PARTITIONS)
    .optional()
    .describe('One folder per day, month or year of `timestamp`: `month=2026-09/`. Default: no folders.'),
  split: split
    .optional()
    .describe('Adds the column `split`: train, validation or test. The shares come to 100%. Default: no column.'),
});

export type DatasetFile = z.infer<typeof datasetFile>;
