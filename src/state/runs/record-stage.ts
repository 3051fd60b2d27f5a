// What a stage of a run found, and which stage is next, as one write under the run's epoch.

import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import { leaseLost, type Run, type RunCounts, type StageName } from './run.ts';

/** Columns of the run row that a stage writes as it hands over to the next. */
export type StageResult = {
  readonly stage: StageName;
  readonly stagingTable?: string | null;
  readonly refusedTable?: string | null;
  readonly stagedRows?: number | null;
  readonly keptRefusedRows?: number | null;
  readonly counts?: RunCounts;
  readonly profile?: unknown;
  /** Added to those of earlier attempts, each once. */
  readonly notes?: readonly string[];
  readonly withoutFiles?: boolean;
};

/** Writes what a stage found, and which stage is next. @throws Failure LEASE_LOST */
export async function recordStage(session: Database | Session, run: Run, result: StageResult): Promise<Run> {
  const next = { ...run, ...result };
  const written = await session.run(
    `update millrace.run
        set stage = $3, staging_table = $4, refused_table = $5, staged_rows = $6, kept_refused_rows = $7,
            without_files = coalesce($11, without_files), counts = $8, profile = coalesce($9, profile),
            notes = notes || coalesce((
              select jsonb_agg(note) from jsonb_array_elements($10::jsonb) as note where not notes @> note), '[]')
      where id = $1 and epoch = $2 and state = case $3 when 'done' then 'committed' else 'active' end`,
    [
      run.id,
      run.epoch,
      next.stage,
      next.stagingTable,
      next.refusedTable,
      next.stagedRows,
      next.keptRefusedRows,
      JSON.stringify(next.counts),
      result.profile === undefined ? null : JSON.stringify(result.profile),
      JSON.stringify(result.notes ?? []),
      result.withoutFiles ?? null,
    ],
  );
  if (written === 0) throw leaseLost(run);
  return { ...run, ...withoutExtras(result) };
}

function withoutExtras({
  profile: _profile,
  notes: _notes,
  withoutFiles: _withoutFiles,
  ...columns
}: StageResult): Partial<Run> & { stage: StageName } {
  return columns;
}
