// A client of a pool, held for a while and given back clean.

import type pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { Session } from './database.ts';
import { describeStatement } from './describe.ts';
import { connectionFailure, type PostgresRole, urlFailure } from './failure.ts';

/** A session for those that cannot hand over a function: a generator that yields between two reads of a stream. */
export type ReservedSession = AsyncDisposable & {
  readonly session: Session;
  /** What to throw for an error of the session: the reason of the signal, a Failure, or the error itself. */
  explain(error: unknown): unknown;
};

/**
 * A client of the pool until disposed. The connection is closed, and its statement with it, when the signal is aborted,
 * and when it is given back with a statement or a transaction still open.
 *
 * @throws Failure of the role, where no connection can be had.
 */
export async function reserve(pool: pg.Pool, role: PostgresRole, signal?: AbortSignal): Promise<ReservedSession> {
  signal?.throwIfAborted();
  const client = await connected(pool, role);
  let lost: Error | undefined;
  const onError = (error: Error) => {
    lost ??= error;
  };
  // Nothing else stops a statement that waits for the server: the connection is closed under it.
  const onAbort = () => destroy(client);
  client.on('error', onError);
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort(); // aborted while we waited for the connection
  return {
    session: sessionOf(client),
    explain: (error) => (signal?.aborted ? signal.reason : (connectionFailure(lost ?? error, role) ?? error)),
    [Symbol.asyncDispose]: async () => {
      signal?.removeEventListener('abort', onAbort);
      const dirty = lost !== undefined || signal?.aborted === true || client.getTransactionStatus() !== 'I';
      client.release(dirty);
      client.off('error', onError);
      if (dirty) client.on('error', () => undefined);
    },
  };
}

async function connected(pool: pg.Pool, role: PostgresRole): Promise<pg.PoolClient> {
  let connecting: Promise<pg.PoolClient>;
  try {
    connecting = pool.connect();
  } catch (error) {
    // It reads the URL when it makes a client, before it returns.
    throw urlFailure(error, role);
  }
  try {
    return await connecting;
  } catch (error) {
    throw connectionFailure(error, role) ?? error;
  }
}

function destroy(client: pg.PoolClient): void {
  // The driver has no public way to drop a connection without waiting for the server.
  const { connection } = client as unknown as { connection: { stream: { destroy(): void } } };
  connection.stream.destroy();
}

function sessionOf(client: pg.PoolClient): Session {
  return {
    query: async <R>(text: string, values: readonly unknown[] = []) => {
      const result = await client.query(text, [...values]);
      return result.rows as R[]; // the statement decides the shape, and its caller stands beside it
    },
    run: async (text, values = []) => (await client.query(text, [...values])).rowCount ?? 0,
    describe: (text) => describeStatement(client, text),
    copyIn: (text) => client.query(copyFrom(text)),
    copyOut: (text) => client.query(copyTo(text)),
  };
}
