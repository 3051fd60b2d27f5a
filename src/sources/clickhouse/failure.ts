// Classifies errors from ClickHouse, HTTP and connections.
// https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp

import { Failure, messageOf, wordsOf } from '../../core/failure.ts';
import { type Message, safe, text } from '../../core/message.ts';
import { isTlsCode, tlsProblem } from '../../core/tls-error.ts';
import { codeOf } from '../../postgres/failure.ts';
import { ClickhouseException } from './exception.ts';

/** No access to an account, a database, a table or a column. */
const DENIED = new Set([192, 193, 194, 195, 291, 497, 511, 512, 516]);
/** A setting or a database that the server does not have or does not allow, before there is a query. */
const SETUP_DENIED = new Set([81, 115, 164, 452]);
/** An overloaded, stopping or disconnected server, a killed query, a quota, memory, replicas that do not respond. */
const UNAVAILABLE = new Set([
  23, 24, 32, 74, 159, 160, 198, 201, 202, 203, 209, 210, 216, 218, 225, 236, 241, 242, 243, 252, 279, 285, 286, 369,
  372, 373, 394, 425, 439, 473, 499, 668, 733, 734, 735, 745, 999, 1000, 1001, 1002,
]);
const TIMEOUT = 159;
const LOGIN = new Set([192, 193, 194, 516]);
const READONLY = 164;
const UNKNOWN_SETTING = 115;

/** Of a response that is shown, with its tags. */
const BODY_CHARACTERS_MAX = 2_000;

/** A response that is not one of ClickHouse, such as that of a proxy. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly status: number;

  constructor(status: number, body: string) {
    const line = body
      .slice(0, BODY_CHARACTERS_MAX)
      .replaceAll(/<[^>]*>/g, ' ')
      .replaceAll(/\s+/g, ' ')
      .trim();
    super(`HTTP status ${status}${line === '' ? '' : `: ${line.slice(0, 200)}`}`);
    this.status = status;
  }
}

/** A response that ended before its last row. */
export class CutOff extends Error {
  override readonly name = 'CutOff';
}

export function isTimeout(error: ClickhouseException): boolean {
  return error.code === TIMEOUT;
}

/** A Failure for a rejected login with a password from a file, which may be about to change. */
export function loginFailure(thrown: unknown, label: string): Failure | null {
  if (!(thrown instanceof ClickhouseException) || !LOGIN.has(thrown.code)) return null;
  const what = 'the password came from a file, and the next attempt will read the file again';
  return new Failure(
    'SOURCE_CREDENTIALS',
    text`${safe(label)} rejected the login: ${wordsOf(thrown)}; ${safe(what)}.`,
    {},
    thrown,
  );
}

/** A Failure for an error before there is a query: of the connection, the login, the database or the settings. */
export function setupFailure(thrown: unknown, label: string): Failure | null {
  if (!(thrown instanceof ClickhouseException) || !SETUP_DENIED.has(thrown.code))
    return connectionFailure(thrown, label);
  return refused(thrown, label, text`${wordsOf(thrown)}${safe(setupHint(thrown.code))}`);
}

function setupHint(code: number): string {
  if (code === READONLY)
    return '; expected a user whose profile has readonly = 0 or readonly = 2, so that Millrace can change settings';
  return code === UNKNOWN_SETTING ? '; expected ClickHouse 23.6 or newer' : '';
}

/** A Failure for an error about the connection, the login or privileges; null for any other, such as an error in the query. */
export function connectionFailure(thrown: unknown, label: string): Failure | null {
  if (thrown instanceof Failure) return thrown;
  if (thrown instanceof ClickhouseException) {
    if (DENIED.has(thrown.code)) return refused(thrown, label, wordsOf(thrown));
    return UNAVAILABLE.has(thrown.code) ? away(thrown, label, wordsOf(thrown)) : null;
  }
  if (thrown instanceof HttpProblem) {
    const isDenied = thrown.status === 401 || thrown.status === 403;
    return (isDenied ? refused : away)(thrown, label, wordsOf(thrown));
  }
  const first: unknown = thrown instanceof AggregateError ? (thrown.errors[0] ?? thrown) : thrown;
  return isConnectionLoss(thrown, first) ? away(thrown, label, tlsProblem(first) ?? wordsOf(first)) : null;
}

function refused(thrown: unknown, label: string, words: Message): Failure {
  return new Failure('SOURCE_DENIED', text`${safe(label)} refused access: ${words}`, factsOf(thrown), thrown);
}

function away(thrown: unknown, label: string, words: Message): Failure {
  return new Failure('SOURCE_UNAVAILABLE', text`${safe(label)} is not responding: ${words}`, factsOf(thrown), thrown);
}

function factsOf(thrown: unknown) {
  if (thrown instanceof ClickhouseException) return { code: thrown.code, type: thrown.type };
  return thrown instanceof HttpProblem ? { status: thrown.status } : { code: codeOf(thrown) };
}

function isConnectionLoss(thrown: unknown, first: unknown): boolean {
  if (thrown instanceof CutOff || tlsProblem(first) !== null || isTlsCode(codeOf(first))) return true;
  // HPE_…: the bytes of the response are not HTTP.
  return (
    /^(?:E(?:AI_)?[A-Z]+|HPE_.*|ERR_STREAM_PREMATURE_CLOSE)$/.test(codeOf(first)) ||
    /socket hang up|aborted|Timeout error/.test(messageOf(first))
  );
}
