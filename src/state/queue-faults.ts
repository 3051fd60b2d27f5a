// Faults of the queues, for the status.

import type { Database } from '../postgres/database.ts';

/**
 * paused: no job is handed out · limited: fewer than Millrace needs, or none · damaged: a key that BullMQ cannot use,
 * so that operations on it fail
 */
export type QueueFault = {
  readonly queue: string;
  readonly kind: 'paused' | 'limited' | 'damaged';
  /** For damaged: the name of the key within the queue; else empty. */
  readonly key: string;
  /** The limit, or the type of the key. */
  readonly found: string;
};

export type RecordedFault = QueueFault & {
  /** The number of times it was found, even if it was fixed in between. */
  readonly times: number;
  readonly foundAt: string;
  /** Null while it is not fixed. */
  readonly repairedAt: string | null;
  readonly foundAgoMs: number;
};

/** Records the faults found just now, and marks all others as fixed. Writes nothing if nothing changed. */
export async function recordQueueFaults(
  database: Database,
  faults: readonly (QueueFault & { readonly isRepaired: boolean })[],
): Promise<void> {
  const found = JSON.stringify(faults);
  await database.run(
    `update millrace.queue_fault f set repaired_at = millrace.now()
      where repaired_at is null
        and not exists (select from jsonb_to_recordset($1::jsonb) as n(queue text, kind text, key text)
                         where (n.queue, n.kind, n.key) = (f.queue, f.kind, f.key))`,
    [found],
  );
  if (faults.length === 0) return;
  await database.run(
    `insert into millrace.queue_fault as f (queue, kind, key, found, repaired_at)
     select queue, kind, key, found, case when "isRepaired" then millrace.now() end
       from jsonb_to_recordset($1::jsonb) as n(queue text, kind text, key text, found text, "isRepaired" boolean)
         on conflict (queue, kind, key) do update
        set found = excluded.found, times = f.times + 1, found_at = excluded.found_at, repaired_at = excluded.repaired_at`,
    [found],
  );
  await database.run(`delete from millrace.queue_fault where repaired_at < millrace.now() - interval '7 days'`);
}

/** Faults that exist now or were fixed within the last hour. */
export async function recentQueueFaults(database: Database): Promise<RecordedFault[]> {
  return database.query<RecordedFault>(
    `select queue, kind, key, found, times,
            to_char(found_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "foundAt",
            to_char(repaired_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "repairedAt",
            (extract(epoch from millrace.now() - found_at) * 1000)::bigint as "foundAgoMs"
       from millrace.queue_fault
      where repaired_at is null or repaired_at > millrace.now() - interval '1 hour'
      order by queue, kind, key`,
  );
}
