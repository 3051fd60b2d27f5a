// Health checks over HTTP: is the process alive, and is it ready for work?

import { createServer, type Server, type ServerResponse } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock } from '../core/clock.ts';
import { Failure, messageOf } from '../core/failure.ts';
import { within } from '../core/within.ts';
import type { Metrics } from './metrics/metrics.ts';

export type HealthOptions = {
  /** Default: loopback only. Probes of a container come from outside: `0.0.0.0`. */
  readonly host?: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** The dependencies of a ready process, by name: `{ redis: ping, postgres: ping }`. */
  readonly checks: Readonly<Record<string, () => Promise<unknown>>>;
  readonly clock: Clock;
  /** Serves /metrics; without it there is no such page. */
  readonly metrics?: Pick<Metrics, 'answer'>;
};

export interface Health extends AsyncDisposable {
  readonly url: string;
}

/** The health checks without a server. */
export type HealthAnswers = Disposable & {
  live(): Promise<HealthAnswer>;
  ready(): Promise<HealthAnswer>;
};

export type HealthAnswer = { readonly ok: boolean } & Readonly<Record<string, string | number | boolean>>;

/** A slower server counts as unavailable. */
const CHECK_MS = 2_000;
/** If one timer of this process in a hundred is later than this, something blocks its event loop. */
const BLOCKED_MS = 1_000;
const BLOCKED_WINDOW_MS = 10_000;

/**
 * Serves /metrics, /health/live and /health/ready: 200 or 503, with reasons as JSON. @throws Failure ARGUMENT_INVALID
 * if the port is taken.
 */
export async function startHealth(options: HealthOptions): Promise<Health> {
  const { host = '127.0.0.1', port, metrics } = options;
  using starting = new DisposableStack();
  const health = starting.use(openHealth(options));
  const answers: Record<string, () => Promise<HealthAnswer>> = {
    '/health/live': health.live,
    '/health/ready': health.ready,
  };
  const server = createServer((request, response) => {
    const path = request.method === 'GET' || request.method === 'HEAD' ? (request.url ?? '') : '';
    const answer = answers[path];
    if (path === '/metrics' && metrics !== undefined) void sendMetrics(response, metrics);
    else if (answer === undefined) send(response, 404, { ok: false });
    else void answer().then((body) => send(response, body.ok ? 200 : 503, body));
  });
  await listen(server, port, host);
  const started = starting.move();
  return {
    url: urlOf(server, host),
    [Symbol.asyncDispose]: async () => {
      started.dispose();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The responses, for a server that has other pages as well. */
export function openHealth({ checks, clock }: Pick<HealthOptions, 'checks' | 'clock'>): HealthAnswers {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const window = clock.every(BLOCKED_WINDOW_MS, () => delay.reset());
  return {
    live: async () => liveness(delay.percentile(99) / 1e6),
    ready: () => readiness(checks, clock),
    [Symbol.dispose]: () => {
      window[Symbol.dispose]();
      delay.disable();
    },
  };
}

async function sendMetrics(response: ServerResponse, metrics: Pick<Metrics, 'answer'>): Promise<void> {
  try {
    const { type, text } = await metrics.answer();
    response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
  } catch (error) {
    response.writeHead(500, { 'content-type': 'text/plain' }).end(`${messageOf(error)}\n`);
  }
}

function liveness(delayMs: number): HealthAnswer {
  return { ok: delayMs < BLOCKED_MS, eventLoopDelayMs: Math.round(delayMs) };
}

async function readiness(checks: HealthOptions['checks'], clock: Clock): Promise<HealthAnswer> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await checked(check, clock)] as const),
  );
  return { ok: results.every(([, result]) => result === 'ok'), ...Object.fromEntries(results) };
}

async function checked(check: () => Promise<unknown>, clock: Clock): Promise<string> {
  const result = check().then(() => 'ok', sentenceOf);
  return await within({ clock, limitMs: CHECK_MS }, result, () => `no response within ${CHECK_MS / 1_000} s`);
}

/** A Failure has a safe message; messages of other errors may contain anything. */
function sentenceOf(error: unknown): string {
  return error instanceof Failure ? messageOf(error) : 'it returned an error';
}

function send(response: ServerResponse, status: number, body: HealthAnswer): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const sentence = `The health endpoint cannot listen on ${host}:${port} (${messageOf(error)}): choose another port.`;
      reject(new Failure('ARGUMENT_INVALID', sentence, { port }, error));
    });
    server.listen(port, host, resolve);
  });
}

function urlOf(server: Server, host: string): string {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
