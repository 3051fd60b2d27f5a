// The connections for BullMQ. Its rules for waiting differ from those of the online store.

import { Redis as Client } from 'ioredis';

/** BullMQ's type of a connection. */
export type QueueConnection = Client;

const CONNECT_TIMEOUT_MS = 10_000;
const RETRY_MS_MAX = 5_000;
/** BullMQ blocks no longer than this. */
const BLOCK_MS_MAX = 10_000;

export type QueueConnectionOptions = {
  readonly connectionName: string;
  /** A connection with pending work is replaced if nothing arrives for this long. */
  readonly silenceMs: number;
};

/** The options of a copy for blocking commands: the server stays silent for as long as they block. */
export function blockingOptions(silenceMs: number): { readonly socketTimeout: number } {
  return { socketTimeout: BLOCK_MS_MAX + silenceMs };
}

/**
 * A connection for BullMQ: `worker` waits for an unavailable server without limit; `producer` fails immediately,
 * because adding a job can be repeated. The caller listens to `error` and quits the connection.
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
    // 2: reconnect and resend a command that a demoted primary refused.
    reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
  });
}
