// Processor time of the servers and of this process, which other load on the machine changes little.

import { readdirSync, readFileSync } from 'node:fs';
import type { Database } from '../../src/postgres/database.ts';
import type { Redis } from '../../src/redis/connection.ts';

/** Seconds of processor time, user and system. */
export type CpuSeconds = { readonly worker: number; readonly postgres: number; readonly redis: number };

export type CpuOf = { readonly database: Database; readonly redis: Redis };

/** What this process, all of Postgres and Redis have used so far. */
export async function cpuSoFar({ database, redis }: CpuOf): Promise<CpuSeconds> {
  const { user, system } = process.cpuUsage();
  return { worker: (user + system) / 1e6, postgres: await postgresSeconds(database), redis: await redisSeconds(redis) };
}

/** The difference of two readings. */
export function cpuBetween(before: CpuSeconds, after: CpuSeconds): CpuSeconds {
  return {
    worker: after.worker - before.worker,
    postgres: after.postgres - before.postgres,
    redis: after.redis - before.redis,
  };
}

async function redisSeconds(redis: Redis): Promise<number> {
  const [info] = await redis.send([['INFO', 'cpu']]);
  const seconds = (name: string) => Number(new RegExp(`^${name}:(.*)$`, 'm').exec(String(info))?.[1]);
  return seconds('used_cpu_user') + seconds('used_cpu_sys');
}

/** The postmaster knows what its children have used that have ended; those that run are added. */
async function postgresSeconds(database: Database): Promise<number> {
  const [row] = await database.query<{ pid: number }>('select pg_backend_pid() as pid');
  const postmaster = statOf(Number(row?.pid))?.parent ?? 0;
  const stats = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => statOf(Number(name)));
  const living = stats.flatMap((stat) => (stat?.parent === postmaster ? [stat.seconds] : []));
  return living.reduce((sum, seconds) => sum + seconds, statOf(postmaster)?.withEndedChildren ?? 0);
}

const TICKS_PER_SECOND = 100;

function statOf(pid: number): { parent: number; seconds: number; withEndedChildren: number } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces. After it: state, parent, …, utime, stime, cutime, cstime.
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15);
    return {
      parent: fields[1] ?? 0,
      seconds: (utime + stime) / TICKS_PER_SECOND,
      withEndedChildren: (utime + stime + cutime + cstime) / TICKS_PER_SECOND,
    };
  } catch {
    return null;
  }
}
