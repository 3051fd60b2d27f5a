// Translates Redis errors to failures.
//
// A server that returns an error is as unavailable as one that does not respond: the cause (out of memory, loading,
// read-only) is temporary, and the same batch may be sent again later. A refused password or permission is different:
// an operator must change it.

import { Failure, type FailureCode, isNetworkError, messageOf } from '../core/failure.ts';
import { safe, text, value } from '../core/message.ts';
import { Unreadable } from '../core/read-file.ts';
import { isTlsCode, tlsProblem } from '../core/tls-error.ts';

/** The server's name, `The online store (redis://cache:6379)`, for the start of messages, and its codes. */
export type RedisRole = {
  readonly label: string;
  readonly unavailable: FailureCode;
  readonly denied: FailureCode;
  /** The code of a rejected login with a password from a file, which may be about to change. Default: `denied`. */
  readonly login?: FailureCode;
};

const LOGIN = /^(?:NOAUTH|WRONGPASS|ERR AUTH|ERR invalid password|ERR Client sent AUTH)/;
/** Errors of a demoted or starting server: a new connection may find a better one. */
const ELSEWHERE = /^(READONLY|LOADING|MASTERDOWN|UNBLOCKED)/;
/** Marks the failure of a command on a key of another type; below `online` it concerns one key only. */
export const WRONG_TYPE = 'wrongType';
/** Codes of files that cannot be read. */
const UNREADABLE: readonly string[] = ['ENOENT', 'EACCES', 'EISDIR'];
const DETAIL_LIMIT = 200;
/** The driver's messages without a connection, which are about its own settings. */
const UNCONNECTED = /^(Stream isn't writeable|Connection is closed|Reached the max retries per request)/;

/** Whether the same command over a new connection may succeed immediately. */
export function isWorthReconnecting(thrown: unknown): boolean {
  if (thrown instanceof Failure || isTlsFailure(firstOf(thrown))) return false;
  return !isReply(thrown) || ELSEWHERE.test(messageOf(thrown));
}

/** A Failure for any error from a Redis command. */
export function redisFailure(thrown: unknown, role: RedisRole): Failure {
  if (thrown instanceof Failure) return thrown;
  const first = firstOf(thrown);
  if (isTlsFailure(first)) {
    const what = tlsProblem(first) ?? value(detailOf(thrown));
    return new Failure(role.denied, text`${safe(role.label)} cannot be used over TLS: ${what}.`, {}, thrown);
  }
  const detail = detailOf(thrown);
  const words = isNetworkError(thrown) || UNCONNECTED.test(messageOf(thrown)) ? safe(detail) : value(detail);
  if (isReply(thrown) && LOGIN.test(detail) && role.login !== undefined) {
    const what = 'the password came from a file, and the next attempt will read the file again';
    return new Failure(role.login, text`${safe(role.label)} rejected the login: ${words}; ${safe(what)}.`, {}, thrown);
  }
  if (isReply(thrown) && (LOGIN.test(detail) || detail.startsWith('NOPERM'))) {
    return new Failure(
      role.denied,
      text`${safe(role.label)} refused access: ${words}. Check user, password and permissions.`,
      {},
      thrown,
    );
  }
  const verb = isReply(thrown) ? 'returned an error' : 'is not responding';
  const facts = isReply(thrown) && detail.startsWith('WRONGTYPE') ? { [WRONG_TYPE]: true } : {};
  return new Failure(role.unavailable, text`${safe(role.label)} ${safe(verb)}: ${words}.`, facts, thrown);
}

/** An untrusted certificate, a failed handshake, or a file of the URL that cannot be read. */
function isTlsFailure(thrown: unknown): boolean {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  return tlsProblem(thrown) !== null || isTlsCode(code) || UNREADABLE.includes(code) || thrown instanceof Unreadable;
}

function firstOf(thrown: unknown): unknown {
  return thrown instanceof AggregateError ? (thrown.errors[0] ?? thrown) : thrown;
}

function isReply(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'ReplyError';
}

/** The server's message without the arguments that some messages repeat. */
function detailOf(thrown: unknown): string {
  const first = firstOf(thrown);
  const [words = ''] = messageOf(first).split(/,? with args|[\r\n]/, 1);
  if (UNCONNECTED.test(words)) return 'there is no connection to it';
  return words.slice(0, DETAIL_LIMIT).replace(/\.$/, '');
}
