// The compact record of a deleted run. Reads only.

import type { EpochMs } from '../../core/instant.ts';
import type { Interval } from '../../core/interval.ts';
import type { Database } from '../../postgres/database.ts';
import { parseRanges } from '../../postgres/range.ts';

export type RunRecord = {
  readonly id: number;
  readonly view: string;
  readonly span: Interval | null;
  readonly reason: string;
  readonly fingerprint: string;
  /** Rows that the run inserted or changed. */
  readonly rows: number;
  readonly committedAt: EpochMs;
};

/** Null for a run that stored nothing, still exists, or never existed. */
export async function runRecord(database: Database, id: number): Promise<RunRecord | null> {
  const [row] = await database.query<Omit<RunRecord, 'span'> & { span: string }>(
    `select r.id, v.name as view, r.span::text as span, r.reason, r.fingerprint, r.rows,
            floor(extract(epoch from r.committed_at) * 1000)::bigint as "committedAt"
       from millrace.run_record r join millrace.view v on v.id = r.view_id where r.id = $1`,
    [id],
  );
  return row === undefined ? null : { ...row, span: parseRanges(row.span)[0] ?? null };
}
