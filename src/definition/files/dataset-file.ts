// datasets/*.yaml as written.

import { z } from 'zod';
import { DATASET_FORMATS, PARTITIONS } from '../dataset.ts';
import { date, duration, list, map, name, oneOf, share, someText, text, yesNo } from './field.ts';
import { keyColumns } from './from-file.ts';
import { tableKeys } from './table-file.ts';

const labels = map({
  source: name()
    .optional()
    .describe(
      'The connection to read labels from: a name under `sources` in millrace.yaml. Default: the source named `default`.',
    ),
  query: someText('a query')
    .optional()
    .describe(
      'SQL that returns `entity_id` (or the entity columns named under `views`), `timestamp`, and any other columns to keep. {{start}} and {{end}} are the bounds of the set. With `files`, the query reads from the table `files`.',
    ),
  files: someText('a file pattern such as labels/*.parquet')
    .optional()
    .describe('The label files, relative to the source. Globs are allowed.'),
  format: tableKeys.format.describe('The format of the files. Default: determined by the file extension in `files`.'),
  types: tableKeys.types.describe('Column types for CSV and JSON files. Other columns are text.'),
  every: duration()
    .optional()
    .describe('Use instead of a source. Generates one label per entity at this interval, starting at `start`.'),
  entities: name().optional().describe('With `every`: the view that provides the entities.'),
});

const datasetView = map({
  view: name().describe('The name of the view.'),
  features: list(name(), 'list of names', { min: 1, max: 500 })
    .optional()
    .describe("The view's features to add. Default: all."),
  as: name().optional().describe("The prefix for the view's columns. Default: the name of the view."),
  age_max: duration()
    .optional()
    .describe('The maximum age of a row at the time of the label. Default: no limit other than the `ttl` of the view.'),
  entity_id: keyColumns()
    .default('entity_id')
    .describe(
      'The label column that contains the entity of this view, or a list with one column for each component of a composite entity. Default: `entity_id`; for a composite entity, the columns of its components, such as `customer_id` and `product_id`, unless the labels have only `entity_id`.',
    ),
});

const VIEW = 'the name of a view, or a map with `view`';

const split = map({
  by: oneOf(['entity', 'time']).describe(
    '`entity`: by a hash of `entity_id` (without it, of all entity columns together), so that all rows of an entity are in the same subset, even as the set grows. `time`: in chronological order, with the earliest rows first.',
  ),
  train: share().optional().describe('The share of rows used for training.'),
  validation: share().optional().describe('The share of rows used for validation.'),
  test: share().optional().describe('The share of rows used for testing.'),
});

export const datasetFile = map({
  name: name().describe('The name of the training set, for `millrace dataset build NAME`.'),
  description: text().default('').describe('What the training set is for.'),
  labels: labels.describe(
    'The rows of the set, each with an entity, a time, and any other columns, such as the outcome.',
  ),
  start: date().describe('The start of the set, which contains the labels in [start, end).'),
  end: date().describe('The end of the set.'),
  views: list(z.union([name(), datasetView], { error: () => VIEW }).meta({ title: 'name or map' }), 'list of views', {
    min: 1,
    max: 100,
  }).describe('The views to add features from: names, or maps with `view` and options.'),
  delay: duration()
    .default('0s')
    .describe(
      'The time from when an interval settles until its rows count as known. Set it to the time that your schedule and workers need to publish the rows online.',
    ),
  require_coverage: yesNo()
    .default(true)
    .describe(
      'Whether the build refuses to start if a view has missing, skipped, stale or held intervals that labels could use. With `false`, features that such an interval may have changed are set to null, and the build reports how many.',
    ),
  format: oneOf(DATASET_FORMATS)
    .default('parquet')
    .describe(
      'The format of the files. With `json`, labels that are NaN or infinite are refused, because JSON cannot represent them.',
    ),
  partition: oneOf(PARTITIONS)
    .optional()
    .describe(
      'Writes the files into one folder per day, month or year of `timestamp`, for example `month=2026-09/`. Default: no folders.',
    ),
  split: split
    .optional()
    .describe(
      'Adds a column `split` with the value train, validation or test. The shares must add up to 100%. Default: no column.',
    ),
});

export type DatasetFile = z.infer<typeof datasetFile>;
