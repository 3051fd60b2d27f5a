// The HTTP servers that are compared, each in its own process: the API of Millrace, and the feature server of Feast.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/core/clock.ts';
import { serverEnvironment } from '../../src/servers/environment.ts';
import { freePort } from '../../src/servers/free-port.ts';
import { startFailure } from '../../src/servers/server-log.ts';
import { type Supervised, supervised } from '../../src/servers/supervised.ts';
import { accessOf, TOKENS } from '../../test/api/access-of.ts';
import { sourceLimits } from '../../test/support/limits.ts';
import type { CompareServers } from '../compare/rival.ts';
import { type Feast, NO_REPORTS } from '../feast/repository.ts';
import { featuresOf, VIEWS } from './world.ts';

export type OnlineServer = AsyncDisposable & {
  readonly name: string;
  readonly pid: number;
  /** Reads all views of these entities. @throws Error for any status but 200. */
  read(ids: readonly string[]): Promise<void>;
};

const API = fileURLToPath(new URL('../../test/support/processes/api-process.ts', import.meta.url));
const READY_WITHIN_MS = 120_000;

export async function startApi({ postgres: url, redis }: CompareServers): Promise<OnlineServer> {
  const port = await freePort();
  const orders = {
    connections: {
      offline: { url },
      online: { url: redis, prefix: 'mr' },
      queue: { url: redis, prefix: 'millrace' },
      sources: { shop: { url, ...sourceLimits() } },
    },
    settings: {},
    access: accessOf({ requestsPerSecond: 1_000_000 }),
    port,
  };
  const env = { ...process.env, MILLRACE_TEST_ORDERS: JSON.stringify(orders) };
  const child = spawn(process.execPath, [...process.execArgv, API], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const pid = await startedPid(child);
  const headers = { authorization: `Bearer ${TOKENS.reader}` };
  const path = `http://127.0.0.1:${port}/api/v1/online`;
  return {
    name: 'millrace api',
    pid,
    read: (ids) => post(path, { features: VIEWS, entities: { customer: ids } }, headers),
    [Symbol.asyncDispose]: () => ended(child),
  };
}

/**
 * With so many processes that answer requests; they are never replaced by new ones, and log no requests. Its supervisor ends
 * it with the bench, even if that is killed.
 *
 * @throws Failure SERVER_MISSING with the end of its log if it does not start.
 */
export async function startFeastServer(
  { folder, environment }: Pick<Feast, 'folder' | 'environment'>,
  workers: number,
): Promise<OnlineServer> {
  const port = await freePort();
  const quiet = ['--no-access-log', '--max-requests', '0', '--max-requests-jitter', '0', '--registry_ttl_sec', '3600'];
  const args = ['serve', '--host', '127.0.0.1', '--port', String(port), '--workers', String(workers), ...quiet];
  const logFile = join(folder, `serve-${port}.log`);
  await using starting = new AsyncDisposableStack();
  const server = starting.use(
    await supervised({
      // In the folder of the project.
      command: '/bin/sh',
      args: ['-c', 'cd "$0" && exec "$@"', folder, join(environment, 'bin/feast'), ...args],
      environment: { ...serverEnvironment(folder), ...NO_REPORTS },
      user: null,
      logFile,
      stopSignal: 'SIGTERM',
      temporaryFolder: null,
    }),
  );
  await server.start();
  const pid = await readyPid(server, `http://127.0.0.1:${port}/health`);
  // Now: the log is deleted with the folder.
  if (pid === null) throw startFailure('feast serve', logFile);
  const features = VIEWS.flatMap((view) => featuresOf(view).map((feature) => `${view}:${feature}`));
  const path = `http://127.0.0.1:${port}/get-online-features`;
  const started = starting.move();
  return {
    name: `feast serve --workers ${workers}`,
    pid,
    read: (ids) => post(path, { features, entities: { entity_id: ids } }, {}),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

/** Waits for the first line of a process. @throws Error if it ends before; it writes its errors to those of the bench. */
async function startedPid(child: ChildProcess & { readonly stdout: Readable }): Promise<number> {
  const ready = once(child.stdout, 'data').then(() => true);
  const isReady = await Promise.race([ready, once(child, 'exit').then(() => false)]);
  if (!isReady || child.pid === undefined) throw new Error('the API did not start; its errors are above');
  return child.pid;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}

async function post(url: string, body: object, headers: Readonly<Record<string, string>>): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${url} returned ${answer.status}: ${text.slice(0, 200)}`);
}

/** Waits for a successful answer; null if the server ends before, or does not answer in time. */
async function readyPid(server: Supervised, url: string): Promise<number | null> {
  const from = systemClock.monotonicMs();
  while (server.pid !== null && systemClock.monotonicMs() - from <= READY_WITHIN_MS) {
    const answer = await fetch(url).catch(() => null);
    if (answer?.status === 200) return server.pid;
    await systemClock.sleep(200);
  }
  return null;
}
