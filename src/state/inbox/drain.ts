// A drain: a run of a pushed view. It marks the entries that it sees, and its commit deletes exactly those.

import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import { leaseLost, type Run } from '../runs/run.ts';

/**
 * Marks all entries of the run's view for this epoch of the run, also those that an ended run has left marked. Returns the number
 * of rows. @throws Failure LEASE_LOST
 */
export async function markInbox(database: Database, run: Run): Promise<number> {
  return database.transaction(async (session) => {
    // A claim by another worker waits for this lock, and then marks again for its own epoch.
    const [owned] = await session.query<{ id: number }>(
      `select id from millrace.run where id = $1 and epoch = $2 and state = 'active' for share`,
      [run.id, run.epoch],
    );
    if (owned === undefined) throw leaseLost(run);
    const [marked] = await session.query<{ rows: number }>(
      `with marked as (
         update millrace.inbox set run_id = $2, epoch = $3 where view_id = $1 returning rows)
       select coalesce(sum(rows), 0)::bigint as rows from marked`,
      [run.viewId, run.id, run.epoch],
    );
    return marked?.rows ?? 0;
  });
}

export type MarkedEntry = { readonly id: number; readonly columns: readonly string[]; readonly data: string };

const ENTRIES_PER_READ = 20;

/** The entries that the run has marked, in the order in which they were pushed. */
export async function* markedEntries(database: Database, { id, epoch }: Run): AsyncGenerator<MarkedEntry> {
  let last = 0;
  for (;;) {
    const entries = await database.query<MarkedEntry>(
      `select id, to_jsonb(columns) as columns, data from millrace.inbox
        where run_id = $1 and epoch = $2 and id > $3 order by id limit ${ENTRIES_PER_READ}`,
      [id, epoch, last],
    );
    yield* entries;
    if (entries.length < ENTRIES_PER_READ) return;
    last = entries.at(-1)?.id ?? last;
  }
}

/** Deletes what the run has marked, in its commit. Returns the number of rows. */
export async function deleteMarked(session: Session, { id, epoch }: Run): Promise<number> {
  const [deleted] = await session.query<{ rows: number }>(
    `with deleted as (delete from millrace.inbox where run_id = $1 and epoch = $2 returning rows)
     select coalesce(sum(rows), 0)::bigint as rows from deleted`,
    [id, epoch],
  );
  return deleted?.rows ?? 0;
}
