// Classifies errors from MySQL, MariaDB and their driver.
// https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html, https://mariadb.com/kb/en/mariadb-error-code-reference/

import { Failure, messageOf, wordsOf } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import { isTlsCode, tlsProblem } from '../../core/tls-error.ts';
import { codeOf } from '../../postgres/failure.ts';

/** No access to an account, a database, a table or a column, or an unknown database. */
const DENIED = new Set([
  1044, 1045, 1049, 1129, 1130, 1142, 1143, 1227, 1251, 1275, 1370, 1698, 1820, 1862, 3118, 3159, 3878, 3955, 4151,
]);
/** Too many connections, a stopping or overloaded server, a killed connection or query, a lock, a changed table. */
const UNAVAILABLE = new Set([
  1020, 1021, 1037, 1038, 1040, 1041, 1042, 1043, 1053, 1077, 1079, 1080, 1105, 1114, 1152, 1158, 1159, 1160, 1161,
  1184, 1194, 1203, 1205, 1206, 1213, 1226, 1290, 1317, 1412, 1461, 1615, 1836, 1927, 3100, 3168, 3169, 4031,
]);
const TIMEOUTS = new Set([1969, 3024]);
const NETWORK = /^(E(?:AI_)?[A-Z]+|PROTOCOL_.*)$/;
/** The driver's codes for a failed login or handshake. */
const HANDSHAKE = /^(HANDSHAKE|AUTH|MYSQL_CLEAR)_/;
const CUT_OFF = /disconnected|closed|reset|timed? ?out/i;

/** An error sent by the server. */
export type MysqlServerError = Error & { readonly errno: number; readonly sqlState: string };

/** Whether an error was sent by the server, rather than the driver, the network or this code. */
export function isServerError(thrown: unknown): thrown is MysqlServerError {
  return thrown instanceof Error && 'sqlState' in thrown && 'errno' in thrown && typeof thrown.errno === 'number';
}

export function isTimeout(error: MysqlServerError): boolean {
  return TIMEOUTS.has(error.errno);
}

/** A wrong account or password. The server does not distinguish an expired password. */
const LOGIN = new Set([1045, 1698]);

/** A Failure for a rejected login with a password from a file, which may be about to change. */
export function loginFailure(
  thrown: unknown,
  { label, renewed }: { readonly label: string; readonly renewed?: unknown },
): Failure | null {
  if (renewed === undefined || !isServerError(thrown) || !LOGIN.has(thrown.errno)) return null;
  const what = 'the password came from a file, and the next attempt will read the file again';
  return new Failure(
    'SOURCE_CREDENTIALS',
    text`${safe(label)} rejected the login: ${wordsOf(thrown)}; ${safe(what)}.`,
    {},
    thrown,
  );
}

/** A Failure for an error about the connection or the login; null for any other, such as an error in the statement. */
export function mysqlConnectionFailure(thrown: unknown, label: string): Failure | null {
  if (thrown instanceof Failure) return thrown;
  const code = codeOf(thrown);
  const facts = { code };
  const first: unknown = thrown instanceof AggregateError ? (thrown.errors[0] ?? thrown) : thrown;
  const detail = messageOf(first);
  const words = tlsProblem(first) ?? wordsOf(first);
  const errno = isServerError(thrown) ? thrown.errno : null;
  const isRefusal = (HANDSHAKE.test(code) || isTlsCode(code)) && !CUT_OFF.test(detail);
  if (errno === null ? isRefusal : DENIED.has(errno)) {
    return new Failure('SOURCE_DENIED', text`${safe(label)} refused access: ${words}`, facts, thrown);
  }
  if ((errno !== null && UNAVAILABLE.has(errno)) || (errno === null && isConnectionLoss(thrown, code))) {
    return new Failure('SOURCE_UNAVAILABLE', text`${safe(label)} is not responding: ${words}`, facts, thrown);
  }
  return null;
}

function isConnectionLoss(thrown: unknown, code: string): boolean {
  if (NETWORK.test(code) || HANDSHAKE.test(code)) return true;
  // Errors without a code about a connection that is already closed.
  return thrown instanceof Error && /closed state|closing|packets out of order/i.test(thrown.message);
}
