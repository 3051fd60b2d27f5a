// Translates Postgres errors to failures (docs/architecture/sources.md).

import { Failure, type FailureCode, isNetworkError, messageOf, wordsOf } from '../core/failure.ts';
import { safe, text } from '../core/message.ts';
import { isTlsCode, tlsProblem } from '../core/tls-error.ts';

/** The failure codes for a server's errors; a source and the offline store have different ones. */
export type PostgresRole = {
  /** `source shop (postgres://db:5432/shop)`, the start of messages. */
  readonly label: string;
  readonly unavailable: FailureCode;
  readonly denied: FailureCode;
  /** The code of a refused login if the password is read again for each connection, since it may be about to change. */
  readonly login?: FailureCode;
  /** The key that sets how many connections this process may open, for messages. */
  readonly poolKey?: string;
};

// Classes of https://www.postgresql.org/docs/current/errcodes-appendix.html
const UNAVAILABLE = /^(08|53|57P0[1-4]|58|25P03|55P03|40P01|40001)/;
/** The server does not distinguish a wrong password from an expired one. */
const LOGIN = /^28/;
const DENIED = /^(28|42501|3D000)/;
const NETWORK = /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ENOENT)$/;
const DRIVER_DENIED = /server does not support SSL|^SASL:/;
const DRIVER =
  /error establishing an SSL|connection terminated|timeout exceeded when trying to connect|connection timeout|client was closed|not queryable|socket hang up|connection ended/i;

/** Timeouts of the server, with the responsible setting. */
const TIMEOUTS: Readonly<Record<string, string>> = {
  '25P03':
    'closed a connection that was idle in a transaction for longer than idle_in_transaction_session_timeout: this process was busy or suspended, and the transaction was rolled back; try again',
  '55P03': 'stopped waiting for a lock after lock_timeout, because another session holds it; try again',
};

/** The SQLSTATE or the operating system's code of an error. */
export function codeOf(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null) return '';
  // A connection to several addresses fails with one error per address.
  if (thrown instanceof AggregateError) return codeOf(thrown.errors[0]);
  return 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
}

/** The SQLSTATE of a failed statement, also where a failure explains it by the tables of another release (state/explained.ts). */
export function sqlStateOf(thrown: unknown): string {
  return codeOf(thrown instanceof Failure && thrown.code === 'OFFLINE_DENIED' ? thrown.cause : thrown);
}

/** Whether a table was altered so that a prepared statement yields other types: its connection cannot run it any more. */
export function isStalePlan(thrown: unknown): boolean {
  return codeOf(thrown) === '0A000' && (thrown as { routine?: unknown }).routine === 'RevalidateCachedQuery'; // of the driver's DatabaseError
}

/** What the driver says when no connection became free in time. */
const POOL_BUSY = 'timeout exceeded when trying to connect';

export type PoolWait = { readonly inUse: number; readonly max: number; readonly waitMs: number };

/**
 * A Failure if all connections of the pool are in use; null for another error, and if the pool is full of connections that
 * are still being opened, because then the server is not responding.
 */
export function poolFailure(thrown: unknown, role: PostgresRole, { inUse, max, waitMs }: PoolWait): Failure | null {
  if (messageOf(thrown) !== POOL_BUSY || inUse < max) return null;
  const key = role.poolKey === undefined ? '' : ` (${role.poolKey})`;
  const all =
    max === 1 ? `this process's only connection${key} has` : `all ${max} connections of this process${key} have`;
  const sentence = text`${safe(role.label)} has no free connection: ${safe(all)} been in use for ${safe(waitMs / 1_000)} s; try again.`;
  return new Failure(role.unavailable, sentence, { connections: max }, thrown);
}

/** A Failure if the server ended a statement that took too long, for a database with a statement limit. */
export function statementFailure(thrown: unknown, { label, unavailable }: PostgresRole): Failure | null {
  if (codeOf(thrown) !== '57014') return null;
  const why = 'the server is slow, or another session holds a lock';
  return new Failure(
    unavailable,
    text`${safe(label)} cancelled a statement (${wordsOf(thrown)}): ${safe(why)}; try again.`,
    {},
    thrown,
  );
}

/** A Failure if the server is unavailable or denies access; null for any other error, which belongs to the statement. */
export function connectionFailure(thrown: unknown, role: PostgresRole): Failure | null {
  if (thrown instanceof Failure) return thrown;
  const code = codeOf(thrown);
  const first: unknown = thrown instanceof AggregateError ? (thrown.errors[0] ?? thrown) : thrown;
  const detail = messageOf(first);
  const words = tlsProblem(first) ?? wordsOf(first);
  if (LOGIN.test(code) && role.login !== undefined) {
    const what = 'the password came from a file, and the next attempt will read the file again';
    return new Failure(
      role.login,
      text`${safe(role.label)} refused access: ${words}; ${safe(what)}.`,
      { sqlstate: code },
      thrown,
    );
  }
  if (DENIED.test(code) || isTlsCode(code) || code === 'EPROTO' || (code === '' && DRIVER_DENIED.test(detail))) {
    return new Failure(role.denied, text`${safe(role.label)} refused access: ${words}`, { sqlstate: code }, thrown);
  }
  if (isStalePlan(thrown)) {
    return new Failure(
      role.unavailable,
      text`${safe(role.label)}: a table was altered while this process was using it (${words}), so the connection was closed; try again.`,
      { sqlstate: code },
      thrown,
    );
  }
  const timeout = TIMEOUTS[code];
  if (timeout !== undefined) {
    return new Failure(
      role.unavailable,
      text`${safe(role.label)} ${safe(timeout)} (${words}).`,
      { sqlstate: code },
      thrown,
    );
  }
  const isNetwork = NETWORK.test(code) || isNetworkError(first);
  if (UNAVAILABLE.test(code) || isNetwork || (code === '' && DRIVER.test(detail))) {
    return new Failure(
      role.unavailable,
      text`${safe(role.label)} is not responding: ${words}`,
      { sqlstate: code },
      thrown,
    );
  }
  return null;
}
