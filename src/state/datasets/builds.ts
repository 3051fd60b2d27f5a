// Builds of training sets: who builds which, how far it is, and what it made.

import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';

/** Identifies what a build makes: another fingerprint is another set. */
export type BuildKey = { readonly name: string; readonly target: string; readonly fingerprint: string };

export type BuildOwner = { readonly owner: string; readonly leaseMs: number };

export type Build<Labels> = {
  readonly id: number;
  /** Recognizes its files, in every place and database. A build that replaces another one in its place keeps the token. */
  readonly token: string;
  /** Null until all labels are staged. */
  readonly labels: Labels | null;
};

type Running<Labels> = Build<Labels> & {
  readonly name: string;
  readonly fingerprint: string;
  readonly owner: string;
  readonly alive: boolean;
};

/**
 * Begins a build, or resumes the one of the same key whose process is gone; another one in the same place is replaced.
 *
 * @throws Failure ARGUMENT_INVALID while another process builds a set in the same place.
 */
export async function beginBuild<Labels>(database: Database, key: BuildKey, by: BuildOwner): Promise<Build<Labels>> {
  const { name, target, fingerprint } = key;
  return database.transaction(async (session) => {
    const [running] = await session.query<Running<Labels>>(
      `select id, name, token, labels, fingerprint, owner, lease_until > millrace.now() as alive
         from millrace.dataset_build where target = $1 and state = 'running' for update`,
      [target],
    );
    if (running?.alive === true && running.owner !== by.owner) throw beingBuilt(key, by, running);
    if (running?.name === name && running.fingerprint === fingerprint) {
      const renewed = `update millrace.dataset_build set owner = $2, lease_until = ${leaseSql(by)} where id = $1`;
      await session.run(renewed, [running.id, by.owner]);
      return { id: running.id, token: running.token, labels: running.labels };
    }
    if (running !== undefined) {
      const replaced = `update millrace.dataset_build set state = 'replaced', ended_at = millrace.now() where id = $1`;
      await session.run(replaced, [running.id]);
    }
    return { ...(await insertBuild(session, key, by, running?.token ?? null)), labels: null };
  });
}

function leaseSql({ leaseMs }: BuildOwner): string {
  return `millrace.now() + ${Number(leaseMs)} * interval '1 millisecond'`;
}

/** `token` is that of the build that it replaces. */
async function insertBuild(session: Session, key: BuildKey, by: BuildOwner, token: string | null) {
  const { name, target, fingerprint } = key;
  const [begun] = await session.query<{ id: number; token: string }>(
    `insert into millrace.dataset_build (name, target, fingerprint, owner, lease_until, token)
     values ($1, $2, $3, $4, ${leaseSql(by)}, coalesce($5, gen_random_uuid()::text))
         on conflict (target) where state = 'running' do nothing returning id, token`,
    [name, target, fingerprint, by.owner, token],
  );
  if (begun !== undefined) return begun;
  // Another process began in the same moment.
  throw beingBuilt(key, by, { name, owner: 'another process' });
}

function beingBuilt(
  { name, target }: BuildKey,
  { leaseMs }: BuildOwner,
  other: Pick<Running<unknown>, 'name' | 'owner'>,
): Failure {
  const waiting = text`wait until that build is done, or write to another location with --out.`;
  const seconds = safe(Math.ceil(leaseMs / 1_000));
  const remedy =
    other.name === name
      ? text`${waiting} If its process was killed, run the command again after ${seconds} s to resume the build.`
      : text`${waiting} If its process was killed, its lease ends after ${seconds} s.`;
  return new Failure(
    'ARGUMENT_INVALID',
    text`${safe(other.name)} is being built in ${target} by ${safe(other.owner)}: ${remedy}`,
    { dataset: name },
  );
}

/** Renews the lease. @throws Failure LEASE_LOST where another process has reclaimed the build. */
export async function renewBuild(database: Database, id: number, { owner, leaseMs }: BuildOwner): Promise<void> {
  const renewed = await database.run(
    `update millrace.dataset_build set lease_until = millrace.now() + $3 * interval '1 millisecond'
      where id = $1 and owner = $2 and state = 'running'`,
    [id, owner, leaseMs],
  );
  if (renewed === 0) throw lost(id);
}

/** Lets another process resume the build immediately. */
export async function releaseBuild(database: Database, id: number, { owner }: BuildOwner): Promise<void> {
  await database.run(
    `update millrace.dataset_build set lease_until = millrace.now() where id = $1 and owner = $2 and state = 'running'`,
    [id, owner],
  );
}

/** Notes what was staged, or, with null, that it is not there; the parts that were made of other labels are forgotten. */
export async function recordLabels(database: Database, id: number, labels: object | null): Promise<void> {
  await database.transaction(async (session) => {
    await session.run('delete from millrace.dataset_part where build_id = $1', [id]);
    await session.run('update millrace.dataset_build set labels = $2 where id = $1', [
      id,
      labels === null ? null : JSON.stringify(labels),
    ]);
  });
}

export type RecordedPart<Result> = {
  readonly part: number;
  readonly commits: Readonly<Record<string, number | null>>;
  readonly result: Result;
};

export async function recordedParts<Result>(database: Database, id: number): Promise<RecordedPart<Result>[]> {
  return database.query('select part, commits, result from millrace.dataset_part where build_id = $1 order by part', [
    id,
  ]);
}

export async function recordPart(
  database: Database,
  id: number,
  { owner }: BuildOwner,
  { part, commits, result }: RecordedPart<object>,
): Promise<void> {
  const recorded = await database.run(
    `insert into millrace.dataset_part (build_id, part, commits, result)
     select id, $3, $4, $5 from millrace.dataset_build where id = $1 and owner = $2 and state = 'running'
         on conflict (build_id, part) do update set commits = excluded.commits, result = excluded.result`,
    [id, owner, part, JSON.stringify(commits), JSON.stringify(result)],
  );
  if (recorded === 0) throw lost(id);
}

/** @throws Failure LEASE_LOST where another process has reclaimed the build. */
export async function endBuild(session: Session, id: number, { owner }: BuildOwner, receipt: object): Promise<void> {
  const ended = await session.run(
    `update millrace.dataset_build set state = 'done', receipt = $3, ended_at = millrace.now()
      where id = $1 and owner = $2 and state = 'running'`,
    [id, owner, JSON.stringify(receipt)],
  );
  if (ended === 0) throw lost(id);
}

function lost(id: number): Failure {
  return new Failure(
    'LEASE_LOST',
    text`Another process has reclaimed build ${safe(id)} of this training set and will finish it.`,
    { build: id },
  );
}

export type BuildOverview = {
  readonly id: number;
  readonly name: string;
  readonly target: string;
  readonly state: 'running' | 'interrupted' | 'done' | 'replaced';
  readonly labels: number | null;
  readonly parts: number;
  readonly startedAt: string;
  readonly endedAt: string | null;
};

/** The newest builds, of all training sets or one. */
export async function buildOverviews(database: Database, limit: number): Promise<BuildOverview[]> {
  return database.query(
    `select id, name, target, (labels->>'rows')::bigint as labels,
            case when state = 'running' and lease_until < millrace.now() then 'interrupted' else state end as state,
            (select count(*) from millrace.dataset_part p where p.build_id = b.id)::int as parts,
            to_char(started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "startedAt",
            to_char(ended_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "endedAt"
       from millrace.dataset_build b order by id desc limit $1`,
    [limit],
  );
}
