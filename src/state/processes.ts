// Live processes: schedulers and workers report every few seconds.

import type { Database } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import { IN } from './runs/states.ts';

export type ProcessKind = 'scheduler' | 'worker' | 'command';

/** The identity of a process. `id` is globally unique: `processIdOf`. */
export type ProcessIdentity = {
  readonly id: string;
  readonly kind: ProcessKind;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
};

export type SeenProcess = ProcessIdentity & { readonly seenMsAgo: number };

/** The id of a process that plays one role; `name` is that of the operating system's process, which may play several. */
export function processIdOf(name: string, kind: ProcessKind): string {
  return `${name}.${kind}`;
}

/** The owner of the claims with this number, unique for each claim of any process. Names contain no `/`. */
export function ownerOf(name: string, claim: number): string {
  return `${name}/${claim}`;
}

/** A process without a report for this long counts as dead. */
export const ALIVE_MS = 30_000;
const FORGOTTEN_MS = 24 * 3_600_000;

/**
 * SQL: whether the process of row `p` is alive. A worker that renews the lease of a run is alive even without reports:
 * both show that it reaches Postgres.
 */
export const IS_ALIVE = `(p.seen_at > millrace.now() - make_interval(secs => ${ALIVE_MS / 1_000})
  or p.kind = 'worker' and exists (
       select from millrace.run r
        where r.state ${IN.begun} and r.lease_until > millrace.now()
          and split_part(r.owner, '/', 1) || '.' || p.kind = p.id))`;

/** Reports that a process is alive, and deletes processes that were last seen a day ago. */
export async function reportAlive(database: Database, process: ProcessIdentity): Promise<void> {
  await database.run(
    `insert into millrace.process (id, kind, host, pid, version) values ($1, $2, $3, $4, $5)
     on conflict (id) do update set seen_at = millrace.now()`,
    [process.id, process.kind, process.host, process.pid, process.version],
  );
  await database.run('delete from millrace.process where seen_at < millrace.now() - make_interval(secs => $1)', [
    FORGOTTEN_MS / 1_000,
  ]);
}

/** Reports that a process has ended. */
export async function reportEnded(database: Database, id: string): Promise<void> {
  await database.run('delete from millrace.process where id = $1', [id]);
}

/** The live workers; without one, a delivered run waits. */
export async function aliveWorkers(database: Database | Session): Promise<SeenProcess[]> {
  return (await aliveProcesses(database)).filter(({ kind }) => kind === 'worker');
}

/** All processes that were seen in the last 30 seconds or hold a run, oldest first. */
export async function aliveProcesses(database: Database | Session): Promise<SeenProcess[]> {
  return database.query<SeenProcess>(
    `select id, kind, host, pid, version,
            (extract(epoch from millrace.now() - seen_at) * 1000)::int as "seenMsAgo"
       from millrace.process p where ${IS_ALIVE} order by started_at, id`,
  );
}
