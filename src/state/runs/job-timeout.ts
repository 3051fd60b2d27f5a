// The timeout of a run that an operator requests: no job is named, but the view takes as long as in its jobs.

import type { FeatureView } from '../../definition/view.ts';
import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import { DEFAULT_RUN_OPTIONS } from './run.ts';

/**
 * The longest `timeout`, in milliseconds, of the deployed jobs with the view or one of its tags, including paused ones;
 * the default if there is none.
 */
export async function jobTimeoutMs(
  database: Database | Session,
  { name, tags, partsOf }: Pick<FeatureView, 'name' | 'tags' | 'partsOf'>,
): Promise<number> {
  const words = [partsOf ?? name, ...tags.map((tag) => `tag:${tag}`)];
  const [row] = await database.query<{ longest: number | null }>(
    `select max((job->>'timeoutMs')::bigint) as longest
       from (select jobs from millrace.deployment order by generation desc limit 1) newest,
            jsonb_each(newest.jobs) as named(name, job)
      where job->'views' ?| $1::text[]`,
    [words],
  );
  return row?.longest ?? DEFAULT_RUN_OPTIONS.timeoutMs;
}
