// Keeps one connection of the driver, opened on demand and discarded when suspect.

import { Redis as Client } from 'ioredis';
import type { Clock } from '../core/clock.ts';

export type RedisOptions = {
  readonly url: string;
  readonly clock: Clock;
  /** The limit for one exchange, including connecting; then its connection is given up. */
  readonly deadlineMs: number;
  readonly connectionName: string;
};

export type Connection = {
  /** Rejects with the driver's error if it cannot connect. */
  current(): Promise<Client>;
  /** Ends it; pending work rejects. */
  drop(): void;
};

/** The current connection: opened on demand, and again after it was dropped or has ended. */
export function keepConnected(options: RedisOptions): Connection {
  let client: Client | null = null;
  let opened: Promise<Client> | null = null;
  const drop = () => {
    client?.disconnect();
    client = null;
    opened = null;
  };
  const open = async () => {
    const fresh = newClient(options);
    client = fresh;
    const dropThis = () => {
      if (client === fresh) drop();
    };
    // The driver reports the cause here, and only a closed connection to the waiting callers.
    let reported: Error | undefined;
    fresh.on('error', (error: Error) => {
      reported ??= error;
    });
    fresh.once('end', dropThis);
    try {
      await fresh.connect();
    } catch (error) {
      dropThis();
      throw reported ?? error;
    }
    return fresh;
  };
  return {
    current: () => {
      opened ??= open();
      return opened;
    },
    drop,
  };
}

function newClient({ url, deadlineMs, connectionName }: RedisOptions): Client {
  return new Client(url, {
    lazyConnect: true,
    protocol: 2,
    connectTimeout: deadlineMs,
    connectionName,
    enableAutoPipelining: false,
    enableOfflineQueue: false,
    retryStrategy: () => null,
    autoResubscribe: false,
  });
}
