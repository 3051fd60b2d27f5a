// What a Redis error means to us, decided once, here.
//
// A server that answers with an error is as unavailable to us as one that does not answer: what it may say (out of memory,
// loading, read-only) passes, and the same batch may be sent again later. One that refuses our password or permission is
// not: nothing changes until an operator changes it.

import { Failure, type FailureCode, isNetworkError, messageOf } from '../core/failure.ts';
import { safe, text, value } from '../core/message.ts';

/** Whose server it is: `The online store (redis://cache:6379)`, the start of the sentence, and its code. */
export type RedisRole = { readonly label: string; readonly unavailable: FailureCode; readonly denied: FailureCode };

const DENIED = /^(NOAUTH|WRONGPASS|NOPERM|ERR AUTH|ERR invalid password|ERR Client sent AUTH)/;
/** Errors of a server that another one has taken over from, or that is not up yet: a new connection may find a better one. */
const ELSEWHERE = /^(READONLY|LOADING|MASTERDOWN|UNBLOCKED)/;
/** The fact that marks the failure of a command that met a key of another type; under `online` it is one key's matter. */
export const WRONG_TYPE = 'wrongType';
const DETAIL_LIMIT = 200;
/** What the driver says where it has no connection, in settings of its own. */
const UNCONNECTED = /^(Stream isn't writeable|Connection is closed|Reached the max retries per request)/;

/** Whether the same words to a new connection may succeed at once. */
export function isWorthReconnecting(thrown: unknown): boolean {
  if (thrown instanceof Failure) return false;
  return !isReply(thrown) || ELSEWHERE.test(messageOf(thrown));
}

/** A Failure for whatever a Redis command threw. */
export function redisFailure(thrown: unknown, role: RedisRole): Failure {
  if (thrown instanceof Failure) return thrown;
  const detail = detailOf(thrown);
  const words = isNetworkError(thrown) || UNCONNECTED.test(messageOf(thrown)) ? safe(detail) : value(detail);
  if (isReply(thrown) && DENIED.test(detail)) {
    return new Failure(
      role.denied,
      text`${safe(role.label)} refused us: ${words}. Check user, password and permissions.`,
      {},
      thrown,
    );
  }
  const verb = isReply(thrown) ? 'answered with an error' : 'does not answer';
  const facts = isReply(thrown) && detail.startsWith('WRONGTYPE') ? { [WRONG_TYPE]: true } : {};
  return new Failure(role.unavailable, text`${safe(role.label)} ${safe(verb)}: ${words}.`, facts, thrown);
}

function isReply(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'ReplyError';
}

/** The server's own words without the arguments that some of them repeat. */
function detailOf(thrown: unknown): string {
  const first = thrown instanceof AggregateError ? (thrown.errors[0] ?? thrown) : thrown;
  const [words = ''] = messageOf(first).split(/,? with args|[\r\n]/, 1);
  if (UNCONNECTED.test(words)) return 'there is no connection to it';
  return words.slice(0, DETAIL_LIMIT).replace(/\.$/, '');
}
