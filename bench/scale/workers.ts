// Private servers and worker processes for benches of many runs.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type App, openApp } from '../../src/app.ts';
import { silentLog } from '../../src/core/log.ts';
import type { Connections } from '../../src/definition/connections/connections.ts';
import { startPostgres, startRedis } from '../../src/servers/servers.ts';
import { migrate } from '../../src/state/migrate.ts';
import { sourceLimits } from '../../test/support/limits.ts';

const WORKER = fileURLToPath(new URL('worker-process.ts', import.meta.url));

export type WorkersSystem = AsyncDisposable & {
  readonly app: App;
  /** The database of the source and of the offline store. */
  readonly database: string;
  readonly redis: string;
  /** Starts workers; they end when the result is disposed. */
  startWorkers(count: number): Promise<AsyncDisposable>;
};

export async function openWorkersSystem(): Promise<WorkersSystem> {
  await using opening = new AsyncDisposableStack();
  const postgres = opening.use(await startPostgres());
  const { url: redis } = opening.use(await startRedis());
  const url = await postgres.createDatabase();
  const connections: Connections = {
    offline: { url },
    online: { url: redis, prefix: 'mr' },
    queue: { url: redis, prefix: 'millrace' },
    sources: { shop: { url, ...sourceLimits({ statementTimeoutMs: 600_000 }) } },
  };
  const app = opening.use(openApp({ folder: process.cwd(), connections, log: silentLog }));
  await migrate(app.database);
  const opened = opening.move();
  return {
    app,
    database: url,
    redis,
    startWorkers: (count) => startWorkers(connections, count),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function startWorkers(connections: Connections, count: number): Promise<AsyncDisposable> {
  const env = { ...process.env, MILLRACE_BENCH_ORDERS: JSON.stringify(connections) };
  const workers = Array.from({ length: count }, () =>
    spawn(process.execPath, [...process.execArgv, WORKER], { env, stdio: ['pipe', 'pipe', 'inherit'] }),
  );
  await Promise.all(workers.map((worker) => once(worker.stdout, 'data')));
  return {
    [Symbol.asyncDispose]: async () => {
      const ended = workers.map((worker) => once(worker, 'exit'));
      for (const worker of workers) worker.stdin.end();
      await Promise.all(ended);
    },
  };
}

/** Waits until so many runs have succeeded. @throws Error if a run fails */
export async function runsDone({ database, clock }: App, count: number): Promise<void> {
  for (;;) {
    const [row] = await database.query<{ done: number; failed: string | null }>(
      // Both by an index: looking must not be a part of what is measured.
      `select (select count(*)::int from millrace.run where state = 'done') as done,
              (select error::text from millrace.run where state in ('failed', 'cancelled') limit 1) as failed`,
    );
    if (row === undefined || row.failed !== null) throw new Error(`a run failed: ${row?.failed}`);
    if (row.done >= count) return;
    await clock.sleep(100);
  }
}
