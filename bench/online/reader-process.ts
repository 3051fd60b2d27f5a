// The process of a reader for comparisons: reads lists of entities with readOnline, and with a bare pipeline of the driver.

import { Redis } from 'ioredis';
import { systemClock } from '../../src/core/clock.ts';
import { openReader } from '../../src/reader.ts';
import { answerLines } from '../compare/line-server.ts';
import type { CompareServers } from '../compare/rival.ts';
import { featuresOf } from './world.ts';

type Reads = { readonly views: readonly string[]; readonly asked: readonly (readonly string[])[] };

const servers: CompareServers = JSON.parse(process.env['MILLRACE_BENCH_ORDERS'] ?? '{}');
await using reader = openReader({ offlineUrl: servers.postgres, onlineUrl: servers.redis });
const redis = new Redis(servers.redis);

/** Milliseconds of each read, one at a time, and how many rows were missing. */
async function timed({ asked }: Reads, read: (ids: readonly string[]) => Promise<number>) {
  const ms: number[] = [];
  let missing = 0;
  for (const ids of asked) {
    const began = systemClock.monotonicMs();
    missing += await read(ids);
    ms.push(systemClock.monotonicMs() - began);
  }
  return { ms, missing };
}

await answerLines({
  online: (reads: Reads) =>
    timed(reads, async (ids) => {
      const rows = await reader.readOnline(reads.views, ids);
      return [...rows.values()].flatMap((row) => Object.values(row)).filter((row) => row === null).length;
    }),
  bare: (reads: Reads) =>
    timed(reads, async (ids) => {
      const commands = ids.flatMap((id) =>
        reads.views.map((view) => ['hmget', `mr:${view}:${id}`, '_ts', ...featuresOf(view)]),
      );
      const replies = (await redis.pipeline(commands).exec()) ?? [];
      return replies.filter(([error]) => error !== null).length;
    }),
});
redis.disconnect();
