// Views that come first: what they have not covered yet of a run's span, and the runs that wait for it.

import type { Interval } from '../../core/interval.ts';
import type { Database } from '../../postgres/database.ts';
import { parseRanges, rangeLiteral } from '../../postgres/range.ts';
import { LOCK_RUNS } from '../locks.ts';
import { changeRun } from '../runs/change.ts';
import { waitFacts } from '../runs/entry-facts.ts';
import type { Run } from '../runs/run.ts';
import { IN } from '../runs/states.ts';
import type { Wait } from '../runs/wait.ts';

/** What a view that comes first has neither covered nor skipped of a run's span; null where there is no such view any more. */
export type EarlierView = { readonly name: string; readonly lacking: readonly Interval[] | null };

/** The views that come before a run's, in the order in which its definition names them; none for a run without a span. */
export async function earlierViews(database: Database, { view, span }: Run): Promise<EarlierView[]> {
  if (span === null || view.after.length === 0) return [];
  const rows = await database.query<{ name: string; lacking: string | null }>(
    'select name, lacking::text as lacking from millrace.lacking($1::text[], $2::tstzrange)',
    [view.after, rangeLiteral(span)],
  );
  return rows.map(({ name, lacking }) => ({ name, lacking: lacking === null ? null : parseRanges(lacking) }));
}

/**
 * Notes that a planned run waits for views, and looks again after `delayMs`. False where it waits for something else, as
 * the pause before another attempt, or is somebody's.
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
 * Lets the runs begin that have waited for what a committed run has stored, and returns their ids, oldest first. Those that
 * wait for more go on waiting. Harmless to repeat; for a run that is not committed it does nothing.
 */
export async function wakeWaiting(database: Database, runId: number): Promise<number[]> {
  const rows = await database.query<{ id: number }>(
    `with waiting as (
       select r.id
         from millrace.run ended
         join millrace.view earlier on earlier.id = ended.view_id, millrace.run r
         join millrace.view v on v.id = r.view_id
        where ended.id = $1 and ended.state ${IN.stored}
          and r.state = 'planned' and r.waits_for_views @> array[earlier.name] and r.span && ended.span
          and not exists (select from millrace.lacking(v.after_views, r.span) where not isempty(lacking))
        ${LOCK_RUNS})
     update millrace.run r set not_before = null from waiting where r.id = waiting.id returning r.id`,
    [runId],
  );
  return rows.map(({ id }) => id).sort((a, b) => a - b);
}
