// The parts of the driver's client without a public API: its socket, and its active query.

import { Writable } from 'node:stream';
import type pg from 'pg';

type Socket = {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly readableLength: number;
  readonly writableLength: number;
  destroy(reason?: Error): void;
  pause(): void;
  resume(): void;
};
type Internals = {
  readonly connection: { readonly stream: Socket };
  readonly _activeQuery: unknown;
  readonly _queryQueue: readonly unknown[];
  readonly _ending: boolean;
};

function internals(client: pg.ClientBase): Internals {
  // Its types omit them.
  return client as unknown as Internals;
}

/** Drops the connection without waiting for the server. Waits reject with the reason, if there is one. */
export function destroyWire(client: pg.ClientBase, reason?: Error): void {
  internals(client).connection.stream.destroy(reason);
}

/** Stops reading, so that the server stops sending. The rest of the current packet is still handled. */
export function pauseWire(client: pg.ClientBase): void {
  internals(client).connection.stream.pause();
}

export function resumeWire(client: pg.ClientBase): void {
  internals(client).connection.stream.resume();
}

/** A number that grows whenever the server sends or accepts data. */
export function wireProgress(client: pg.ClientBase): number {
  const { bytesRead, bytesWritten, writableLength } = internals(client).connection.stream;
  return bytesRead + bytesWritten - writableLength;
}

/** Whether we wait for the server: false if rows wait for us, or if a COPY waits for our rows. */
export function awaitsServer(client: pg.ClientBase): boolean {
  const { connection, _activeQuery: active, _queryQueue: queue } = internals(client);
  if (active === null || active === undefined) return queue.length > 0;
  if (active instanceof Writable) {
    // Corked until the server is ready for the rows; ended or destroyed when it has to confirm.
    const isOurTurn = active.writableCorked === 0 && !active.writableEnded && !active.destroyed;
    return !isOurTurn || connection.stream.writableLength > 0;
  }
  return connection.stream.readableLength === 0;
}

/** Whether the connection was asked to close. */
export function isEnding(client: pg.ClientBase): boolean {
  return internals(client)._ending;
}
