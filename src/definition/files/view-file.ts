// The schema of features/**/*.yaml: the keys and their values. view-rules.ts checks rules about several keys, and
// parse-view.ts fills in defaults that depend on other keys.

import { z } from 'zod';
import { limitedTypes } from '../../feature-types/spelling.ts';
import { OPERATOR_NAMES } from '../declared/operators.ts';
import { checkFile } from './check-file.ts';
import {
  date,
  duration,
  entity,
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
import { filter, fromKey, keyColumns } from './from-file.ts';
import { pagesKeys } from './pages-file.ts';
import { pivotKey } from './pivot-file.ts';
import { filesKey, queriedKeys, tableKeys } from './table-file.ts';

const LIMITED = new Intl.ListFormat('en-GB').format(limitedTypes());
const COLUMN = () => someText('the name of a column');

function window() {
  const error = () => 'a duration such as 24h, or a list of durations';
  return z
    .union([duration(), list(duration(), 'list of durations', { min: 1, max: 50 })], { error })
    .meta({ title: 'duration or list' });
}

const featureFile = map({
  name: name().describe('The name of the feature, and of its column in the query.'),
  type: featureType().describe('The type of the value.'),
  nullable: yesNo()
    .optional()
    .describe(
      'Whether a row without a value is accepted. A null is not stored online. Default: false; true for aggregates that may have no value.',
    ),
  nulls_max: share().optional().describe('A run with a larger share of nulls fails. Needs `nullable: true`.'),
  min: number().optional().describe(`A run with a smaller value fails. For ${LIMITED} features.`),
  max: number().optional().describe(`A run with a larger value fails. For ${LIMITED} features.`),
  aggregate: oneOf(OPERATOR_NAMES)
    .optional()
    .describe('For a view with `from`: how the value is computed. See docs/reference/operators.md.'),
  column: someText('the name of a column').optional().describe('The column that is aggregated or looked up.'),
  window: window()
    .optional()
    .describe(
      'The rows to aggregate: those in [end − window, end). A list creates one feature for each window: `logins` with `[1h, 24h]` becomes `logins_1h` and `logins_24h`. Default: all rows before `end`.',
    ),
  where: filter().optional().describe('A filter for the rows of this feature, in addition to `from.where`.'),
  at: number().optional().describe('For `percentile`: the percentile, from 0 to 1.'),
  threshold: whole(0, 1_000_000_000).optional().describe('For `velocity`: the number of rows that must be exceeded.'),
  table: someText('the name of a table')
    .optional()
    .describe('For `lookup`: the table to look up, with one row per entity.'),
  entity_id: keyColumns().optional().describe('For `lookup`: the key of that table. Default: as in `from`.'),
  default: z
    .union([z.string(), z.number(), z.boolean()], { error: () => 'a string, a number, true or false' })
    .meta({ title: 'value' })
    .optional()
    .describe('The value for an entity that has none. Default: null, or 0 for counts and sums.'),
});

const tableFile = map({ files: filesKey(), ...tableKeys });

export const viewFile = map({
  name: name().describe('The name of the view, used in commands, in its online keys, and for its offline table.'),
  description: text().default('').describe('What the view is for.'),
  owner: text().optional().describe('The person or team to ask about the view. Shown in the catalogue.'),
  entity: entity().describe(
    'What a row describes, such as customer or product. A list such as `[customer, product]` is a composite entity: the query returns `customer_id` and `product_id`, or `entity_id` with the joined components.',
  ),
  tags: list(name(), 'list of names', { min: 0, max: 50 })
    .optional()
    .describe('Labels. In a job, `tag:NAME` selects all views with that tag.'),
  source: name()
    .optional()
    .describe(
      'The connection to read from: a name under `sources` in millrace.yaml. Default: the source named `default`.',
    ),
  kind: oneOf(['events', 'snapshot', 'latest', 'pushed']).describe(
    '`events`: rows with an event time in [{{start}}, {{end}}). `snapshot`: one evaluation per interval, as of {{end}}. `latest`: a query about the current state, run at every tick, without history or backfill. `pushed`: programs push the rows to the HTTP API.',
  ),
  interval: duration()
    .optional()
    .describe(
      'The length of an interval: a duration that divides a day evenly, or a whole number of days. Intervals are aligned to UTC. Required for `events` and `snapshot`.',
    ),
  start: date().optional().describe('The start of the first interval. Required for `events` and `snapshot`.'),
  end: date().optional().describe('The end of the last interval: the view covers [start, end). Default: no end.'),
  settle: duration().default('0s').describe('How long to wait after the end of an interval before it is first read.'),
  lookback: whole(0, 100_000)
    .default(0)
    .describe(
      'How many of the newest covered intervals to read again, to pick up late rows, when newer ones become due.',
    ),
  ttl: duration().optional().describe('How long a value is served online after its event time. Default: forever.'),
  catch_up: oneOf(['all', 'latest', 'none'])
    .default('all')
    .describe(
      'What to do with intervals that were missed while nothing was running: run all of them, run only the newest one, or skip them.',
    ),
  after: list(name(), 'list of names', { min: 0, max: 50 })
    .optional()
    .describe('Views to wait for: an interval of this view runs once all of them cover it.'),
  freshness: duration()
    .optional()
    .describe(
      'How far the watermark may fall behind the current time before the view counts as late. Default: no target.',
    ),
  failures_max: whole(0, 1_000)
    .default(5)
    .describe(
      'The number of consecutive failed scheduled runs after which the view is paused until `millrace resume`. With 0, the view is never paused automatically.',
    ),
  type: featureType()
    .optional()
    .describe(
      'For a view without `features`: the type of its only feature, which is named after the view and read from the column `value`.',
    ),
  nullable: yesNo()
    .optional()
    .describe('For a view without `features`: whether a row without a value is accepted. Default: false.'),
  features: list(featureFile, 'list of features', { min: 1, max: 500 })
    .optional()
    .describe('The features of a row. Use instead of `type`.'),
  query: someText('a query')
    .optional()
    .describe(
      'SQL that returns `entity_id`, `timestamp`, the feature columns and, optionally, `tie_break`. {{start}} and {{end}} are the bounds of the interval. For files, the query reads from the table `files`, or from the tables listed under `tables`.',
    ),
  pivot: pivotKey().optional(),
  from: fromKey()
    .optional()
    .describe(
      'Instead of a query: the table whose rows the features aggregate, or its name under `tables` in millrace.yaml. See docs/guides/declared-features.md.',
    ),
  incremental: yesNo()
    .default(false)
    .describe(
      'For a view with `from`: whether to read each interval of the source once, and compute windows from stored partial aggregates. Supports count, sum, min and max of type int and decimal. See docs/guides/declared-features.md.',
    ),
  ...pagesKeys,
  keys: someText('a key with {entity_id}')
    .optional()
    .describe(
      'For Redis: the keys to read, such as `user:{entity_id}`. Without `columns`, they hold strings; with `columns`, hashes. See docs/reference/sources/redis.md.',
    ),
  files: filesKey().optional(),
  tables: record(name(), map({ files: filesKey().optional(), ...queriedKeys, ...tableKeys }), 'map of table to files')
    .optional()
    .describe(
      'Use instead of `files` when the query reads several sets of files. Each entry is a table that the query can use, with its own keys. A table can also come from another source: see `query`.',
    ),
  ...tableKeys,
  columns: record(COLUMN(), COLUMN(), 'map of column to column')
    .optional()
    .describe(
      'Use instead of a query over files. Names the file columns for `entity_id`, `timestamp`, each feature and, optionally, `tie_break`. With `keys`, names the fields of the hash.',
    ),
  refused_max: share()
    .default('1%')
    .describe(
      'A run fails if it refuses more than 10 rows and more than this share, or if it accepts none of the rows that it read. `100%` turns off both rules.',
    ),
  removed_max: share()
    .optional()
    .describe(
      'A run fails if it would remove more than 10 rows and more than this share of the rows stored in its range. With `complete: true`, it also fails if more than this share of the entities in the previous snapshot are missing. Default: 10%, and no limit for entities.',
    ),
  complete: yesNo()
    .optional()
    .describe(
      'For a view whose snapshots always contain all entities with a value: whether an entity loses its value if it is not in the newest snapshot. Default: false; true for a view with `from`. See docs/concepts/complete-snapshots.md.',
    ),
  allow_empty: yesNo()
    .optional()
    .describe(
      'For a complete view: whether a snapshot may be empty when the previous one had rows. Default: false, so that an empty source removes nothing.',
    ),
  absent: oneOf(['remove', 'zero'])
    .optional()
    .describe(
      'For a complete view: what happens to an entity that is no longer in a snapshot. `remove`: it loses its value. `zero`: Millrace stores a row of zeros for the entity, which is its value until a newer row is stored. Features other than int, float and decimal are null in that row, so they must be `nullable`. Default: `remove`.',
    ),
  duplicates_max: share()
    .optional()
    .describe(
      'A run fails if more than this share of its accepted rows are duplicates (rows with the same entity and time as another row). Default: the run passes, and `millrace status` reports a share above 10%.',
    ),
  rows_min: whole(0, 1_000_000_000).default(0).describe('A run with fewer accepted rows fails.'),
  rows_max: whole(1, 1_000_000_000_000)
    .optional()
    .describe('A run that reads more rows stops reading and fails. Default: no limit.'),
  safe_bound: yesNo()
    .optional()
    .describe(
      'For a view on Postgres: whether a run waits while any transaction that began before the end of its interval is still open, because that transaction may still commit rows in the interval. Works only if the event time of a row is never earlier than the start of its transaction. Needs the role `pg_read_all_stats`, and does not work on a standby. Default: false.',
    ),
  checks: list(checkFile, 'list of checks', { min: 0, max: 50 })
    .optional()
    .describe('Checks that the rows of a run must pass before they are stored.'),
  redacted: yesNo()
    .default(false)
    .describe('Whether values are hidden in quarantined rows, messages, logs, alerts and dashboard pages.'),
});

export type ViewFile = z.infer<typeof viewFile>;
export type FeatureFile = z.infer<typeof featureFile>;
/** A table of files. */
export type TableFile = z.infer<typeof tableFile>;
/** A table under `tables`, of files or of another source. */
export type AnyTableFile = NonNullable<ViewFile['tables']>[string];
