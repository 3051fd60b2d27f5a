// Upstream views (`after`, and the parts of an incremental view): what they have not covered of a run's span, and the runs that wait for them.

import type { Interval } from '../../core/interval.ts';
import type { Database } from '../../postgres/database.ts';
import { prepared } from '../../postgres/prepared.ts';
import { parseRanges, rangeLiteral } from '../../postgres/range.ts';
import { LOCK_RUNS } from '../locks.ts';
import { changeRun } from '../runs/change.ts';
import { waitFacts } from '../runs/entry-facts.ts';
import type { Run } from '../runs/run.ts';
import { IN } from '../runs/states.ts';
import type { Wait } from '../runs/wait.ts';

/** What an upstream view has neither covered nor skipped of a run's span; null if the view no longer exists. */
export type EarlierView = { readonly name: string; readonly missing: readonly Interval[] | null };

/** The upstream views that lack a part of a run's span or of its windows, in definition order; none for a run without a span. */
export async function earlierViews(database: Database, { viewId, view, span }: Run): Promise<EarlierView[]> {
  if (span === null || (view.after.length === 0 && view.incremental === undefined)) return [];
  const rows = await database.query<{ name: string; missing: string | null }>(
    `select upstream.name, missing::text as missing
       from millrace.view v cross join lateral millrace.lacking_of(v, $2::tstzrange) as upstream (name, missing)
      where v.id = $1 and (missing is null or not isempty(missing))`,
    [viewId, rangeLiteral(span)],
  );
  return rows.map(({ name, missing }) => ({ name, missing: missing === null ? null : parseRanges(missing) }));
}

/**
 * Records that a planned run waits for views, and delays it by `delayMs`. Returns false if it waits for something else,
 * such as a retry, or if a worker has it.
 */
export async function recordWaiting(
  database: Database,
  run: Run,
  { views, wait, delayMs }: { readonly views: readonly string[]; readonly wait: Wait; readonly delayMs: number },
): Promise<boolean> {
  const notBefore = `millrace.now() + make_interval(secs => $6::float8 / 1000)`;
  return changeRun(database, 'wait', run, {
    set: {
      waits_for_views: '$4',
      waiting_for: '$5::jsonb',
      waiting_since: 'coalesce(r.waiting_since, millrace.now())',
      not_before: notBefore,
    },
    facts: waitFacts('$5::jsonb', notBefore),
    where: 'r.epoch = $3 and (r.waits_for_views is not null or r.not_before is null or r.not_before <= millrace.now())',
    values: [run.epoch, views, JSON.stringify(wait), delayMs],
  });
}

/**
 * Wakes the runs that waited for what a committed run has stored, and returns their ids, oldest first. Runs that need
 * more keep waiting. Repeating it is harmless; for a run that is not committed it does nothing.
 */
export async function wakeWaiting(database: Database, runId: number): Promise<number[]> {
  const rows = await database.query<{ id: number }>(
    prepared(`with waiting as (
       select r.id
         from millrace.run ended
         join millrace.view earlier on earlier.id = ended.view_id, millrace.run r
         join millrace.view v on v.id = r.view_id
        where ended.id = $1 and ended.state ${IN.stored}
          and r.state = 'planned' and r.waits_for_views @> array[earlier.name] and (r.span && ended.span or earlier.parts_of = v.name)
          and not exists (
            select from millrace.lacking_of(v, r.span) as upstream (name, missing) where not isempty(missing))
        ${LOCK_RUNS})
     update millrace.run r set not_before = null from waiting where r.id = waiting.id returning r.id`),
    [runId],
  );
  return rows.map(({ id }) => id).sort((a, b) => a - b);
}
