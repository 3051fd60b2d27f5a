// The dashboard's server: who may ask what, in this order, and the pages.

import { createServer } from 'node:http';
import { type ServerType, serve } from '@hono/node-server';
import { Hono } from 'hono';
import type { Clock } from '../core/clock.ts';
import { Failure, messageOf } from '../core/failure.ts';
import type { Log } from '../core/log.ts';
import { openingOnce } from '../core/opening-once.ts';
import type { DashboardLogin } from '../definition/connections/dashboard-config.ts';
import { openHealth } from '../observe/health.ts';
import type { Metrics } from '../observe/metrics/metrics.ts';
import type { Database } from '../postgres/database.ts';
import type { Queues } from '../queue/queues.ts';
import { openAccess } from './access/access.ts';
import { answeredInTime, loggedIn, ourOriginOnly, stateThere, withNotice, withoutNul } from './access/guards.ts';
import { securityHeaders } from './access/headers.ts';
import { addActions } from './actions.ts';
import { addAssets } from './assets.ts';
import { addBoard } from './board/board.ts';
import type { DashboardContext, DashboardEnv, Role } from './context.ts';
import type { ReadEntity } from './entities/entity-rows.ts';
import { openNotices } from './notices.ts';
import { answerError, refuse } from './pages/errors.ts';
import { PAGES } from './pages/pages.ts';
import { addHealth, addMetrics } from './probes.ts';

/** The pages behind the login. */
const ROUTES: readonly ((app: Hono<DashboardEnv>, context: DashboardContext) => void)[] = [
  addBoard,
  addActions,
  ...PAGES,
];

export type DashboardOptions = {
  readonly project: string;
  readonly version: string;
  readonly database: Database;
  /** Pings Postgres over its own connection. */
  readonly ping: () => Promise<unknown>;
  readonly clock: Clock;
  readonly log: Log;
  /** Serves /metrics; absent: no such page. */
  readonly metrics?: Pick<Metrics, 'answer'>;
  /** Connects to the queues; called again after a failure. */
  readonly openQueues: () => Promise<Queues>;
  readonly readEntity?: ReadEntity;
  readonly login: DashboardLogin;
  /** The role of every visitor if no login is configured. */
  readonly defaultRole: Role;
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
};

export interface Dashboard extends AsyncDisposable {
  readonly url: string;
}

/**
 * Starts the dashboard. It starts without Postgres and Redis; pages say which of them is unavailable.
 *
 * @throws Failure ARGUMENT_INVALID if the port is taken or others could reach it without a login; ENVIRONMENT_MISSING
 */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { host, port, login, clock, database, ping } = options;
  const access = openAccess(options);
  await using starting = new AsyncDisposableStack();
  const queues = starting.use(openingOnce(options.openQueues));
  // Most pages work without Redis.
  const health = starting.use(openHealth({ checks: { postgres: ping }, clock }));
  const context: DashboardContext = { ...options, queues: queues.opened, notices: openNotices(clock) };
  const app = new Hono<DashboardEnv>();
  app.onError((thrown, c) => answerError(c, thrown, context));
  app.notFound((c) => refuse(c, 404, 'No such page.'));
  app.use(securityHeaders(login));
  addHealth(app, health);
  if (options.metrics !== undefined) addMetrics(app, options.metrics);
  app.use(ourOriginOnly({ host, url: login.url }));
  addAssets(app);
  app.use(loggedIn(access, options), withoutNul, withNotice(context), answeredInTime(clock), stateThere(database));
  for (const add of ROUTES) add(app, context);
  const server = await listen(app, host, port);
  starting.defer(() => closed(server));
  const started = starting.move();
  return { url: urlOf(server, host), [Symbol.asyncDispose]: () => started.disposeAsync() };
}

function listen(app: Hono<DashboardEnv>, host: string, port: number): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: host, port, createServer }, () => resolve(server));
    server.once('error', (error) => {
      const sentence = `The dashboard cannot listen on ${host}:${port} (${messageOf(error)}): choose another port or address with --port or --host.`;
      reject(new Failure('ARGUMENT_INVALID', sentence, { port }, error));
    });
  });
}

async function closed(server: ServerType): Promise<void> {
  if ('closeAllConnections' in server) server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

function urlOf(server: ServerType, host: string): string {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
