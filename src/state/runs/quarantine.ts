// Refused rows with their reasons.

import { REDACTED_VALUE } from '../../core/message.ts';
import { ENTITY_ID, keyColumns } from '../../definition/entity.ts';
import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import { IS_REDACTED, type ViewRedaction } from '../redaction.ts';
import type { Run } from './run.ts';

/** Moves the refused rows of an attempt into quarantine, and replaces those of earlier attempts of the run. */
export async function quarantineRefused(session: Session, run: Run): Promise<void> {
  await session.run('delete from millrace.quarantine where run_id = $1', [run.id]);
  if (run.refusedTable === null) return;
  await session.run(
    // By name in JSON: the table may be of a worker of an earlier release, which has no field.
    `insert into millrace.quarantine (view_id, run_id, reason, field, detail, row)
     select $1, $2, reason, to_jsonb(refused)->>'field', detail, row from ${run.refusedTable} refused where reason is not null`,
    [run.viewId, run.id],
  );
}

export type QuarantinedRow = {
  readonly runId: number;
  readonly span: string;
  readonly reason: string;
  readonly field: string | null;
  readonly detail: string;
  readonly row: Readonly<Record<string, unknown>>;
};

/**
 * The newest refused rows of a view, of one run if `runId` is given. Rows that were refused before their view became
 * redacted hold values: these, and the detail that may quote them, are left out.
 */
export async function quarantinedRows(
  database: Database,
  viewId: number,
  { runId, limit }: { runId: number | null; limit: number },
): Promise<QuarantinedRow[]> {
  const rows = await database.query<QuarantinedRow & ViewRedaction & { readonly entity: string }>(
    `select q.run_id as "runId", r.span::text as span, q.reason, q.field, q.detail, q.row, ${IS_REDACTED} as "isRedacted", v.entity
       from millrace.quarantine q join millrace.run r on r.id = q.run_id join millrace.view v on v.id = q.view_id
      where q.view_id = $1 and ($2::bigint is null or q.run_id = $2) order by q.id desc limit $3`,
    [viewId, runId, limit],
  );
  return rows.map(({ isRedacted, entity, ...refused }) =>
    isRedacted ? redactRow(refused, [ENTITY_ID, ...keyColumns({ entity })]) : refused,
  );
}

function redactRow(refused: QuarantinedRow, keys: readonly string[]): QuarantinedRow {
  const isShown = (column: string, value: unknown) =>
    keys.includes(column) || value === null || value === REDACTED_VALUE;
  const row = Object.fromEntries(
    Object.entries(refused.row).map(([column, value]) => [column, isShown(column, value) ? value : REDACTED_VALUE]),
  );
  const wasRedacted = Object.entries(refused.row).every(([column, value]) => isShown(column, value));
  return { ...refused, row, detail: wasRedacted ? refused.detail : REDACTED_VALUE };
}
