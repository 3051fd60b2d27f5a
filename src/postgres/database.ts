// Pools, sessions and transactions. Only this folder and src/sources/postgres/postgres.ts use the driver.
//
// Two facts about the driver shape this file. A pool or a checked-out client without an error listener crashes the
// process when the server closes the connection; and a client that is released inside a transaction, or after a
// timeout, is reused in that state. So sessions are the only access to clients, and they return only clean ones.

import pg from 'pg';
import type { Clock } from '../core/clock.ts';
import { type BackendsOptions, openBackends } from './backends.ts';
import { clientOf } from './channel-binding.ts';
import { poolEnd } from './end-pool.ts';
import { type PostgresRole, statementFailure } from './failure.ts';
import type { Statement } from './prepared.ts';
import { type ReservedSession, type Reserving, reserve } from './reserve.ts';
import type { Session } from './session.ts';
import { type Supervision, supervise } from './supervise.ts';
import { connectionConfig, postgresAddress, tlsConfig } from './url.ts';

export type DatabaseOptions = {
  readonly url: string;
  readonly role: PostgresRole;
  readonly poolMax: number;
  readonly connectTimeoutMs: number;
  /**
   * The server ends a transaction that is idle for this long: its process is stopped or gone. Null sends no settings at
   * startup, which PgBouncer refuses: each transaction then sets its own.
   */
  readonly idleInTransactionMs: number | null;
  /** The server ends a statement that runs, or waits for a lock, for this long. Unlimited by default. */
  readonly statementMs?: number;
  readonly applicationName: string;
  /** For passwords that change: returns the current URL for each new connection. */
  readonly renewedUrl?: () => Promise<string>;
  /** Ends the waits for a connection that went silent; by default they are unlimited. */
  readonly silence?: SilenceLimit;
};

/** How long the server may be silent before it is queried, over another connection, whether it is working. */
export type SilenceLimit = { readonly clock: Clock; readonly silenceMs: number };

export type PoolUse = {
  readonly used: number;
  readonly idle: number;
  readonly waiting: number;
  readonly max: number;
};

export interface Database extends AsyncDisposable {
  query<R>(statement: Statement, values?: readonly unknown[]): Promise<R[]>;
  run(statement: Statement, values?: readonly unknown[]): Promise<number>;
  /** A separate connection while `work` runs; it is closed, with its statement, when the signal is aborted. */
  session<T>(work: (session: Session) => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** A connection that the caller keeps until disposal; closed when the signal is aborted. */
  reserve(signal?: AbortSignal): Promise<ReservedSession>;
  /** The current connections of the pool; `waiting` counts waiting callers. */
  connections(): PoolUse;
  /** `work` in one read committed transaction: committed when it resolves, rolled back when it rejects. */
  transaction<T>(work: (session: Session) => Promise<T>, signal?: AbortSignal): Promise<T>;
}

const { builtins } = pg.types;
const AS_TEXT = (text: string) => text;

// Only values that JavaScript represents exactly are parsed. int8 is used for our ids and counts only; user values
// travel by COPY.
const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === builtins.INT8) return safeInteger;
    if ([builtins.INT2, builtins.INT4, builtins.BOOL, builtins.JSON, builtins.JSONB].includes(oid)) {
      return pg.types.getTypeParser(oid, format === 'binary' ? 'text' : format);
    }
    return AS_TEXT;
  },
};

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is too large for an exact JavaScript integer`);
  return value;
}

/** `"name"`, escaped: for positions of a statement that take no parameter. */
export function identifier(name: string): string {
  return pg.escapeIdentifier(name);
}

/** `'text'`, escaped: for statements (COPY, create) that take no parameter. */
export function literal(text: string): string {
  return pg.escapeLiteral(text);
}

function renewedPassword({ renewedUrl, role }: DatabaseOptions): pg.ClientConfig {
  if (renewedUrl === undefined) return {};
  return { password: async () => postgresAddress(await renewedUrl(), role).password ?? '' };
}

/**
 * Settings for all statements of a connection; they override the `options` of the URL. Statements name hundreds of columns and
 * read few rows of each: compiling their expressions takes longer than running them.
 */
function startupSettings({ idleInTransactionMs, statementMs }: DatabaseOptions, ofUrl = ''): pg.ClientConfig {
  if (idleInTransactionMs === null) return ofUrl === '' ? {} : { options: ofUrl };
  return {
    options: `${ofUrl} -c timezone=UTC -c datestyle=ISO -c extra_float_digits=1 -c jit=off`.trim(),
    idle_in_transaction_session_timeout: idleInTransactionMs,
    ...(statementMs === undefined ? {} : { statement_timeout: statementMs }),
  };
}

/** Well before the idle timeout of a NAT. */
const KEEP_ALIVE_MS = 10_000;

/** Opens a pool; connects on first use. */
export function openDatabase(options: DatabaseOptions): Database {
  const { role, silence } = options;
  const address = postgresAddress(options.url, role);
  const config: pg.ClientConfig = {
    ...connectionConfig(address),
    ...renewedPassword(options),
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    connectionTimeoutMillis: options.connectTimeoutMs,
    application_name: options.applicationName,
    ...startupSettings(options, address.parameters.get('options')),
    types,
  };
  const Client = clientOf(address.parameters.get('channel_binding'));
  const pool = new pg.Pool({ ...config, Client, max: options.poolMax });
  // An idle connection that the server closes is replaced at the next use; the driver requires a listener.
  pool.on('error', () => undefined);
  // The packet that says that a connection is ready may also end it, before a caller has it: without a listener, the driver
  // would end the process. Callers that need the error add their own.
  pool.on('connect', (client) => client.on('error', () => undefined));

  const supervision = silence && supervisionOf({ pool, config, Client }, options, silence);
  const { tls } = address;
  const prepare = async () => {
    if (tls === null || pool.idleCount > 0) return;
    // Read each time, since certificates may be renewed.
    const ssl = await tlsConfig(tls, role);
    Object.assign(config, { ssl });
    Object.assign(pool.options, { ssl });
  };
  let inUse = 0;
  pool.on('acquire', () => {
    inUse += 1;
  });
  pool.on('release', () => {
    inUse -= 1;
  });
  const wait = () => ({ inUse, max: options.poolMax, waitMs: options.connectTimeoutMs });
  const reserving = { pool, role, wait, supervision, prepare };
  const end = poolEnd(pool, silence?.clock);
  const database: Database = {
    query: (statement, values) => database.session((session) => session.query(statement, values)),
    run: (statement, values) => database.session((session) => session.run(statement, values)),
    session: (work, signal) => withSession({ ...reserving, statementMs: options.statementMs }, work, signal),
    reserve: (signal) => reserve(reserving, signal),
    connections: () => ({
      used: pool.totalCount - pool.idleCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
      max: options.poolMax,
    }),
    transaction: (work, signal) => database.session((session) => inTransaction(session, work), signal),
    [Symbol.asyncDispose]: async () => {
      using _supervision = supervision;
      await end();
    },
  };
  return database;
}

function supervisionOf(
  connecting: Pick<BackendsOptions, 'pool' | 'config' | 'Client'>,
  { role, connectTimeoutMs }: DatabaseOptions,
  silence: SilenceLimit,
): Supervision {
  const backends = openBackends({ ...connecting, clock: silence.clock, deadlineMs: connectTimeoutMs });
  return supervise(connecting.pool, { ...silence, role, backends });
}

async function inTransaction<T>(session: Session, work: (session: Session) => Promise<T>): Promise<T> {
  await session.run('begin');
  try {
    const result = await work(session);
    await session.run('commit');
    return result;
  } catch (error) {
    // Report the first error; if the connection is gone, so is the transaction.
    await session.run('rollback').catch(() => undefined);
    throw error;
  }
}

async function withSession<T>(
  { statementMs, ...reserving }: Reserving & { readonly statementMs: number | undefined },
  work: (session: Session) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  await using reserved = await reserve(reserving, signal);
  try {
    return await work(reserved.session);
  } catch (error) {
    const explained = reserved.explain(error);
    throw (statementMs === undefined ? null : statementFailure(explained, reserving.role)) ?? explained;
  }
}
