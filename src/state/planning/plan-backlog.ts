// Plans the backlog when runs have closed.

import { hasIntervals } from '../../definition/view.ts';
import { OPEN_RUNS_MAX } from '../../plan/due.ts';
import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import { tryLockCoverage, tryLockPlanning } from '../locks.ts';
import { countedRuns } from '../runs/open-runs.ts';
import { IN } from '../runs/states.ts';
import { appliedViewsOf } from '../views/views.ts';
import { backlogOf, forgetBacklog } from './backlog.ts';
import { ALL_TIME, type Planned, planLocked } from './planning.ts';

/** Planned in batches: a plan for each closed run would cost more than the run. */
const ROOM_FROM = OPEN_RUNS_MAX / 2;

const NOTHING: Planned = { runs: [], left: [] };

/** Whether this number of open runs leaves room for a plan of the backlog. */
export function hasRoom(openRuns: number): boolean {
  return openRuns < ROOM_FROM;
}

/**
 * Plans as much of a view's backlog as there is room for, with the original reasons and options; restatements first,
 * since they leave room for the others. Does nothing if there is little room, if the view may not run, or if another
 * session plans or commits it.
 */
export async function planBacklog(database: Database, viewId: number): Promise<Planned> {
  return database.transaction(async (session) => {
    const [free] = await tryLockPlanning(session, [viewId]);
    if (free === undefined || !hasRoom(await openRunsOf(session, viewId))) return NOTHING;
    // Not during a commit of the view, which may take minutes: other views would wait for this one.
    const [quiet] = await tryLockCoverage(session, [viewId]);
    if (quiet === undefined) return NOTHING;
    const [applied] = await appliedViewsOf(session, [viewId]);
    if (applied !== undefined && !hasIntervals(applied.view.kind)) {
      await forgetBacklog(session, viewId);
      return NOTHING;
    }
    const plans: Planned[] = [];
    for (const { id, reason, options } of await backlogOf(session, viewId)) {
      plans.push(await planLocked(session, viewId, { reason, options, within: ALL_TIME, backlog: id }));
    }
    return { runs: plans.flatMap(({ runs }) => runs), left: plans.flatMap(({ left }) => left) };
  });
}

async function openRunsOf(session: Session, viewId: number): Promise<number> {
  const [row] = await session.query<{ open: number }>(
    `select ${countedRuns('r')} as open from millrace.run r where r.view_id = $1 and r.state ${IN.unstored}`,
    [viewId],
  );
  return row?.open ?? 0;
}
