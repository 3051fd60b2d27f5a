// What a Postgres error means to us, decided once, here (docs/architecture/sources.md).

import { Failure, type FailureCode, messageOf, wordsOf } from '../core/failure.ts';
import { safe, text } from '../core/message.ts';

/** Which of our codes a server's errors become; a source and the offline store have different ones. */
export type PostgresRole = {
  /** `source shop (postgres://db:5432/shop)`, the start of the sentence. */
  readonly label: string;
  readonly unavailable: FailureCode;
  readonly denied: FailureCode;
  /** What a refused login becomes where the password is read anew for each connection: it may be about to change. */
  readonly login?: FailureCode;
};

// Classes of https://www.postgresql.org/docs/current/errcodes-appendix.html
const UNAVAILABLE = /^(08|53|57P0[1-4]|58|25P03|55P03|40P01|40001)/;
/** A wrong password and one that has ended are the same to the server. */
const LOGIN = /^28/;
const DENIED = /^(28|42501|3D000)/;
const NETWORK = /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ENOENT)$/;
/** A certificate that is not what it should be, or a server that knows no TLS: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const TLS = /^(ERR_(TLS|SSL|OSSL)_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_|EPROTO)/;
const DRIVER_DENIED = /server does not support SSL|^SASL:/;
const DRIVER =
  /error establishing an SSL|connection terminated|timeout exceeded when trying to connect|connection timeout|client was closed|not queryable|socket hang up|connection ended/i;

/** What the server ended for taking too long, and the setting that says how long that is. */
const TIMEOUTS: Readonly<Record<string, string>> = {
  '25P03':
    'closed a connection in the middle of a transaction because nothing was sent for longer than idle_in_transaction_session_timeout: this process was busy or stopped, and nothing of the transaction is stored; try it again',
  '55P03': 'gave up waiting for a lock after lock_timeout: something else holds it; try it again',
};

/** The SQLSTATE or the operating system's code of what was thrown. */
export function codeOf(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null) return '';
  // A connection to several addresses fails with one error per address.
  if (thrown instanceof AggregateError) return codeOf(thrown.errors[0]);
  return 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
}

/** A Failure where the server ended a statement that took too long, of a database whose statements have a limit. */
export function statementFailure(thrown: unknown, { label, unavailable }: PostgresRole): Failure | null {
  if (codeOf(thrown) !== '57014') return null;
  const why = 'it is slow, or something holds what is asked for';
  return new Failure(
    unavailable,
    text`${safe(label)} ended a statement (${wordsOf(thrown)}): ${safe(why)}; try it again.`,
    {},
    thrown,
  );
}

/** A Failure for an error that says the server is away or refuses us; null for any other: the statement's own. */
export function connectionFailure(thrown: unknown, role: PostgresRole): Failure | null {
  if (thrown instanceof Failure) return thrown;
  const code = codeOf(thrown);
  const first: unknown = thrown instanceof AggregateError ? (thrown.errors[0] ?? thrown) : thrown;
  const detail = messageOf(first);
  const words = wordsOf(first);
  if (LOGIN.test(code) && role.login !== undefined) {
    const what = 'the password was read from its file just now; it is read again for the next attempt';
    return new Failure(
      role.login,
      text`${safe(role.label)} refused us: ${words}; ${safe(what)}.`,
      { sqlstate: code },
      thrown,
    );
  }
  if (DENIED.test(code) || TLS.test(code) || (code === '' && DRIVER_DENIED.test(detail))) {
    return new Failure(role.denied, text`${safe(role.label)} refused us: ${words}`, { sqlstate: code }, thrown);
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
  if (UNAVAILABLE.test(code) || NETWORK.test(code) || (code === '' && DRIVER.test(detail))) {
    return new Failure(
      role.unavailable,
      text`${safe(role.label)} does not answer: ${words}`,
      { sqlstate: code },
      thrown,
    );
  }
  return null;
}
