// Processor time of the servers and of this process, which other load on the machine changes little.

import type { Database } from '../../src/postgres/database.ts';
import type { Redis } from '../../src/redis/connection.ts';
import { parentOf, treeSeconds } from './process-tree.ts';

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

async function postgresSeconds(database: Database): Promise<number> {
  const [row] = await database.query<{ pid: number }>('select pg_backend_pid() as pid');
  return treeSeconds(parentOf(Number(row?.pid)));
}
