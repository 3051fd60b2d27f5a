// Keeps one connection, opened by the driver on demand and discarded when suspect.

import { Redis as Client } from 'ioredis';
import type { Clock } from '../core/clock.ts';
import { reopenable } from '../core/reopenable.ts';
import { driverUrl } from './driver-url.ts';
import { openWire, type Wire } from './wire.ts';

export type RedisOptions = {
  readonly url: string;
  /** For passwords in files, which can change: the current URL, for each connection. */
  readonly renewedUrl?: () => Promise<string>;
  readonly clock: Clock;
  /** The limit for one exchange, including connecting; then its connection is given up. */
  readonly deadlineMs: number;
  readonly connectionName: string;
};

export type Connection = {
  /** Rejects with the driver's error if it cannot connect. */
  current(): Promise<Wire>;
  /** Ends it; pending work rejects. */
  drop(): void;
  /** Drops it, and opens no other. */
  close(): void;
  isClosed(): boolean;
};

/** The current connection: opened on demand, and again after it was dropped or has ended, until it is closed. */
export function keepConnected(options: RedisOptions): Connection {
  let client: Client | null = null;
  let wire: Wire | null = null;
  let drops = 0;
  let isClosed = false;
  const drop = () => {
    drops += 1;
    client?.disconnect();
    wire?.end();
    [client, wire] = [null, null];
    opened.forget();
  };
  const open = async () => {
    if (isClosed) throw new Error('the connection was closed');
    const before = drops;
    const url = (await options.renewedUrl?.()) ?? options.url;
    if (drops > before) throw new Error('the connection was given up');
    const fresh = newClient(url, options);
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
    const connected = openWire(fresh.stream);
    if (client !== fresh) {
      connected.end();
      throw reported ?? new Error('the connection was given up');
    }
    wire = connected;
    return connected;
  };
  const opened = reopenable(open);
  const close = () => {
    isClosed = true;
    drop();
  };
  return { current: opened.current, drop, close, isClosed: () => isClosed };
}

function newClient(given: string, { deadlineMs, connectionName }: RedisOptions): Client {
  const { url, options } = driverUrl(given);
  return new Client(url, {
    ...options,
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
