// The probes of unavailable sources, shared by all workers: each doubles the time to the next one, and there are at most
// ten in 24 hours.

import type { Failure } from '../../core/failure.ts';
import type { Database } from '../../postgres/database.ts';
import { runErrorOf } from '../runs/run-error.ts';
import { IN } from '../runs/states.ts';
import { MAY_RUN } from '../views/may-run.ts';
import { AWAY } from './away.ts';

export const PROBES_MAX = 10;
const FIRST_MINUTES = 1;
/** The longest wait is 2⁹ minutes, about 8 hours. */
const DOUBLINGS_MAX = 9;

const SOURCES_AWAY = `
  select waiting.source, max(waiting.failed_run) as failed_run, max(waiting.failed_at) as failed_at
    from millrace.view v
    join millrace.coverage c on c.view_id = v.id
   cross join ${AWAY} waiting
   where not isempty(c.held) and ${MAY_RUN}
   group by waiting.source`;

// Not waiting for the next probe if another run of the source has stored rows since the failure and the last probe. An
// incremental view does not read its source: its parts do.
const HAS_RESPONDED = `exists (
  select from millrace.view w join millrace.run s on s.view_id = w.id and s.id > a.failed_run
   where (w.source = a.source or a.source = any(w.other_sources)) and w.parts_window is null and s.state ${IN.stored}
     and s.committed_at > greatest(a.failed_at, (select max(at) from unnest(p.probed_at) at)))`;

const RECENT = `(select coalesce(array_agg(at order by at), '{}') from unnest(p.probed_at) at
                  where at > millrace.now() - interval '24 hours')`;

/** The sources to probe now: held time waits for them. Schedules the first probe of a source. */
export async function sourcesToProbe(database: Database): Promise<string[]> {
  const rows = await database.query<{ source: string }>(
    `with a as materialized (${SOURCES_AWAY}),
     noted as (
       insert into millrace.source_probe (source, next_at)
         select source, millrace.now() + interval '${FIRST_MINUTES} minute' from a on conflict do nothing)
     select a.source from a join millrace.source_probe p using (source)
      where (p.next_at <= millrace.now() or ${HAS_RESPONDED}) and cardinality(${RECENT}) < ${PROBES_MAX}
      order by a.source`,
  );
  return rows.map(({ source }) => source);
}

/**
 * Takes the next probe of a source for this process; false if another process has just taken it, or there were too many
 * in 24 hours.
 */
export async function takeProbe(database: Database, source: string): Promise<boolean> {
  const taken = await database.run(
    `with recent as (
       select source, probed_at as before, ${RECENT} as at from millrace.source_probe p where source = $1)
     update millrace.source_probe p
        set probed_at = recent.at || millrace.now(),
            next_at = greatest(
              millrace.now() + power(2, least(cardinality(recent.at) + 1, ${DOUBLINGS_MAX})) * interval '${FIRST_MINUTES} minute',
              case when cardinality(recent.at) + 1 >= ${PROBES_MAX}
                   then coalesce(recent.at[1], millrace.now()) + interval '24 hours' end)
       from recent
      where p.source = recent.source and p.probed_at = recent.before and cardinality(recent.at) < ${PROBES_MAX}`,
    [source],
  );
  return taken === 1;
}

/** Records the result of a probe: null if the source has responded. */
export async function recordProbe(database: Database, source: string, failure: Failure | null): Promise<void> {
  await database.run(
    `update millrace.source_probe
        set error = $2, responded_at = case when $2::jsonb is null then millrace.now() else responded_at end
      where source = $1`,
    [source, failure === null ? null : JSON.stringify(runErrorOf(failure))],
  );
}
