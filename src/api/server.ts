// The API's server: health endpoints and documents for everyone, routes for callers with a token.

import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { type ServerType, serve } from '@hono/node-server';
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Clock } from '../core/clock.ts';
import { Failure, messageOf } from '../core/failure.ts';
import type { Log } from '../core/log.ts';
import { openingOnce } from '../core/opening-once.ts';
import { settlesWithin } from '../core/within.ts';
import { addHealth, addMetrics } from '../dashboard/probes.ts';
import type { ApiAccess } from '../definition/connections/api-config.ts';
import type { Service } from '../definition/service.ts';
import type { FeatureView } from '../definition/view.ts';
import { openHealth } from '../observe/health.ts';
import type { Metrics } from '../observe/metrics/metrics.ts';
import type { OnlineStore } from '../online/store.ts';
import type { Database } from '../postgres/database.ts';
import type { Queues } from '../queue/queues.ts';
import { openCallers } from './access/callers.ts';
import {
  answeredInTime,
  lastResponses,
  programsOnly,
  safeHeaders,
  urlInUtf8,
  withCaller,
  withoutNul,
} from './access/guards.ts';
import { openRateLimit } from './access/rate-limit.ts';
import type { ApiContext, ApiEnv } from './context.ts';
import { addDocuments } from './documents.ts';
import { NOT_MEASURED, openMeasure } from './measure.ts';
import { boundedBody, openBodies } from './memory/body.ts';
import { openCells } from './memory/cells.ts';
import { noRoute } from './no-route.ts';
import { answerProblem, type Problem, problemOf } from './problem.ts';
import { openDrains } from './push/drains.ts';
import { openInboxLimit } from './push/inbox-limit.ts';
import { openWaits } from './push/waits.ts';
import { ROUTES } from './routes/routes.ts';
import type { TlsFiles } from './tls.ts';
import { onInvalid } from './validation.ts';
import { openViewCache } from './view-cache.ts';

export type ApiOptions = {
  readonly project: string;
  readonly version: string;
  /** For pushes and operations. */
  readonly database: Database;
  /** For reads, which may be slow: with a time limit for statements. */
  readonly reads: Database;
  readonly online: OnlineStore;
  /** The views of the definition files, for a start without Postgres. */
  readonly defined: readonly FeatureView[];
  readonly services: readonly Service[];
  readonly clock: Clock;
  readonly log: Log;
  /** Serves /metrics, and counts requests; absent: no such page. */
  readonly metrics?: Pick<Metrics, 'answer' | 'count' | 'observe'>;
  /** Connects to the queues; called again after a failure. */
  readonly openQueues: () => Promise<Queues>;
  readonly access: ApiAccess;
  /** The contents of the files of `api.tls`, as `readTls` checked them. */
  readonly tls?: Pick<TlsFiles, 'cert' | 'key'>;
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
};

export interface Api extends AsyncDisposable {
  readonly url: string;
}

export const BASE_PATH = '/api/v1';

/**
 * Starts the API. It starts without Postgres and Redis; responses say which of them is unavailable.
 *
 * @throws Failure ARGUMENT_INVALID if the port is taken or others could reach it without a token; ENVIRONMENT_MISSING
 */
export async function startApi(options: ApiOptions): Promise<Api> {
  const { host, clock, log, online, access } = options;
  const callerOf = openCallers(access, host);
  await using starting = new AsyncDisposableStack();
  const queues = starting.use(openingOnce(options.openQueues));
  // Reads need only Redis.
  const health = starting.use(openHealth({ checks: { redis: () => online.redis.send([['PING']]) }, clock }));
  const measure = options.metrics === undefined ? NOT_MEASURED : openMeasure(options.metrics, clock);
  const bodies = openBodies(access.limits.bodyBytes);
  const context: ApiContext = {
    ...options,
    measure,
    limits: access.limits,
    cells: openCells(),
    drains: openDrains({ database: options.database, log, queues: queues.opened }),
    inboxLimit: openInboxLimit(options, access.limits.inboxRows),
    waits: openWaits(options),
    queues: queues.opened,
    views: openViewCache(options),
    services: new Map(options.services.map((service) => [service.name, service])),
  };
  const app = new OpenAPIHono<ApiEnv>({ defaultHook: onInvalid });
  const answer = (c: Context, problem: Problem) => {
    measure.problem(problem.code);
    return answerProblem(c, problem);
  };
  app.onError((thrown, c) => answer(c, problemOf(thrown, c.req.path, log)));
  app.notFound((c) => answer(c, noRoute(app, c.req)));
  let isStopping = false;
  app.use(
    lastResponses(() => isStopping),
    safeHeaders,
  );
  addHealth(app, health);
  if (options.metrics !== undefined) addMetrics(app, options.metrics);
  app.use(measure.requests);
  app.use(programsOnly({ hasTokens: Object.keys(access.tokens).length > 0 }), withoutNul, urlInUtf8);
  addDocuments(app, context);
  app.use(`${BASE_PATH}/*`, withCaller(callerOf, openRateLimit(clock, access.limits.requestsPerSecond)));
  app.use(`${BASE_PATH}/*`, answeredInTime(clock), boundedBody(access.limits.bodyBytes, bodies));
  for (const add of ROUTES) add(app, context);
  const server = await listen(app, options);
  const sockets = openSockets(server);
  starting.defer(() => {
    isStopping = true;
    context.waits.end();
    return closed(server, sockets, clock);
  });
  const started = starting.move();
  return { url: urlOf(server, options), [Symbol.asyncDispose]: () => started.disposeAsync() };
}

/** A client that sends its headers or its body more slowly is disconnected. */
const TIMEOUTS = {
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  connectionsCheckingInterval: 2_000,
  keepAliveTimeout: 75_000,
};
/** The same for a TLS handshake. */
const HANDSHAKE_MS = 10_000;
/** A connection is closed after this long without a byte: its client does not read the response. Longer than any request takes. */
const SILENT_MS = 120_000;
const HEADER_BYTES_MAX = 16_384;

function listen(app: OpenAPIHono<ApiEnv>, { host, port, tls }: ApiOptions): Promise<ServerType> {
  const serverOptions = { ...TIMEOUTS, maxHeaderSize: HEADER_BYTES_MAX };
  return new Promise((resolve, reject) => {
    const secured =
      tls === undefined
        ? { createServer, serverOptions }
        : {
            createServer: createTlsServer,
            serverOptions: { ...serverOptions, cert: tls.cert, key: tls.key, handshakeTimeout: HANDSHAKE_MS },
          };
    try {
      const server = serve({ fetch: app.fetch, hostname: host, port, ...secured }, () => resolve(server));
      (server as Server).timeout = SILENT_MS; // HTTP/2 is not used
      server.once('error', (error) => reject(cannotListen(host, port, error)));
    } catch (error) {
      // Node cannot use the certificate, although it belongs to the key.
      reject(cannotListen(host, port, error));
    }
  });
}

function cannotListen(host: string, port: number, error: unknown): Failure {
  const sentence = `The API cannot listen on ${host}:${port} (${messageOf(error)}): choose another port or address with --port or --host, or check api.tls in millrace.yaml.`;
  return new Failure('ARGUMENT_INVALID', sentence, { port }, error);
}

/** Requests that are being answered finish first, for at most this long. */
const GRACE_MS = 5_000;

/** All open sockets. The server itself does not know those that are still in a TLS handshake. */
function openSockets(server: ServerType): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

async function closed(server: ServerType, sockets: ReadonlySet<Socket>, clock: Clock): Promise<void> {
  const done = new Promise((resolve) => server.close(resolve));
  // The servers of HTTP/2, which are not used, do not have this.
  if ('closeIdleConnections' in server) server.closeIdleConnections();
  if (await settlesWithin({ clock, limitMs: GRACE_MS }, done)) return;
  for (const socket of sockets) socket.destroy();
  await done;
}

function urlOf(server: ServerType, { host, tls }: ApiOptions): string {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
