// The details of one run besides its overview and history. Reads only.

import type { Database } from '../../postgres/database.ts';
import type { Delivery } from '../runs/deliveries.ts';
import type { RunFile } from '../runs/run-files.ts';

export type RunDetails = {
  /** The number of deliveries to the queue. */
  readonly deliveries: number;
  readonly backfill: { readonly id: number; readonly place: number } | null;
  /** The first of its files, by name. */
  readonly files: readonly RunFile[];
  readonly filesInAll: number;
  /** Stored refused rows by reason. */
  readonly kept: Readonly<Record<string, number>>;
};

const FILES_MAX = 50;

/** Null if there is no such run. */
export async function runDetails(database: Database, id: number): Promise<RunDetails | null> {
  const [row] = await database.query<Omit<RunDetails, 'files'> & { files: [string, string, number][] | null }>(
    `select r.deliveries,
            (select jsonb_build_object('id', backfill_id, 'place', place) from millrace.backfill_chunk
              where run_id = r.id order by backfill_id limit 1) as backfill,
            (select jsonb_agg(file order by place) from jsonb_array_elements(f.files) with ordinality as all_files (file, place)
              where place <= ${FILES_MAX}) as files,
            coalesce(jsonb_array_length(f.files), 0) as "filesInAll",
            coalesce((select jsonb_object_agg(reason, rows) from (
              select reason, count(*) as rows from millrace.quarantine where run_id = r.id group by reason) q), '{}') as kept
       from millrace.run r left join millrace.run_files f on f.run_id = r.id where r.id = $1`,
    [id],
  );
  if (row === undefined) return null;
  const files = (row.files ?? []).map(([name, version, bytes]) => ({ name, version, bytes }));
  return { ...row, files };
}

/** The queue of a run. */
export function queueOf({ reason }: Pick<Delivery, 'reason'>): 'run' | 'backfill' {
  return reason === 'backfill' ? 'backfill' : 'run';
}
