// features/**/*.yaml as written: which keys there are, and what each may hold by itself. What keys mean together is
// checked in view-rules.ts; defaults that depend on other keys are filled in by parse-view.ts.

import type { z } from 'zod';
import {
  date,
  duration,
  featureType,
  list,
  map,
  name,
  number,
  oneOf,
  record,
  share,
  someText,
  text,
  whole,
  yesNo,
} from './field.ts';

const COLUMN = () => someText('the name of a column');

const featureFile = map({
  name: name().describe('The name of the feature, and of the column of the query that holds it.'),
  type: featureType().describe('What the value is.'),
  nullable: yesNo().default(false).describe('Whether a row without a value is accepted. A null is absent online.'),
  nulls_max: share().optional().describe('A run with a larger share of nulls fails its check. Needs `nullable: true`.'),
  min: number().optional().describe('A run with a smaller value fails its check. For float, int and decimal.'),
  max: number().optional().describe('A run with a larger value fails its check. For float, int and decimal.'),
});

export const viewFile = map({
  name: name().describe('The name of the view: of its offline table, its online keys and in every command.'),
  description: text().default('').describe('What the view is, for people.'),
  entity: name().describe('What a row is about: customer, product.'),
  tags: list(name(), 'list of names', { min: 0, max: 50 })
    .optional()
    .describe('Labels; a job takes all views of one with `tag:NAME`.'),
  source: name().describe('The connection to read from: a name under `sources` in millrace.yaml.'),
  kind: oneOf(['events', 'snapshot', 'latest']).describe(
    '`events`: rows whose event time lies in [{{start}}, {{end}}). `snapshot`: one evaluation per interval, as of {{end}}. `latest`: a query about now, run at every tick; no history, no backfill.',
  ),
  interval: duration()
    .optional()
    .describe('The grid, on UTC, on which time is cut: divides a day, or is whole days. Required except for `latest`.'),
  start: date().optional().describe('Where the view begins, on the grid. Required except for `latest`.'),
  end: date()
    .optional()
    .describe('The view is responsible for [start, end) only. On the grid. Without it there is no end.'),
  settle: duration().default('0s').describe('How long after its end an interval may first be read.'),
  lookback: whole(0, 100_000)
    .default(0)
    .describe('How many of the newest covered intervals are done again with each advance, for late rows.'),
  ttl: duration().optional().describe('How long after its event time a value is served online. Without it, for ever.'),
  catch_up: oneOf(['all', 'latest', 'none'])
    .default('all')
    .describe('What to do with time missed while nothing ran: run it all, run the newest interval only, or skip it.'),
  after: list(name(), 'list of names', { min: 0, max: 50 })
    .optional()
    .describe('Views that come first: a span of this view runs when all of them cover it.'),
  freshness: duration()
    .optional()
    .describe('How far the watermark may lie behind the clock before the view counts as late. Without it, no target.'),
  failures_max: whole(0, 1_000)
    .default(5)
    .describe('After so many failed runs in a row the view is paused until `millrace resume`; 0 for never.'),
  type: featureType()
    .optional()
    .describe(
      'For a view without `features`: the type of its one feature, which is named like the view and read from the column `value`.',
    ),
  nullable: yesNo()
    .optional()
    .describe('For a view without `features`: whether a row without a value is accepted. Default: false.'),
  features: list(featureFile, 'list of features', { min: 1, max: 500 })
    .optional()
    .describe('The features of a row; instead of `type`.'),
  query: someText('a query')
    .optional()
    .describe(
      'SQL that yields `entity_id`, `timestamp`, the feature columns and, if wanted, `tie_break`. {{start}} and {{end}} stand for the interval. For files: over the table `files`.',
    ),
  files: someText('a file pattern such as sales/{yyyy}-{MM}-{dd}.csv')
    .optional()
    .describe(
      'The files of an interval, below the source: a pattern with {yyyy} {MM} {dd} {HH} and globs. Never coarser than the interval.',
    ),
  format: oneOf(['csv', 'json', 'parquet'])
    .optional()
    .describe('Of the files. Default: what the ending of `files` says.'),
  types: record(COLUMN(), featureType(), 'map of column to type')
    .optional()
    .describe('Types of the columns of csv and json files; what is not named is text.'),
  columns: record(COLUMN(), COLUMN(), 'map of column to column')
    .optional()
    .describe(
      'Instead of a query over files: which column of the files is `entity_id`, `timestamp`, each feature and, if wanted, `tie_break`.',
    ),
  files_window: duration()
    .optional()
    .describe('The files of [end − files_window, end) are read. Whole intervals. Default: one interval.'),
  late_files: duration()
    .optional()
    .describe(
      'How long after its end an interval that was covered without a file is looked up again, to be read when one appears; `0s` for never. Default: 7d.',
    ),
  on_missing: oneOf(['empty', 'wait', 'fail'])
    .optional()
    .describe('No file for an interval: covered with 0 rows, looked for again later, or failed. Default: empty.'),
  on_bad_field: oneOf(['refuse', 'fail'])
    .optional()
    .describe('A csv or json field that does not fit its type: its row is refused, or the run fails. Default: refuse.'),
  refused_max: share()
    .default('1%')
    .describe('A run that refuses more than 10 rows and more than this share fails its check.'),
  removed_max: share()
    .default('10%')
    .describe(
      'A run that would remove more than 10 rows and more than this share of those stored in its range fails its check.',
    ),
  rows_min: whole(0, 1_000_000_000).default(0).describe('A run with fewer accepted rows fails its check.'),
  redacted: yesNo().default(false).describe('Whether values must not show in quarantine, logs and pages.'),
});

export type ViewFile = z.infer<typeof viewFile>;
export type FeatureFile = z.infer<typeof featureFile>;
