// The connections for BullMQ. Its rules for waiting differ from those of the online store.

import { Redis as Client } from 'ioredis';
import { Failure, wordsOf } from '../core/failure.ts';
import { safe, text } from '../core/message.ts';
import { withoutSecrets } from '../core/url.ts';
import { type DriverUrl, driverUrl } from './driver-url.ts';

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
  given: string,
  use: 'worker' | 'producer',
  { connectionName, silenceMs }: QueueConnectionOptions,
): QueueConnection {
  const { url, options } = readableUrl(given);
  return new Client(url, {
    ...options,
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

function readableUrl(url: string): DriverUrl {
  try {
    return driverUrl(url);
  } catch (error) {
    const what = text`The queue (${safe(withoutSecrets(url))}): the TLS files of its URL cannot be used: ${wordsOf(error)}. Check sslrootcert, sslcert and sslkey.`;
    throw new Failure('QUEUE_DENIED', what, {}, error);
  }
}
