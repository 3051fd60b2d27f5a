// The deployments as they are recorded. The jobs of the newest one are what is scheduled, whoever is elected. Reads only.

import type { EpochMs } from '../../core/instant.ts';
import { type Job, keptJob } from '../../definition/job.ts';
import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';

/** A job as it is scheduled, and from when on: ticks before that were never its own. */
export type DeployedJob = Job & {
  readonly since: EpochMs;
  /** When its cron or time zone became another while it ticked; absent where they never did. */
  readonly changedAt?: EpochMs;
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

/** The newest deployment; null where nothing was deployed yet. */
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

/** A job of the newest deployment; null where it has none of that name. */
export async function deployedJob(database: Database, name: string): Promise<DeployedJob | null> {
  const [row] = await database.query<{ job: DeployedJob | null }>(
    'select jobs -> $1::text as job from millrace.deployment order by generation desc limit 1',
    [name],
  );
  return row?.job == null ? null : keptJob(row.job);
}

/** The newest generation of these definitions; null where they were never deployed. */
export async function generationOf(database: Database, fingerprint: string): Promise<number | null> {
  const [row] = await database.query<{ generation: number }>(
    'select max(generation) as generation from millrace.deployment where fingerprint = $1 having count(*) > 0',
    [fingerprint],
  );
  return row?.generation ?? null;
}
