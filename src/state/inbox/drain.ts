// A drain: a run of a pushed view. It marks the entries that it sees, and its commit deletes exactly those.

import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import { leaseLost, type Run } from '../runs/run.ts';

/** One drain moves at most this many entries, and about this many rows; the next drain moves the others. */
const DRAINED_MAX = { entries: 20_000, rows: 1_000_000 };

/**
 * Marks the oldest entries of the run's view for this epoch of the run, including those that an ended run left marked.
 * Returns the number of rows. @throws Failure LEASE_LOST
 */
export async function markInbox(database: Database, run: Run): Promise<number> {
  return database.transaction(async (session) => {
    // Locked in the order of their ids: an attempt that has lost the run may be marking them too.
    const [marked] = await session.query<{ rows: number }>(
      `with oldest as materialized (
         select id, rows from millrace.inbox where view_id = $1 order by id limit ${DRAINED_MAX.entries} for no key update),
       drained as (
         select id from (select id, sum(rows) over (order by id) - rows as before from oldest) counted
          where before < ${DRAINED_MAX.rows}),
       marked as (
         update millrace.inbox i set run_id = $2, epoch = $3, refused = 0 from drained where i.id = drained.id returning i.rows)
       select coalesce(sum(rows), 0)::bigint as rows from marked`,
      [run.viewId, run.id, run.epoch],
    );
    // At the end, because renewals of the lease wait for this lock. A claim by another worker waits as well, and then marks
    // for its own epoch.
    const [owned] = await session.query<{ id: number }>(
      `select id from millrace.run where id = $1 and epoch = $2 and state = 'active' for share`,
      [run.id, run.epoch],
    );
    if (owned === undefined) throw leaseLost(run);
    return marked?.rows ?? 0;
  });
}

/** More than an entry has rows: the tie_break of a row is the id of its entry times this, plus its place in the entry. */
export const PLACES_PER_ENTRY = 1_000;

export type MarkedEntry = {
  readonly id: number;
  readonly columns: readonly string[];
  /** The `column` of each cell's feature; null in entries of earlier releases. */
  readonly cellColumns: readonly string[] | null;
  readonly data: string;
};

/** Entries are read together until they have this much text: most have one row, and some have hundreds. */
const READ_MAX = { entries: 1_000, bytes: 4_194_304 };

/** The entries that the run has marked, in the order in which they were pushed. */
export async function* markedEntries(database: Database, { id, epoch }: Run): AsyncGenerator<MarkedEntry> {
  let last = 0;
  for (;;) {
    const entries = await database.query<MarkedEntry>(
      `select id, to_jsonb(columns) as columns, to_jsonb(cell_columns) as "cellColumns", data
         from (select *, sum(octet_length(data)) over (order by id) - octet_length(data) as before
                 from (select id, columns, cell_columns, data from millrace.inbox
                        where run_id = $1 and epoch = $2 and id > $3 order by id limit ${READ_MAX.entries}) next) counted
        where before < ${READ_MAX.bytes} order by id`,
      [id, epoch, last],
    );
    yield* entries;
    const newest = entries.at(-1);
    if (newest === undefined) return;
    last = newest.id;
  }
}

/** Counts the refused rows of each marked entry: those that are not staged. */
export async function countRefused(session: Session, { id, epoch }: Run, stagingTable: string): Promise<void> {
  await session.run(
    `update millrace.inbox i set refused = counted.refused
       from (select e.id, e.rows - coalesce(staged.rows, 0) as refused
               from millrace.inbox e
               left join (select div(tie_break, ${PLACES_PER_ENTRY})::bigint as id, count(*)::int as rows
                            from ${stagingTable} group by 1) staged using (id)
              where e.run_id = $1 and e.epoch = $2) counted
      where i.id = counted.id and counted.refused > 0`,
    [id, epoch],
  );
}

/** Deletes what the run has marked, in its commit, and keeps the counts of refused rows. Returns the number of rows. */
export async function deleteMarked(session: Session, { id, epoch }: Run): Promise<number> {
  const [deleted] = await session.query<{ rows: number }>(
    `with deleted as (delete from millrace.inbox where run_id = $1 and epoch = $2 returning id, rows, refused),
     noted as (
       insert into millrace.inbox_refused (entry_id, rows) select id, refused from deleted where refused > 0)
     select coalesce(sum(rows), 0)::bigint as rows from deleted`,
    [id, epoch],
  );
  return deleted?.rows ?? 0;
}
