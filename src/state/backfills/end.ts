// The automatic end of a backfill.

import type { Session } from '../../postgres/session.ts';
import { IN } from '../runs/states.ts';
import { IN_OPEN } from './backfill-state.ts';

/**
 * Closes a running or paused backfill without waiting or open chunks, in a transaction that holds the lock of its
 * view's planning. Chunks that other runs left held count as failed.
 */
export async function closeIfDone(session: Session, id: number): Promise<void> {
  // The run that replaced a superseded run may not have covered its chunk.
  const isWaiting = `c.skipped is null and (c.run_id is null or r.state = 'superseded')`;
  await session.run(
    `update millrace.backfill
        set closed_at = millrace.now(), paused_kind = null, paused_facts = null,
            state = case when ${chunks(`(c.skipped = 'held' or r.state ${IN.retryable})`)} then 'partial'
                         else 'complete' end
      where id = $1 and state ${IN_OPEN}
        and not ${chunks(isWaiting)}
        and not ${chunks(`r.state ${IN.open}`)}`,
    [id],
  );
}

function chunks(condition: string): string {
  return `exists (select from millrace.backfill_chunk c left join millrace.run r on r.id = c.run_id
                   where c.backfill_id = $1 and ${condition})`;
}
