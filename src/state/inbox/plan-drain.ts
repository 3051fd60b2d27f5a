// Planning drains: one run of a view at a time, as long as its inbox holds rows.

import type { Database } from '../../postgres/database.ts';
import { lockPlanning } from '../locks.ts';
import { insertRuns } from '../runs/insert.ts';
import { DEFAULT_RUN_OPTIONS, type RunOptions } from '../runs/run.ts';
import { IN } from '../runs/states.ts';
import { MAY_RUN } from '../views/may-run.ts';
import { appliedViewsOf } from '../views/views.ts';

/** Pushed rows wait for the store, so a drain starts before scheduled runs and retries quickly. */
const DRAIN_OPTIONS: RunOptions = { ...DEFAULT_RUN_OPTIONS, backoffMs: 2_000, backoffMaxMs: 60_000, priority: 2 };

// A failed drain would fail again: the next one waits for a minute, and twice as long after each further failure.
const FAILED_RECENTLY = `
  v.failed_in_a_row > 0 and exists (
    select from (select state, closed_at from millrace.run r where r.view_id = v.id order by id desc limit 1) last
     where last.state = 'failed'
       and last.closed_at > millrace.now() - least(interval '10 minutes', interval '1 minute' * 2 ^ least(v.failed_in_a_row - 1, 9)))`;

const WAITS = `
  select v.id
    from millrace.view v
   where v.kind = 'pushed' and ${MAY_RUN}
     and exists (select from millrace.inbox i where i.view_id = v.id)
     and not exists (select from millrace.run r where r.view_id = v.id and r.state ${IN.unstored})
     and not (${FAILED_RECENTLY})`;

/** The views whose inbox holds rows that no run will move. */
export async function viewsToDrain(database: Database): Promise<number[]> {
  return (await database.query<{ id: number }>(WAITS)).map(({ id }) => id);
}

/** The view of a run if it is one of these; null otherwise. */
export async function viewToDrainAfter(database: Database, run: number): Promise<number | null> {
  const [found] = await database.query<{ id: number }>(
    `${WAITS} and v.id = (select view_id from millrace.run where id = $1)`,
    [run],
  );
  return found?.id ?? null;
}

/** Plans a drain, unless a run of the view is open that will see the rows, or the view may not run. Returns its id. */
export async function planDrain(database: Database, viewId: number): Promise<number | null> {
  const [waits] = await database.query<{ id: number }>(`${WAITS} and v.id = $1`, [viewId]);
  if (waits === undefined) return null;
  return database.transaction(async (session) => {
    await lockPlanning(session, viewId);
    const [applied] = await appliedViewsOf(session, [viewId]);
    const [still] = await session.query<{ id: number }>(`${WAITS} and v.id = $1`, [viewId]);
    if (applied === undefined || still === undefined) return null;
    const run = { viewId, fingerprint: applied.data, span: null };
    const [planned] = await insertRuns(session, [run], { reason: 'push', options: DRAIN_OPTIONS });
    return planned ?? null;
  });
}
