// The recorded deployments. The elected scheduler schedules the jobs of the newest one. Reads only.

import type { EpochMs } from '../../core/instant.ts';
import { type Job, keptJob } from '../../definition/job.ts';
import type { GainedView } from '../../plan/catch-up.ts';
import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';

/** A scheduled job and the start of its schedule: earlier ticks do not belong to it. */
export type DeployedJob = Job & {
  readonly since: EpochMs;
  /** When its cron or time zone changed while it ticked; absent if that never happened. */
  readonly changedAt?: EpochMs;
  /** Its views for which another job ticked before, while that matters (`keptGained`); absent if there are none. */
  readonly gained?: readonly GainedView[];
};

export type Deployment = {
  readonly generation: number;
  readonly fingerprint: string;
  /** Sorted by name. */
  readonly jobs: readonly DeployedJob[];
  readonly complete: boolean;
  readonly program: string;
  readonly by: string;
  readonly at: EpochMs;
};

type DeploymentRow = Omit<Deployment, 'jobs'> & { readonly jobs: Readonly<Record<string, DeployedJob>> };

/** The newest deployment; null before the first. */
export async function newestDeployment(database: Database | Session): Promise<Deployment | null> {
  const [row] = await database.query<DeploymentRow>(
    `select generation, fingerprint, jobs, complete, program, deployed_by as by,
            floor(extract(epoch from at) * 1000)::bigint as at
       from millrace.deployment order by generation desc limit 1`,
  );
  if (row === undefined) return null;
  const jobs = Object.values(row.jobs).map(keptJob);
  return { ...row, jobs: jobs.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

/** A job of the newest deployment; null if it has no job of that name. */
export async function deployedJob(database: Database, name: string): Promise<DeployedJob | null> {
  const [row] = await database.query<{ job: DeployedJob | null }>(
    'select jobs -> $1::text as job from millrace.deployment order by generation desc limit 1',
    [name],
  );
  return row?.job == null ? null : keptJob(row.job);
}

/** The newest generation with these definitions; null if they were never deployed. */
export async function generationOf(database: Database, fingerprint: string): Promise<number | null> {
  const [row] = await database.query<{ generation: number }>(
    'select max(generation) as generation from millrace.deployment where fingerprint = $1 having count(*) > 0',
    [fingerprint],
  );
  return row?.generation ?? null;
}
