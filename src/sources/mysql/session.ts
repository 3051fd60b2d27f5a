// Connections to MySQL and MariaDB: set up in the same way, used by one reading at a time, and returned to the pool only clean.
//
// The driver has three properties that shape this file. A connection without an error listener crashes the process. A lost
// connection is reported to the connection, but not to the waiting statement. `destroy` waits for the server. So everything
// that ends a connection aborts one signal, `broken`; all waits also wait for that signal; and the socket is closed directly.

import { randomUUID } from 'node:crypto';
import type { Connection, ConnectionOptions, FieldPacket, PrepareStatementInfo, Query } from 'mysql2';
import type { Clock } from '../../core/clock.ts';
import { setUpMysql } from './setup.ts';
import { type MysqlAddress, tlsOptions } from './url.ts';

export type MysqlOptions = {
  readonly address: MysqlAddress;
  /** For passwords in files, which can change: the current address, for each new connection. */
  readonly renewed?: () => Promise<MysqlAddress>;
  /** `source shop (mysql://db:3306/shop)`, the start of a sentence. */
  readonly label: string;
  readonly applicationName: string;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly clock: Clock;
};

/** A prepared statement that has not run yet. */
export type PreparedStatement = {
  readonly columns: readonly FieldPacket[];
  readonly parameterCount: number;
  execute(values: readonly string[]): Query;
  close(): void;
};

/** One connection; rejects with the server's errors, and with the reason of `broken` once that is aborted. */
export interface MysqlSession {
  readonly connection: Connection;
  /** The name of a server lock that only this connection holds. Another connection finds it by this lock. */
  readonly lockName: string;
  /** Aborted when the connection is lost or closed. */
  readonly broken: AbortSignal;
  /** The rows of one statement, as arrays. */
  query(text: string): Promise<readonly (readonly unknown[])[]>;
  prepare(text: string): Promise<PreparedStatement>;
  /** Resets the session: removes variables, locks, temporary tables, statements and settings of a view. */
  reset(): Promise<void>;
  /** Closes the connection and its statement immediately. Waiting calls reject with `reason`. */
  close(reason: unknown): void;
  /** Kills a statement that the server is still running; it would not notice the closed connection. */
  killStatement(): Promise<void>;
}

/** Connects and sets the session up. Rejects with the driver's error, or the reason of the signal. */
export async function connectMysql(options: MysqlOptions, signal: AbortSignal): Promise<MysqlSession> {
  const session = await connected(options, signal);
  using _limit = options.clock.after(options.connectTimeoutMs, () =>
    session.close(lostConnection('it stopped responding')),
  );
  return openedBy(session, signal, () => setUpMysql(session, options.statementTimeoutMs));
}

/** Resets a session and sets it up again. A session that cannot be reset is closed. */
export async function resetMysql(session: MysqlSession, options: MysqlOptions): Promise<void> {
  using _limit = options.clock.after(options.connectTimeoutMs, () =>
    session.close(lostConnection('it stopped responding')),
  );
  try {
    await session.reset();
    await setUpMysql(session, options.statementTimeoutMs);
  } catch (error) {
    session.close(error);
  }
}

async function connected(options: MysqlOptions, signal: AbortSignal): Promise<MysqlSession> {
  signal.throwIfAborted();
  // Loaded on first use, so that other processes do not wait for it.
  const { createConnection } = await import('mysql2');
  const connection = createConnection(await driverOptions(options));
  const session = sessionOver(connection, options);
  return openedBy(session, signal, () =>
    unlessBroken<void>(session.broken, (settle) => connection.connect((error) => settle(error))),
  );
}

/** The session after `work` on it; closed if that fails, or when the signal is aborted meanwhile. */
async function openedBy(
  session: MysqlSession,
  signal: AbortSignal,
  work: () => Promise<unknown>,
): Promise<MysqlSession> {
  const onAbort = () => session.close(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (signal.aborted) onAbort();
    await work();
    return session;
  } catch (error) {
    session.close(error);
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function driverOptions(options: MysqlOptions): Promise<ConnectionOptions> {
  const { host, port, user, password, database, tls } = (await options.renewed?.()) ?? options.address;
  return {
    host,
    port,
    user,
    password,
    ...(database === null ? {} : { database }),
    ...(tls === null ? {} : { ssl: await tlsOptions(tls, options.label) }),
    connectTimeout: options.connectTimeoutMs,
    connectAttributes: { program_name: options.applicationName },
    flags: ['-LOCAL_FILES'],
    charset: 'UTF8MB4_UNICODE_CI',
    rowsAsArray: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    jsonStrings: true,
  };
}

function sessionOver(connection: Connection, options: MysqlOptions): MysqlSession {
  const lost = new AbortController();
  const lockName = `millrace ${randomUUID()}`;
  const close = (reason: unknown) => {
    lost.abort(reason);
    // The driver has no public way to drop a connection without waiting for the server.
    (connection as unknown as { stream: { destroy(): void } }).stream.destroy();
  };
  connection.on('error', close);
  connection.on('end', () => close(lostConnection('the server closed the connection')));
  return {
    connection,
    lockName,
    broken: lost.signal,
    query: (text) =>
      unlessBroken(lost.signal, (settle) =>
        connection.query<never[]>(text, (error, rows) => settle(error, Array.isArray(rows) ? rows : [])),
      ),
    prepare: (text) => prepare(connection, lost.signal, text),
    reset: () => unlessBroken<void>(lost.signal, (settle) => connection.reset((error) => settle(error))),
    close,
    killStatement: () => killStatement(lockName, options),
  };
}

function lostConnection(why: string): Error {
  return Object.assign(new Error(why), { code: 'PROTOCOL_CONNECTION_LOST' });
}

async function prepare(connection: Connection, broken: AbortSignal, text: string): Promise<PreparedStatement> {
  const statement = await unlessBroken<PrepareStatementInfo>(broken, (settle) =>
    connection.prepare(text, (error, prepared) => settle(error, prepared)),
  );
  // Missing in the driver's types.
  const { columns, parameters } = statement as unknown as { columns: FieldPacket[]; parameters: FieldPacket[] };
  return {
    columns,
    parameterCount: parameters.length,
    execute: (values) => statement.execute([...values]),
    // The driver caches statements by text, with the columns of that time.
    close: () => void connection.unprepare(text),
  };
}

/** Kills the connection that holds the lock. Behind a load balancer, its id could belong to another connection. */
async function killStatement(lockName: string, options: MysqlOptions): Promise<void> {
  const late = new AbortController();
  using _limit = options.clock.after(options.connectTimeoutMs, () => late.abort());
  try {
    const killer = await connected(options, late.signal);
    late.signal.addEventListener('abort', () => killer.close(late.signal.reason), { once: true });
    const [[id] = []] = await killer.query(`select is_used_lock('${lockName}')`);
    if (typeof id === 'string' || typeof id === 'number') await killer.query(`kill connection ${id}`);
    killer.close(new Error('done'));
  } catch {
    // Best effort: the statement ends at its own timeout.
  }
}

/** Resolves with what `start` settles, or rejects with the reason of `broken`, whichever comes first. */
function unlessBroken<T>(broken: AbortSignal, start: (settle: (error: unknown, value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(broken.reason);
    if (broken.aborted) return stop();
    broken.addEventListener('abort', stop, { once: true });
    start((error, value) => {
      broken.removeEventListener('abort', stop);
      if (error === null || error === undefined) resolve(value);
      else reject(error);
    });
  });
}
