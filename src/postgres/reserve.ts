// Reserves a client of a pool and returns it clean.

import type pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { describeStatement } from './describe.ts';
import { connectionFailure, isStalePlan, type PoolWait, type PostgresRole, poolFailure } from './failure.ts';
import { fetchedRows } from './fetch.ts';
import type { Statement } from './prepared.ts';
import type { Session } from './session.ts';
import type { Supervision } from './supervise.ts';
import { destroyWire } from './wire.ts';

/** A session for code that cannot pass a function: a generator that yields between two reads of a stream. */
export type ReservedSession = AsyncDisposable & {
  readonly session: Session;
  /** The error to throw for an error from the session: the reason of the signal, a Failure, or the error itself. */
  explain(error: unknown): unknown;
  /** Closes the connection, which does not return to the pool. */
  drop(): void;
};

export type Reserving = {
  readonly pool: pg.Pool;
  readonly role: PostgresRole;
  /** How busy the pool is, and how long callers wait for a connection. */
  wait(): PoolWait;
  /** Without it, waits for a silent server are unlimited. */
  readonly supervision?: Supervision | undefined;
  /** Prepares a new connection. @throws Failure of the role */
  prepare?(): Promise<void>;
};

/**
 * A client of the pool until disposed. The connection is closed, with its statement, when the signal is aborted, and
 * when it is returned with an open statement or transaction.
 *
 * @throws Failure of the role, if there is no connection.
 */
export async function reserve(reserving: Reserving, signal?: AbortSignal): Promise<ReservedSession> {
  const { role, supervision } = reserving;
  signal?.throwIfAborted();
  await reserving.prepare?.();
  const client = await trusted(reserving);
  let lost: Error | undefined;
  const onError = (error: Error) => {
    lost ??= error;
  };
  // Only closing the connection stops a statement that waits for the server.
  const onAbort = () => destroyWire(client);
  client.on('error', onError);
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort(); // aborted while we waited for the connection
  const explain = (error: unknown) => {
    if (isStalePlan(error)) onError(error as Error); // of the driver
    return signal?.aborted ? signal.reason : (connectionFailure(lost ?? error, role) ?? error);
  };
  const release = () => {
    signal?.removeEventListener('abort', onAbort);
    const dirty = lost !== undefined || signal?.aborted === true || client.getTransactionStatus() !== 'I';
    client.release(dirty);
    client.off('error', onError);
  };
  let watch: Disposable | undefined;
  try {
    watch = await supervision?.hold(client);
  } catch (error) {
    release();
    throw explain(error);
  }
  return {
    session: sessionOf(client),
    explain,
    drop: () => {
      lost ??= new Error('the connection was dropped');
      destroyWire(client);
    },
    [Symbol.asyncDispose]: async () => {
      watch?.[Symbol.dispose]();
      release();
    },
  };
}

/** A client that did not become suspect while it was idle in the pool. */
async function trusted(reserving: Reserving): Promise<pg.PoolClient> {
  for (;;) {
    const client = await connected(reserving);
    if (reserving.supervision?.isTrusted(client) !== false) return client;
    destroyWire(client);
    client.release(true);
  }
}

async function connected({ pool, role, wait }: Reserving): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw poolFailure(error, role, wait()) ?? connectionFailure(error, role) ?? error;
  }
}

function sessionOf(client: pg.PoolClient): Session {
  return {
    query: async <R>(statement: Statement, values: readonly unknown[] = []) => {
      // The statement decides the shape of the rows, and its caller names it.
      type Result = pg.QueryResult<R & pg.QueryResultRow>;
      const result: Result | Result[] = await client.query<R & pg.QueryResultRow>(configOf(statement, values));
      const last = Array.isArray(result) ? result.at(-1) : result;
      return last?.rows ?? [];
    },
    run: async (statement, values = []) => (await client.query(configOf(statement, values))).rowCount ?? 0,
    describe: (text) => describeStatement(client, text),
    copyIn: (text) => client.query(copyFrom(text)),
    copyOut: (text) => client.query(copyTo(text)),
    fetchedRows: (columnCount, textOf, limits) => fetchedRows(client, columnCount, textOf, limits),
  };
}

function configOf(statement: Statement, values: readonly unknown[]): pg.QueryConfig {
  return typeof statement === 'string'
    ? { text: statement, values: [...values] }
    : { text: statement.text, name: statement.name, values: [...values] };
}
