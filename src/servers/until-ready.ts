// Starting a private server, and waiting until it is ready.

import { createConnection } from 'node:net';
import type { Clock } from '../core/clock.ts';
import { startFailure } from './server-log.ts';
import type { Supervised } from './supervised.ts';

const POLL_MS = 10;
const TIMEOUT_MS = 1_000;

export type StartingServer = {
  /** As in a message, such as Postgres. */
  readonly name: string;
  readonly process: Supervised;
  readonly logFile: string;
  readonly clock: Clock;
  readonly readyWithinMs: number;
};

/** Resolves when the server is ready. @throws Failure SERVER_MISSING with the end of its log if it ends or takes longer. */
export async function startUntilReady(
  { name, process, logFile, clock, readyWithinMs }: StartingServer,
  isReady: () => boolean | Promise<boolean>,
): Promise<void> {
  await process.start();
  const from = clock.monotonicMs();
  while (!(await isReady())) {
    const isLate = clock.monotonicMs() - from > readyWithinMs;
    if (process.pid === null || isLate) throw startFailure(name, logFile);
    await clock.sleep(POLL_MS);
  }
}

/** Starts a new server, or removes everything about it if that fails. */
export async function startedOrDisposed<Server extends AsyncDisposable & { start(): Promise<void> }>(
  server: Server,
): Promise<Server> {
  try {
    await server.start();
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

/** Whether a server on this port of 127.0.0.1 accepts a connection (`connect`), or also sends something (`data`). */
export function answersOn(port: number, event: 'connect' | 'data'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    let hasAnswered = false;
    socket.once(event, () => {
      hasAnswered = true;
      socket.destroy();
    });
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy());
    // An error closes it, too.
    socket.once('error', () => undefined);
    socket.once('close', () => resolve(hasAnswered));
  });
}
