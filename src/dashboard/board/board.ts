// Bull Board for our queues, below /queues: it shows ids, and an operator can only retry a run there.

import { createBullBoard } from '@bull-board/api';
import type { BeforeHookResult, HookContext } from '@bull-board/api/typings/app';
import { HonoAdapter } from '@bull-board/hono';
import { serveStatic } from '@hono/node-server/serve-static';
import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { Failure } from '../../core/failure.ts';
import type { Queues } from '../../queue/queues.ts';
import { retryRun } from '../actions.ts';
import type { DashboardContext, DashboardEnv, Role, Viewer } from '../context.ts';
import { page } from '../pages/page.ts';
import { type RetryRun, shownQueue } from './board-queue.ts';

export const BOARD_PATH = '/queues';
const RETRY_ROUTE = '/api/queues/:queueName/:jobId/retry';

export function addBoard(app: Hono<DashboardEnv>, context: DashboardContext): void {
  const boards = new Map<Queues, ReturnType<typeof boardsOf>>();
  const serve = async (c: Context<DashboardEnv>): Promise<Response> => {
    const queues = await reachable(context);
    if (queues instanceof Failure) return unavailable(c, queues);
    const ours = boards.get(queues) ?? boardsOf(context, queues);
    boards.clear();
    boards.set(queues, ours);
    const viewer = c.get('viewer');
    return withoutStrangers(await ours(viewer).fetch(c.req.raw, c.env));
  };
  app.get(BOARD_PATH, (c) => c.redirect(`${BOARD_PATH}/`));
  app.all(`${BOARD_PATH}/*`, serve);
}

/** The queues, if they respond now. */
async function reachable({ queues: open }: DashboardContext): Promise<Queues | Failure> {
  try {
    const queues = await open();
    await queues.exchange((connection) => connection.ping());
    return queues;
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown;
    throw thrown;
  }
}

function unavailable(c: Context<DashboardEnv>, { message }: Failure): Response | Promise<Response> {
  if (c.req.path.startsWith(`${BOARD_PATH}/api/`)) return c.json({ error: message }, 503);
  const main = html`<h1>Queues</h1>
<p>${message}</p>
<p>Planned runs are recorded in Postgres and will start when the queue is back. The other pages do not need the queue.</p>`;
  return page(c, { title: 'Queues', path: '/queues/', main }, 503);
}

/** One board per viewer, since permissions are part of its responses. */
function boardsOf(context: DashboardContext, queues: Queues): (viewer: Viewer) => Hono {
  const viewers = boardFor('viewer', queues, async () => {
    throw new Error('Viewers have read access only.');
  });
  const operators = new Map<string | null, Hono>();
  return (viewer) => {
    if (viewer.role === 'viewer') return viewers;
    const retry = async (run: number) => void (await retryRun(context, viewer, run));
    const board = operators.get(viewer.name) ?? boardFor('operator', queues, retry);
    return operators.set(viewer.name, board).get(viewer.name) ?? board;
  };
}

function boardFor(role: Role, { tick, run, backfill }: Queues, retry: RetryRun): Hono {
  const serverAdapter = new HonoAdapter(serveStatic).setBasePath(BOARD_PATH);
  createBullBoard({
    queues: [
      shownQueue(run, 'Runs', role, retry),
      shownQueue(backfill, 'Runs of backfills', role, retry),
      // A schedule ticks without help, and missed ticks are caught up.
      shownQueue(tick, 'Ticks of the jobs', 'viewer', retry),
    ],
    serverAdapter,
    options: {
      uiConfig: {
        boardTitle: 'Millrace queues',
        favIcon: { default: '/assets/icon.svg', alternative: '/assets/icon.svg' },
        boardLogo: { path: '/assets/icon.svg', width: 24, height: 24 },
        miscLinks: [{ text: 'Views', url: '/' }],
        hideDocsLink: true,
      },
      handlerHooks: { before: allowed(role) },
    },
  });
  return new Hono({ strict: false }).route(BOARD_PATH, serverAdapter.registerPlugin());
}

/** Denies by default, so that new features of Bull Board stay disabled: only reading and retry are allowed. */
function allowed(role: Role): (context: HookContext) => BeforeHookResult {
  return ({ method, route }) => {
    if (method === 'get') return { allow: true };
    if (role === 'operator' && method === 'put' && route === RETRY_ROUTE) return { allow: true };
    const message =
      role === 'viewer'
        ? 'Viewers have read access only.'
        : 'The only action here is to retry the job of a run. For other actions, use the pages of views, runs and backfills.';
    return { allow: false, status: 403, message };
  };
}

const FONTS = /<link href="https:\/\/fonts\.googleapis\.com[^>]*>/g;
const BODY = '<body class="preload">';
const BACK = `<link href="/assets/board.css" rel="stylesheet">${BODY}<a class="millrace-back" href="/">← Millrace</a>`;
const LOADING = /<div id="root">[\s\S]*?<\/style>\s*<\/div>/;

/** Bull Board's page without remote fonts and inline styles, and with a link back. */
async function withoutStrangers(answer: Response): Promise<Response> {
  if (answer.headers.get('content-type')?.startsWith('text/html') !== true) return answer;
  const text = (await answer.text()).replace(FONTS, '').replace(LOADING, '<div id="root"></div>').replace(BODY, BACK);
  const headers = new Headers(answer.headers);
  headers.delete('content-length');
  return new Response(text, { status: answer.status, headers });
}
