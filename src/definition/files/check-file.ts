// The schema of one check of a view. check-rules.ts checks which keys go together.

import { z } from 'zod';
import { list, map, name, number, oneOf, share, someText, whole } from './field.ts';

/** The keys that say what is checked, of which a check has exactly one. */
export const CHECK_KINDS = ['row', 'matches', 'unique', 'volume', 'drift', 'entities'] as const;

const EXPECTED_DRIFT = 'a feature, a list of features, or "*" for all';

function drifting() {
  const error = () => EXPECTED_DRIFT;
  return z
    .union([z.literal('*', { error }), name(), z.array(name()).min(1).max(500)], { error })
    .meta({ title: 'name, list of names or "*"' });
}

export const checkFile = map({
  row: someText('a condition')
    .optional()
    .describe(
      'A condition in Postgres SQL over `entity_id`, `timestamp` and the features, such as `lines > 0 and amount < 1e6`. Rows for which it is null pass.',
    ),
  matches: someText('a regular expression')
    .optional()
    .describe('A Postgres regular expression that the values of the text `feature` must match. Nulls pass.'),
  feature: name().optional().describe('The feature that `matches` applies to.'),
  unique: list(name(), 'list of names', { min: 1, max: 50 })
    .optional()
    .describe('Features whose combined values must be unique within a run. Rows with a null are not compared.'),
  volume: share()
    .optional()
    .describe(
      'The largest allowed difference between the number of rows in an interval and the median of earlier intervals. Differences small enough to be random always pass.',
    ),
  drift: drifting()
    .optional()
    .describe('Features, or `"*"` for all, whose distributions are compared with those of earlier runs.'),
  psi: number().optional().describe('For `drift`: the largest allowed population stability index. Default: 0.2.'),
  entities: map({
    min: whole(0, 1_000_000_000).optional().describe('The minimum number of entities in a run.'),
    max: whole(0, 1_000_000_000).optional().describe('The maximum number of entities in a run.'),
  })
    .optional()
    .describe('The number of distinct entities in a run.'),
  compared_to: whole(1, 100)
    .optional()
    .describe(
      'For `volume` and `drift`: the number of earlier intervals to compare with. If there are fewer than four of them (or fewer than this number, if it is below four), nothing is compared. Default: 8 for `volume`, 28 for `drift`.',
    ),
  same: oneOf(['any', 'hour', 'weekday', 'week_hour'])
    .optional()
    .describe(
      'For `volume` and `drift`: compare only with intervals of the same hour of the day, day of the week, or hour of the week, in UTC. Default: `week_hour` for intervals shorter than one day, `weekday` for one day, otherwise `any`.',
    ),
  at_least: share()
    .optional()
    .describe(
      'For `row`, `matches` and `unique` with `warn` or `fail`: the share of rows that must pass. Default: 100%.',
    ),
  on_failure: oneOf(['refuse', 'warn', 'fail'])
    .default('fail')
    .describe(
      '`fail`: the run fails with `CHECK_FAILED`, and stored rows are unchanged. `warn`: the run continues, and `millrace status`, the dashboard and alerts show a warning. `refuse`, only for `row` and `matches`: rows that fail the check are refused. In a view of kind `pushed`, `fail` refuses rows too, and other checks must have `warn`.',
    ),
});

export type CheckFile = z.infer<typeof checkFile>;
