// What went wrong with a request, as a page with a sentence. What is in no table of failures is not told to the browser.

import type { Context } from 'hono';
import { html } from 'hono/html';
import { Failure, type FailureCode, messageOf } from '../../core/failure.ts';
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
  400: 'That was not understood',
  401: 'Who are you?',
  403: 'Not allowed',
  404: 'Not found',
  409: 'That cannot be done now',
  413: 'Too much at once',
  429: 'Too often',
  500: 'A defect',
  503: 'Not there now',
};

const SENTENCE_CHARACTERS_MAX = 2_000;

/** Answers with a page whose heading is the kind of trouble, and whose text is the sentence. */
export function refuse(c: Context<DashboardEnv>, status: Status, sentence: string): Promise<Response> {
  const main = html`<h1>${HEADINGS[status]}</h1>
<p>${shownText(sentence, { characters: SENTENCE_CHARACTERS_MAX })}</p>${wayBack(c)}`;
  return page(c, { title: HEADINGS[status], path: '', main }, status);
}

/** To what a form was about: `/backfills/3` of `/backfills/3/cancel`. */
function wayBack(c: Context<DashboardEnv>): Html {
  const [path] = /^\/(?:views|runs|backfills)\/[^/]+(?=\/[a-z]+$)/.exec(c.req.path) ?? [];
  if (path === undefined || c.req.method !== 'POST') return html``;
  return html`
<p><a href="${path}">Back to what it was about</a></p>`;
}

/** The answer to anything that a page has thrown. */
export function answerError(
  c: Context<DashboardEnv>,
  thrown: unknown,
  { log }: Pick<DashboardContext, 'log'>,
): Promise<Response> {
  if (thrown instanceof Failure) return refuse(c, STATUS[thrown.code] ?? 409, thrown.message);
  log.error('dashboard.defect', { path: c.req.path, message: messageOf(thrown) });
  return refuse(c, 500, 'Millrace met a defect of its own: the log of the dashboard says more.');
}
