// What was found wrong with the queues, for those who look at the status.

import type { Database } from '../postgres/database.ts';

/**
 * paused: no job is handed out · limited: fewer than Millrace asks for, or none · damaged: a key is not what BullMQ keeps
 * there, and whatever needs it fails
 */
export type QueueFault = {
  readonly queue: string;
  readonly kind: 'paused' | 'limited' | 'damaged';
  /** Of a damaged key, its name within the queue; else empty. */
  readonly key: string;
  /** The limit, or the type of the key. */
  readonly found: string;
};

export type RecordedFault = QueueFault & {
  /** How often it was found, however often it was fixed. */
  readonly times: number;
  readonly foundAt: string;
  /** Null while it is not fixed. */
  readonly repairedAt: string | null;
  readonly foundAgoMs: number;
};

/** Records what was found just now, and that what is not among it is fixed. Writes nothing where nothing changes. */
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

/** What is wrong now, or was until an hour ago. */
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
