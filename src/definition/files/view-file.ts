// features/**/*.yaml as written: which keys there are, and what each may hold by itself. What keys mean together is
// checked in view-rules.ts; defaults that depend on other keys are filled in by parse-view.ts.

import type { z } from 'zod';
import { limitedTypes } from '../../feature-types/spelling.ts';
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
import { filesKey, tableKeys } from './table-file.ts';

const COLUMN = () => someText('the name of a column');

const featureFile = map({
  name: name().describe('The name of the feature, and of the column of the query that holds it.'),
  type: featureType().describe('What the value is.'),
  nullable: yesNo().default(false).describe('Whether a row without a value is accepted. A null is absent online.'),
  nulls_max: share().optional().describe('A run with a larger share of nulls fails its check. Needs `nullable: true`.'),
  min: number()
    .optional()
    .describe(`A run with a smaller value fails its check. For ${limitedTypes().join(', ')}.`),
  max: number()
    .optional()
    .describe(`A run with a larger value fails its check. For ${limitedTypes().join(', ')}.`),
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
    .describe(
      'After so many failed runs of its schedule in a row the view is paused until `millrace resume`; 0 for never.',
    ),
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
      'SQL that yields `entity_id`, `timestamp`, the feature columns and, if wanted, `tie_break`. {{start}} and {{end}} stand for the interval. For files: over the table `files`, or those under `tables`.',
    ),
  files: filesKey().optional(),
  tables: record(name(), map({ files: filesKey(), ...tableKeys }), 'map of table to files')
    .optional()
    .describe('Several sets of files, instead of `files`: the tables of the query, each with keys of its own.'),
  ...tableKeys,
  columns: record(COLUMN(), COLUMN(), 'map of column to column')
    .optional()
    .describe(
      'Instead of a query over files: which column of the files is `entity_id`, `timestamp`, each feature and, if wanted, `tie_break`.',
    ),
  refused_max: share()
    .default('1%')
    .describe(
      'A run that refuses more than 10 rows and more than this share fails its check, and so does one that accepts none of the rows that it read. With `100%` neither does.',
    ),
  removed_max: share()
    .default('10%')
    .describe(
      'A run that would remove more than 10 rows and more than this share of those stored in its range fails its check.',
    ),
  duplicates_max: share()
    .optional()
    .describe(
      'A run fails its check when more than this share of its accepted rows are duplicates: rows with the entity and time of another row. Without it, `millrace status` reports a share above 10% and the run passes.',
    ),
  rows_min: whole(0, 1_000_000_000).default(0).describe('A run with fewer accepted rows fails its check.'),
  rows_max: whole(1, 1_000_000_000_000)
    .optional()
    .describe('A run that reads more rows fails its check, without reading on. Without it, no limit.'),
  safe_bound: yesNo()
    .optional()
    .describe(
      'For a view on Postgres: whether a run waits while a transaction is open that began before its interval ended, since that may still commit rows of it. Right where the event time of a row is not before its transaction. Needs the role pg_read_all_stats, and no standby. Default: false.',
    ),
  redacted: yesNo()
    .default(false)
    .describe('Whether values must not show in quarantine, messages, logs, alerts and pages.'),
});

export type ViewFile = z.infer<typeof viewFile>;
export type FeatureFile = z.infer<typeof featureFile>;
export type TableFile = NonNullable<ViewFile['tables']>[string];
