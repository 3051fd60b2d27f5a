// jobs/*.yaml as written.

import type { z } from 'zod';
import { duration, list, map, name, someText, text, whole, yesNo } from './field.ts';

const retries = map({
  attempts: whole(1, 100).default(5).describe('How often a run is tried before it is held for a person.'),
  backoff: duration()
    .default('30s')
    .describe(
      'The longest pause before the second attempt; it doubles with each further one. Half of a pause is left to chance.',
    ),
  max: duration().default('10m').describe('The longest pause.'),
});

export const jobFile = map({
  name: name().describe('The name of the job.'),
  description: text().default('').describe('What the job is for, for people.'),
  cron: someText('five cron fields: minute hour day-of-month month day-of-week').describe(
    'When to look what is due: five fields, minute hour day-of-month month day-of-week. Where day-of-month and day-of-week are both something other than `*`, the job ticks on each day that matches either of them: `0 9 13 * FRI` is every Friday and every 13th. What is processed follows from the intervals of the views.',
  ),
  timezone: someText('a time zone such as Europe/London')
    .default('UTC')
    .describe('The time zone of `cron`. Intervals are always UTC.'),
  views: list(someText('the name of a view, or tag:NAME'), 'list of names', { min: 1, max: 1_000 }).describe(
    'The views to look at: names, and `tag:NAME` for all views with a tag.',
  ),
  retries: retries.prefault({}).describe('How failed runs are tried again.'),
  timeout: duration().default('30m').describe('How long one attempt of a run may take.'),
  priority: whole(1, 9)
    .default(5)
    .describe('Which runs the workers take first when several wait: 1 before 9. Backfills have slots of their own.'),
  paused: yesNo().default(false).describe('Whether the schedule rests: it is kept, and does not tick.'),
});

export type JobFile = z.infer<typeof jobFile>;
