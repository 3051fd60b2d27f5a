// The connection to the Redis server of the online store.
//
// Three facts about ioredis 6 shape this file. A silent connection can stay pending forever, regardless of the driver's
// timeouts; commands in its queues are sent again or dropped, by rules that changed between releases; and a pipeline
// resolves although some of its commands failed. So every exchange has our own deadline, the driver neither queues nor
// reconnects, and a suspect connection is thrown away: the next exchange opens a new one.

import type { Clock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import { safe, text } from '../core/message.ts';
import { withoutSecrets } from '../core/url.ts';
import { within } from '../core/within.ts';
import {
  allEncodedBytesMax,
  type CommandPart,
  type CommandParts,
  countOf,
  createMemoryPool,
  encodeCommand,
  encodeCommands,
  encodedBytesMax,
  type MemoryPool,
} from './encode.ts';
import { isWorthReconnecting, type RedisRole, redisFailure } from './failure.ts';
import { type Connection, keepConnected, type RedisOptions } from './keep-connected.ts';
import type { RedisReply } from './replies.ts';
import type { RedisScript } from './script.ts';
import type { Wire } from './wire.ts';

/** The name of a command and its arguments. */
export type RedisCommand = readonly [name: string, ...args: string[]];

/**
 * A Redis server. Any command may reach it twice, or once although the response was lost: send only commands that may
 * be repeated.
 *
 * @throws Failure ONLINE_UNAVAILABLE or ONLINE_DENIED, or the reason of the signal once that is aborted.
 */
export interface Redis extends AsyncDisposable {
  /** The replies to commands that are sent together, over one connection, in order. */
  send(commands: readonly RedisCommand[], signal?: AbortSignal): Promise<RedisReply[]>;
  /** The reply of a script, sent by its hash once the server has it. */
  script(script: RedisScript, keys: CommandPart, args: CommandPart, signal?: AbortSignal): Promise<RedisReply>;
}

const RECONNECTS = 2;
const RECONNECT_DELAY_MS = 50;
/** As many as one publish has batches in flight, and one more. */
const MEMORIES_KEPT = 3;

type Evaluation = {
  readonly script: RedisScript;
  readonly keys: CommandPart;
  readonly args: CommandPart;
};

/** What a server is used for. */
export type RedisUse = { readonly role: RedisRole; readonly reconnects: number };

/** A connection to a server, by default that of the online store; connects on first use. */
export function openRedis(options: RedisOptions, use: RedisUse = onlineUse(options)): Redis {
  const { role } = use;
  const connection = keepConnected(options);
  const pool = createMemoryPool(MEMORIES_KEPT);
  const exchange = <T>(work: (wire: Wire) => Promise<T>, signal?: AbortSignal) =>
    retried(
      { clock: options.clock, connection, ...use },
      () => withDeadline(connection, options, role, work, signal),
      signal,
    );
  return {
    send: (commands, signal) => exchange((wire) => together(wire, pool, commands), signal),
    script: (script, keys, args, signal) => exchange((wire) => evaluate(wire, pool, { script, keys, args }), signal),
    [Symbol.asyncDispose]: async () => connection.close(),
  };
}

function onlineUse({ url }: RedisOptions): RedisUse {
  const label = `The online store (${withoutSecrets(url)})`;
  return { role: { label, unavailable: 'ONLINE_UNAVAILABLE', denied: 'ONLINE_DENIED' }, reconnects: RECONNECTS };
}

async function retried<T>(
  {
    clock,
    connection,
    role,
    reconnects: reconnectsMax,
  }: RedisUse & { readonly clock: Clock; readonly connection: Connection },
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  for (let reconnects = 0; ; reconnects += 1) {
    try {
      return await work();
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      const isLast = reconnects === reconnectsMax || connection.isClosed();
      if (isLast || !isWorthReconnecting(error)) throw redisFailure(error, role);
      await clock.sleep(RECONNECT_DELAY_MS * 4 ** reconnects, signal);
    }
  }
}

async function withDeadline<T>(
  connection: Connection,
  { clock, deadlineMs }: RedisOptions,
  role: RedisRole,
  work: (wire: Wire) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  signal?.throwIfAborted();
  try {
    return await within({ clock, limitMs: deadlineMs, signal }, connection.current().then(work), () => {
      throw signal?.aborted ? signal.reason : silent(role, deadlineMs);
    });
  } catch (error) {
    // A response to an abandoned exchange may still arrive: the connection is suspect.
    if (!signal?.aborted && (error instanceof Failure || isWorthReconnecting(error))) connection.drop();
    throw error;
  }
}

function silent(role: RedisRole, deadlineMs: number): Failure {
  return new Failure(role.unavailable, text`${safe(role.label)} has not responded for ${safe(deadlineMs / 1_000)} s.`);
}

async function together(wire: Wire, pool: MemoryPool, commands: readonly RedisCommand[]): Promise<RedisReply[]> {
  if (commands.length === 0) return [];
  const { memory, length } = encodeCommands(pool.take(allEncodedBytesMax(commands)), commands);
  const replies = await wire.exchange(memory.subarray(0, length), commands.length);
  pool.giveBack(memory);
  return replies;
}

async function evaluate(wire: Wire, pool: MemoryPool, { script, keys, args }: Evaluation): Promise<RedisReply> {
  try {
    return await sendEncoded(wire, pool, [['EVALSHA', script.sha, String(countOf(keys))], keys, args]);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    // The server keeps it from now on.
    return await sendEncoded(wire, pool, [['EVAL', script.text, String(countOf(keys))], keys, args]);
  }
}

async function sendEncoded(wire: Wire, pool: MemoryPool, parts: CommandParts): Promise<RedisReply> {
  const { memory, length } = encodeCommand(pool.take(encodedBytesMax(parts)), parts);
  const [reply = null] = await wire.exchange(memory.subarray(0, length), 1);
  // Not after a failure: a connection that is closing may still send it.
  pool.giveBack(memory);
  return reply;
}
