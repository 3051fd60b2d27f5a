// Why a request for a file of an HTTP server failed, and whether another attempt may help.

import type { IncomingMessage } from 'node:http';
import { textOf } from '../../core/message.ts';
import { RETRY_AFTER_MAX_MS, retryAfterMs, tooLongWait } from '../http/attempts.ts';
import { mayPass, problemOf } from '../http/problem.ts';
import type { SourceOptions } from '../source.ts';
import { type Trouble, UnexpectedAnswer } from './object-store.ts';

/** The trouble with a response. */
export class ResponseTrouble extends Error {
  override readonly name = 'ResponseTrouble';
  readonly trouble: Trouble;

  constructor(trouble: Trouble) {
    super(trouble.what);
    this.trouble = trouble;
  }
}

/** Whether a status says that the file does not exist. */
export function isAbsent({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode === 404 || statusCode === 410;
}

/** Classifies any error from a request for a file. */
export function httpTrouble(error: unknown): Trouble {
  if (error instanceof ResponseTrouble) return error.trouble;
  if (error instanceof UnexpectedAnswer) return { kind: 'busy', what: error.message };
  const { kind, parts } = problemOf(error);
  return { kind: kind === 'busy' || kind === 'broken' ? 'busy' : 'denied', what: textOf(parts) };
}

/** The trouble with the status of a response. With `renewed`, another attempt reads the credentials again. */
export function statusTrouble(answer: IncomingMessage, { clock, renewed }: SourceOptions): ResponseTrouble {
  const { statusCode: status = 0, headers } = answer;
  const what = `the server responded with HTTP status ${status}`;
  if (isAbsent(answer)) return new ResponseTrouble({ kind: 'gone', what });
  if (status === 412 || status === 416) return new ResponseTrouble({ kind: 'changed', what });
  const waitMs = retryAfterMs(headers['retry-after'], clock.now());
  if (mayPass(status, waitMs)) return new ResponseTrouble(busyTrouble(what, waitMs));
  if (status === 401 || status === 403) {
    const advice = 'check `bearer` and `headers` of the source in millrace.yaml';
    const hint = status === 403 ? '. Some servers also respond in this way if a file does not exist' : '';
    const kind = status === 401 && renewed !== undefined ? 'expired' : 'denied';
    return new ResponseTrouble({ kind, what: `${what}; ${advice}${hint}` });
  }
  return new ResponseTrouble({ kind: 'denied', what: `${what}; check the URL of the source and the file name` });
}

function busyTrouble(what: string, waitMs: number | null): Trouble {
  if (waitMs === null) return { kind: 'busy', what };
  return { kind: 'busy', what: waitMs > RETRY_AFTER_MAX_MS ? `${what} ${tooLongWait(waitMs)}` : what, waitMs };
}
