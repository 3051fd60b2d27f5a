// Free ports for private servers.

import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { Failure } from '../core/failure.ts';

// Below the ranges that Linux (32768) and macOS (49152) use for outgoing connections, so that our port stays free while a
// server restarts, and above all default ports that we know.
const PORT_MIN = 20_000;
const PORT_MAX = 32_000;
const TRIES_MAX = 100;

/** A port of 127.0.0.1 on which nothing listens now. Another process may still take it before the caller does. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < TRIES_MAX; tried += 1) {
    const port = randomInt(PORT_MIN, PORT_MAX);
    if (await isFree(port)) return port;
  }
  throw new Failure(
    'SERVER_MISSING',
    `No free port was found in ${TRIES_MAX} attempts between ${PORT_MIN} and ${PORT_MAX}.`,
  );
}

/** Whether nothing listens on `port` of 127.0.0.1. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
