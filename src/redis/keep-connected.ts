// One driver's connection at a time, opened when it is needed and thrown away when it is in doubt.

import { Redis as Client } from 'ioredis';
import type { Clock } from '../core/clock.ts';

export type RedisOptions = {
  readonly url: string;
  readonly clock: Clock;
  /** How long one exchange may take, connecting included, before its connection is given up. */
  readonly deadlineMs: number;
  readonly connectionName: string;
};

export type Connection = {
  /** Rejects with what the driver said of its failure to connect. */
  current(): Promise<Client>;
  /** Ends it; whatever waits for it rejects. */
  drop(): void;
};

/** The connection of the moment: opened when asked for, and again after it was dropped or has ended. */
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
    // The driver says what went wrong here, and only that the connection is closed to those who wait for it.
    let told: Error | undefined;
    fresh.on('error', (error: Error) => {
      told ??= error;
    });
    fresh.once('end', dropThis);
    try {
      await fresh.connect();
    } catch (error) {
      dropThis();
      throw told ?? error;
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
