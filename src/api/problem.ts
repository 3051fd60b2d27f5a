// Errors as problem details (RFC 9457): the status, a code that programs compare, and a sentence.

import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { Failure, type FailureCode } from '../core/failure.ts';
import type { Log } from '../core/log.ts';
import { loggedStack } from '../core/logged.ts';

/** What is wrong with a request itself → its status. Everything else has the code of a failure. */
const REQUEST_PROBLEMS = {
  REQUEST_INVALID: 400,
  TOKEN_REQUIRED: 401,
  TOKEN_UNKNOWN: 401,
  ROLE_MISSING: 403,
  VIEW_FORBIDDEN: 403,
  ORIGIN_FORBIDDEN: 403,
  ROUTE_UNKNOWN: 404,
  METHOD_UNKNOWN: 405,
  BODY_TOO_SLOW: 408,
  BODY_TOO_LARGE: 413,
  MEDIA_TYPE_UNKNOWN: 415,
  KEY_REUSED: 422,
  RATE_LIMITED: 429,
  INBOX_FULL: 503,
  TOO_BUSY: 503,
  TOO_SLOW: 503,
} as const satisfies Record<string, ProblemStatus>;

export type ProblemStatus = 400 | 401 | 403 | 404 | 405 | 408 | 409 | 413 | 415 | 422 | 429 | 500 | 503;
export type ProblemCode = keyof typeof REQUEST_PROBLEMS | FailureCode;

const FAILURE_STATUS: Partial<Record<FailureCode, ProblemStatus>> = {
  ARGUMENT_INVALID: 400,
  ROWS_REFUSED: 400,
  NOT_FOUND: 404,
  VIEW_CHANGED: 409,
  VIEW_PAUSED: 409,
  BACKFILL_OVERLAPS: 409,
  WORKER_MISSING: 503,
  OFFLINE_UNAVAILABLE: 503,
  OFFLINE_DENIED: 503,
  ONLINE_UNAVAILABLE: 503,
  ONLINE_DENIED: 503,
  QUEUE_UNAVAILABLE: 503,
  QUEUE_DENIED: 503,
  QUEUE_UNSAFE: 503,
};

const STATUS: Partial<Record<ProblemCode, ProblemStatus>> = { ...FAILURE_STATUS, ...REQUEST_PROBLEMS };

const TITLES: Readonly<Record<ProblemStatus, string>> = {
  400: 'Bad request',
  401: 'Token required',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  408: 'Request too slow',
  409: 'Not possible now',
  413: 'Request too large',
  415: 'Unsupported media type',
  422: 'Idempotency key reused',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Unavailable',
};

/** When a client should try again, in seconds, unless the problem says otherwise. */
const RETRY_AFTER_S = 2;

/** Members of the response besides those of RFC 9457. */
export type ProblemFacts = Readonly<Record<string, unknown>>;

/** Ends a request with a problem. `headers` are added to the response. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: ProblemStatus;
  readonly code: ProblemCode;
  readonly facts: ProblemFacts;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ProblemCode,
    detail: string,
    {
      status = statusOf(code),
      facts = {},
      headers = {},
    }: { status?: ProblemStatus; facts?: ProblemFacts; headers?: Record<string, string> } = {},
  ) {
    super(detail);
    this.code = code;
    this.status = status;
    this.facts = facts;
    this.headers = headers;
  }
}

function statusOf(code: ProblemCode): ProblemStatus {
  return STATUS[code] ?? 500;
}

/** The problem of anything that was thrown. Details of a bug stay in the log. */
export function problemOf(thrown: unknown, path: string, log: Log): Problem {
  if (thrown instanceof Problem) return thrown;
  if (thrown instanceof Failure) return new Problem(thrown.code, thrown.message);
  if (thrown instanceof HTTPException && thrown.status === 415) {
    return new Problem('MEDIA_TYPE_UNKNOWN', 'The Content-Type of the body is not JSON: send application/json.');
  }
  if (thrown instanceof HTTPException && thrown.status < 500) {
    return new Problem('REQUEST_INVALID', 'The body is not valid JSON.');
  }
  log.error('api.defect', { path, stack: loggedStack(thrown) });
  return new Problem('BUG', 'This is a bug in Millrace. See the log of the API process for details.');
}

/** The response of a problem. */
export function answerProblem(c: Context, problem: Problem): Response {
  const { status, code, message, facts, headers } = problem;
  const body = { type: 'about:blank', title: TITLES[status], status, code, detail: message, ...facts };
  const retry = status === 503 || status === 429 ? { 'retry-after': String(RETRY_AFTER_S) } : {};
  return c.body(JSON.stringify(body), status, { 'content-type': 'application/problem+json', ...retry, ...headers });
}
