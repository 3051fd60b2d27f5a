// The connections that BullMQ is given. It brings its own rules about waiting, so they differ from the online store's.

import { Redis as Client } from 'ioredis';

/** What BullMQ calls a connection. */
export type QueueConnection = Client;

const CONNECT_TIMEOUT_MS = 10_000;
const RETRY_MS_MAX = 5_000;
/** BullMQ blocks no longer than this. */
const BLOCK_MS_MAX = 10_000;

export type QueueConnectionOptions = {
  readonly connectionName: string;
  /** The connection is replaced when something is waited for, and nothing arrives for this long. */
  readonly silenceMs: number;
};

/** What a copy is opened with over which commands block: the server says nothing for as long as they ask it to. */
export function blockingOptions(silenceMs: number): { readonly socketTimeout: number } {
  return { socketTimeout: BLOCK_MS_MAX + silenceMs };
}

/**
 * A connection for BullMQ: `worker` waits for a server that is away, however long that takes; `producer` fails at once,
 * because whoever adds a job can do without. The caller listens to `error` and quits it.
 */
export function openQueueConnection(
  url: string,
  use: 'worker' | 'producer',
  { connectionName, silenceMs }: QueueConnectionOptions,
): QueueConnection {
  return new Client(url, {
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: silenceMs,
    connectionName,
    enableAutoPipelining: false,
    enableOfflineQueue: use === 'worker',
    // BullMQ refuses a worker whose blocking commands may be given up.
    maxRetriesPerRequest: use === 'worker' ? null : 1,
    retryStrategy: (times) => Math.min(50 * 2 ** times, RETRY_MS_MAX),
    // 2: reconnect and send again what a demoted primary refused.
    reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
  });
}
