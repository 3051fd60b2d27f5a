// The HTTP servers that are compared, each in its own process: the API of Millrace, and the feature server of Feast.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/core/clock.ts';
import { serverEnvironment } from '../../src/servers/environment.ts';
import { freePort } from '../../src/servers/free-port.ts';
import { supervised } from '../../src/servers/supervised.ts';
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
  await once(child.stdout, 'data');
  const headers = { authorization: `Bearer ${TOKENS.reader}` };
  const path = `http://127.0.0.1:${port}/api/v1/online`;
  return serverOf('millrace api', child, (ids) =>
    post(path, { features: VIEWS, entities: { customer: ids } }, headers),
  );
}

/**
 * With so many processes that answer requests; they are never replaced by new ones, and log no requests. Its supervisor ends
 * it with the bench, even if that is killed.
 */
export async function startFeastServer(
  { folder, environment }: Pick<Feast, 'folder' | 'environment'>,
  workers: number,
): Promise<OnlineServer> {
  const port = await freePort();
  const quiet = ['--no-access-log', '--max-requests', '0', '--max-requests-jitter', '0', '--registry_ttl_sec', '3600'];
  const args = ['serve', '--host', '127.0.0.1', '--port', String(port), '--workers', String(workers), ...quiet];
  await using starting = new AsyncDisposableStack();
  const server = starting.use(
    await supervised({
      // In the folder of the project.
      command: '/bin/sh',
      args: ['-c', 'cd "$0" && exec "$@"', folder, join(environment, 'bin/feast'), ...args],
      environment: { ...serverEnvironment(folder), ...NO_REPORTS },
      user: null,
      logFile: join(folder, `serve-${port}.log`),
      stopSignal: 'SIGTERM',
      temporaryFolder: null,
    }),
  );
  await server.start();
  await answering(`http://127.0.0.1:${port}/health`);
  const features = VIEWS.flatMap((view) => featuresOf(view).map((feature) => `${view}:${feature}`));
  const path = `http://127.0.0.1:${port}/get-online-features`;
  const started = starting.move();
  return {
    name: `feast serve --workers ${workers}`,
    pid: server.pid ?? 0,
    read: (ids) => post(path, { features, entities: { entity_id: ids } }, {}),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

function serverOf(name: string, child: ChildProcess, read: OnlineServer['read']): OnlineServer {
  const ended = once(child, 'exit');
  return {
    name,
    pid: child.pid ?? 0,
    read,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
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

async function answering(url: string): Promise<void> {
  const from = systemClock.monotonicMs();
  for (;;) {
    const answer = await fetch(url).catch(() => null);
    if (answer?.status === 200) return;
    if (systemClock.monotonicMs() - from > READY_WITHIN_MS) throw new Error(`${url} does not answer`);
    await systemClock.sleep(200);
  }
}
