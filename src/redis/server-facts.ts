// Information about a Redis server, from INFO and TIME: managed servers block CONFIG.

import { type EpochMs, epochMsOf } from '../core/instant.ts';
import type { Redis, RedisCommand } from './connection.ts';
import type { RedisReply } from './replies.ts';

/** The identity of a server: both ids change when its data may have been replaced or reverted. */
export type ServerIdentity = {
  /** New at every start. */
  readonly serverRunId: string;
  /** New at every failover. */
  readonly replicationId: string;
};

export type ServerFacts = ServerIdentity & {
  readonly version: string;
  readonly maxmemoryPolicy: string;
  readonly usedBytes: number;
  /** 0 if there is no limit. */
  readonly maxmemoryBytes: number;
  readonly time: EpochMs;
};

/** Appended to other commands, so that they and the response come from one server. */
export const IDENTITY_COMMANDS: readonly RedisCommand[] = [
  ['INFO', 'server'],
  ['INFO', 'replication'],
];

/** The identity in the replies to IDENTITY_COMMANDS, which are the last of `replies`. */
export function identityOf(replies: readonly RedisReply[]): ServerIdentity {
  const info = replies.slice(-IDENTITY_COMMANDS.length).join('\n');
  return { serverRunId: fieldOf(info, 'run_id'), replicationId: fieldOf(info, 'master_replid') };
}

/** @throws Failure ONLINE_UNAVAILABLE */
export async function serverFacts(redis: Redis, signal?: AbortSignal): Promise<ServerFacts> {
  const replies = await redis.send([['TIME'], ['INFO', 'memory'], ...IDENTITY_COMMANDS], signal);
  const info = replies.slice(1).join('\n');
  return {
    ...identityOf(replies),
    version: fieldOf(info, 'redis_version'),
    maxmemoryPolicy: fieldOf(info, 'maxmemory_policy'),
    usedBytes: Number(fieldOf(info, 'used_memory')),
    maxmemoryBytes: Number(fieldOf(info, 'maxmemory')),
    time: timeOf(replies[0]),
  };
}

/** The instant of a reply to TIME: seconds and microseconds. */
export function timeOf(reply: RedisReply | undefined): EpochMs {
  const [seconds, micros] = Array.isArray(reply) ? reply : [];
  return epochMsOf(Math.floor(Number(seconds) * 1_000 + Number(micros) / 1_000));
}

function fieldOf(info: string, name: string): string {
  return new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]?.trim() ?? '';
}
