// Error pages with one sentence. Details of unexpected errors stay in the log.

import type { Context } from 'hono';
import { html } from 'hono/html';
import { Failure, type FailureCode } from '../../core/failure.ts';
import { loggedStack } from '../../core/logged.ts';
import type { DashboardContext, DashboardEnv, Html } from '../context.ts';
import { shownText } from '../parts/shown-text.ts';
import { page } from './page.ts';

type Status = 400 | 401 | 403 | 404 | 409 | 413 | 429 | 500 | 503;

const STATUS: Partial<Record<FailureCode, Status>> = {
  NOT_FOUND: 404,
  OFFLINE_UNAVAILABLE: 503,
  OFFLINE_DENIED: 503,
  QUEUE_UNAVAILABLE: 503,
  QUEUE_DENIED: 503,
  QUEUE_UNSAFE: 503,
};

const HEADINGS: Readonly<Record<Status, string>> = {
  400: 'Bad request',
  401: 'Login required',
  403: 'Not allowed',
  404: 'Not found',
  409: 'Not possible now',
  413: 'Request too large',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Unavailable',
};

const SENTENCE_CHARACTERS_MAX = 2_000;

/** Responds with an error page: the status gives the heading, the sentence is the text. */
export function refuse(c: Context<DashboardEnv>, status: Status, sentence: string): Promise<Response> {
  const main = html`<h1>${HEADINGS[status]}</h1>
<p>${shownText(sentence, { characters: SENTENCE_CHARACTERS_MAX })}</p>${wayBack(c)}`;
  return page(c, { title: HEADINGS[status], path: '', main }, status);
}

/** The page that a form belongs to: `/backfills/3` of `/backfills/3/cancel`. */
function wayBack(c: Context<DashboardEnv>): Html {
  const [path] = /^\/(?:views|runs|backfills)\/[^/]+(?=\/[a-z]+$)/.exec(c.req.path) ?? [];
  if (path === undefined || c.req.method !== 'POST') return html``;
  return html`
<p><a href="${path}">Back</a></p>`;
}

/** The response to anything that a page throws. */
export function answerError(
  c: Context<DashboardEnv>,
  thrown: unknown,
  { log }: Pick<DashboardContext, 'log'>,
): Promise<Response> {
  if (thrown instanceof Failure) return refuse(c, STATUS[thrown.code] ?? 409, thrown.message);
  log.error('dashboard.defect', { path: c.req.path, stack: loggedStack(thrown) });
  return refuse(c, 500, 'This is a bug in Millrace. See the log of the dashboard for details.');
}
