// The schema of jobs/*.yaml.

import type { z } from 'zod';
import { duration, list, map, name, someText, text, whole, yesNo } from './field.ts';

const retries = map({
  attempts: whole(1, 100).default(5).describe('The maximum number of attempts for a run before its interval is held.'),
  backoff: duration()
    .default('30s')
    .describe(
      'The maximum delay before the second attempt. It doubles with each further attempt. The actual delay is random, between half of the maximum and the maximum.',
    ),
  max: duration().default('10m').describe('The maximum delay between two attempts.'),
});

export const jobFile = map({
  name: name().describe('The name of the job.'),
  description: text().default('').describe('What the job is for.'),
  cron: someText('five cron fields: minute hour day-of-month month day-of-week').describe(
    'When to check what is due: five fields, minute hour day-of-month month day-of-week. If neither day-of-month nor day-of-week is `*`, the job ticks on days that match either one: `0 9 13 * FRI` is every Friday and every 13th. The intervals of the views determine what is processed.',
  ),
  timezone: someText('a time zone such as Europe/London')
    .default('UTC')
    .describe('The time zone of `cron`. Intervals are always in UTC.'),
  views: list(someText('the name of a view, or tag:NAME'), 'list of names', { min: 1, max: 1_000 }).describe(
    'The views to run: names, or `tag:NAME` for all views with that tag.',
  ),
  retries: retries.prefault({}).describe('How failed runs are retried.'),
  timeout: duration().default('30m').describe('The maximum time for one attempt of a run.'),
  priority: whole(1, 9)
    .default(5)
    .describe('The order in which workers start waiting runs: 1 starts before 9. Backfills have their own slots.'),
  paused: yesNo()
    .default(false)
    .describe('Whether the schedule is paused. A paused schedule is kept but does not tick.'),
});

export type JobFile = z.infer<typeof jobFile>;
