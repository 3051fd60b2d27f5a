// What may be due after a run. Most runs are followed by nothing, which costs one statement.

import type { Database } from '../../postgres/database.ts';
import { prepared } from '../../postgres/prepared.ts';
import { IN_OPEN } from '../backfills/backfill-state.ts';

export type FollowUps = {
  /** A backfill of the view is open. */
  readonly hasBackfill: boolean;
  /** Intervals of the view are due that have no run yet. */
  readonly hasBacklog: boolean;
  /** The view has an inbox. */
  readonly isPushed: boolean;
  /** Planned runs wait for the view. */
  readonly isAwaited: boolean;
};

const ALL: FollowUps = { hasBackfill: true, hasBacklog: true, isPushed: true, isAwaited: true };

/** What may follow a run. Everything if Postgres does not respond: each of the follow-ups then reports that itself. */
export async function followUps(database: Database, run: number): Promise<FollowUps> {
  const [found] = await database.query<FollowUps>(FOLLOW_UPS, [run]).catch(() => [ALL]);
  return found ?? ALL;
}

const FOLLOW_UPS = prepared(
  `select exists (select from millrace.backfill b where b.view_id = r.view_id and b.state ${IN_OPEN}) as "hasBackfill",
          exists (select from millrace.backlog b where b.view_id = r.view_id) as "hasBacklog",
          v.kind = 'pushed' as "isPushed",
          exists (select from millrace.run w
                   where w.state = 'planned' and w.waits_for_views is not null
                     and w.waits_for_views @> array[v.name]) as "isAwaited"
     from millrace.run r join millrace.view v on v.id = r.view_id where r.id = $1`,
);
