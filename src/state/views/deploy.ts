// Deploys all definitions of a project, and records the deployment. A process that returns with old definitions changes
// nothing.

import { Failure } from '../../core/failure.ts';
import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import { definitionsFingerprint } from '../../definition/fingerprint.ts';
import type { Job } from '../../definition/job.ts';
import { keptGained } from '../../plan/catch-up.ts';
import type { Database } from '../../postgres/database.ts';
import { codeOf } from '../../postgres/failure.ts';
import type { Session } from '../../postgres/session.ts';
import { lockForSession } from '../locks.ts';
import { type DeployedJob, type Deployment, generationOf, newestDeployment } from './deployment.ts';
import { withParts } from './fingerprinted.ts';
import { correctValueFeatures } from './value-feature.ts';
import { appliedViews, deployViewRows, type FingerprintedView, retireViews, type ViewChange } from './views.ts';

/** The definitions of a project, and who deploys them. */
export type Deploying = {
  readonly views: readonly FingerprintedView[];
  readonly jobs: readonly Job[];
  /** The version of the program. */
  readonly program: string;
  /** The process, for display. */
  readonly by: string;
};

export type Deployed = {
  readonly generation: number;
  readonly changes: readonly { readonly name: string; readonly change: ViewChange | 'retired' }[];
};

/** The outcome for the definitions of a process that starts. */
export type StartOutcome =
  | { readonly kind: 'current'; readonly generation: number }
  | { readonly kind: 'deployed'; readonly deployed: Deployed }
  /** They are older than the newest: from an earlier generation or, if that is null, never deployed. */
  | { readonly kind: 'outdated'; readonly generation: number | null; readonly newest: Deployment };

const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Deploys all definitions of a project on request: views without a definition are retired, and a new generation is
 * recorded unless the newest one has the same definitions. A view that cannot be deployed does not block the others.
 *
 * @throws the error of the first view that could not be deployed
 */
export async function deploy(database: Database, deploying: Deploying): Promise<Deployed> {
  return locked(database, () => deployLocked(database, deploying));
}

/**
 * Deploys the definitions of a process that started at `startedAt` (on the database's clock), unless they were deployed
 * before or other ones were deployed since: then the process is an old build, which changes nothing.
 *
 * @throws as deploy
 */
export async function deployUnlessKnown(
  database: Database,
  deploying: Deploying,
  startedAt: EpochMs,
): Promise<StartOutcome> {
  return locked(database, async () => {
    const fingerprint = definitionsFingerprint(deploying.views, deploying.jobs);
    const newest = await newestDeployment(database);
    if (newest?.fingerprint === fingerprint) {
      if (newest.complete) {
        await correctValueFeatures(database, await appliedViews(database));
        return { kind: 'current', generation: newest.generation };
      }
    } else if (newest !== null) {
      const generation = await generationOf(database, fingerprint);
      if (generation !== null || newest.at > startedAt) return { kind: 'outdated', generation, newest };
    }
    return { kind: 'deployed', deployed: await deployLocked(database, deploying) };
  });
}

/** These definitions were deployed before, and others since. */
export type EarlierDeployment = { readonly generation: number; readonly newest: Deployment };

/** Null unless exactly these definitions are those of an earlier generation than the newest. */
export async function earlierDeployment(
  database: Database,
  { views, jobs }: Pick<Deploying, 'views' | 'jobs'>,
): Promise<EarlierDeployment | null> {
  const fingerprint = definitionsFingerprint(views, jobs);
  const newest = await newestDeployment(database);
  if (newest === null || newest.fingerprint === fingerprint) return null;
  const generation = await generationOf(database, fingerprint);
  return generation === null ? null : { generation, newest };
}

async function locked<T>(database: Database, work: () => Promise<T>): Promise<T> {
  const connection = new AbortController();
  await using reserved = await database.reserve(connection.signal);
  try {
    await lock(reserved.session);
    return await work();
  } finally {
    // Closing the connection releases the lock and resets the settings, in any state.
    connection.abort();
  }
}

async function lock(session: Session): Promise<void> {
  await session.run(`set lock_timeout = '60s'`);
  try {
    await lockForSession(session, 'deployment');
  } catch (error) {
    if (codeOf(error) !== LOCK_NOT_AVAILABLE) throw error;
    const sentence = 'Another process has been deploying definitions for a minute; try again when it has finished.';
    throw new Failure('OFFLINE_UNAVAILABLE', sentence, {}, error);
  }
}

async function deployLocked(database: Database, deploying: Deploying): Promise<Deployed> {
  const { views } = deploying;
  // First: if a view fails, the schedules of all others still follow the new definitions.
  const generation = await record(database, deploying);
  const changes = await deployViewRows(database, views);
  const retired = await retireViews(
    database,
    withParts(views).map(({ view }) => view.name),
  );
  await database.run('update millrace.deployment set complete = true where generation = $1 and not complete', [
    generation,
  ]);
  return { generation, changes: [...changes, ...retired.map((name) => ({ name, change: 'retired' as const }))] };
}

async function record(database: Database, { views, jobs, program, by }: Deploying): Promise<number> {
  return database.transaction(async (session) => {
    const fingerprint = definitionsFingerprint(views, jobs);
    const newest = await newestDeployment(session);
    if (newest?.fingerprint === fingerprint) return newest.generation;
    const [row] = await session.query<{ generation: number }>(
      `insert into millrace.deployment (fingerprint, jobs, complete, program, deployed_by)
         values ($1, $2, false, $3, $4) returning generation`,
      [fingerprint, JSON.stringify(await withSince(session, { jobs, views }, newest)), program, by],
    );
    return row?.generation ?? 0;
  });
}

/** The jobs by name. An unchanged schedule keeps its start; schedules of the first deployment count from before it. */
async function withSince(
  session: Session,
  { jobs, views }: Pick<Deploying, 'jobs' | 'views'>,
  newest: Deployment | null,
): Promise<Record<string, DeployedJob>> {
  const [row] = await session.query<{ now: number }>(
    'select floor(extract(epoch from millrace.now()) * 1000)::bigint as now',
  );
  const now = epochMsOf(newest === null ? 0 : (row?.now ?? 0));
  const jobsBefore = newest?.jobs ?? [];
  const before = new Map(jobsBefore.map((job) => [job.name, job]));
  const viewsOf = viewsOfWords(views.map(({ view }) => view));
  // By the tags that they still have: they are deployed after the jobs.
  const viewsBefore = viewsOfWords(
    await session.query<Tagged>('select name, to_jsonb(tags) as tags from millrace.view where retired_at is null'),
  );
  const ticked = viewsBefore(jobsBefore.flatMap((job) => (job.paused ? [] : job.views)));
  return Object.fromEntries(
    jobs.map((job) => {
      const old = before.get(job.name);
      const own = viewsOf(job.views);
      const tickedHere = viewsBefore(old === undefined || old.paused ? [] : old.views);
      // What the other job would have done in time is not missed, even if this one was paused.
      const added = new Set([...own].filter((view) => ticked.has(view) && !tickedHere.has(view)));
      // With the new schedule: a paused job has no time of its change.
      const effective = keptGained({ ...job, gained: old?.gained ?? [] }, now);
      const kept = effective.filter(({ view }) => own.has(view) && !added.has(view));
      const gained = [...kept, ...[...added].map((view) => ({ view, at: now }))];
      return [job.name, { ...job, ...begunAt(old, job, now), ...(gained.length === 0 ? {} : { gained }) }];
    }),
  );
}

type Tagged = { readonly name: string; readonly tags: readonly string[] };

/** Returns the names of the views that names and tags (`tag:x`) stand for. */
function viewsOfWords(views: readonly Tagged[]): (words: readonly string[]) => ReadonlySet<string> {
  const named = views.flatMap(({ name, tags }) =>
    [name, ...tags.map((tag) => `tag:${tag}`)].map((word) => ({ word, name })),
  );
  const byWord = Map.groupBy(named, ({ word }) => word);
  return (words) => new Set(words.flatMap((word) => (byWord.get(word) ?? []).map(({ name }) => name)));
}

function begunAt(before: DeployedJob | undefined, job: Job, now: EpochMs): Pick<DeployedJob, 'since' | 'changedAt'> {
  if (before === undefined) return { since: now };
  const isSame = before.cron === job.cron && before.timezone === job.timezone;
  const since = isSame && before.paused === job.paused ? before.since : now;
  const changedAt = isSame ? before.changedAt : now;
  // While it is paused nothing ticks, and due time is missed.
  return before.paused || changedAt === undefined ? { since } : { since, changedAt };
}
