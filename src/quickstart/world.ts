// The environment of the quickstart: private servers, a copy of the sample project, a seeded shop, a scheduler and a worker.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type App, openApp } from '../app.ts';
import { packageVersion } from '../cli/version.ts';
import { systemClock } from '../core/clock.ts';
import { type EpochMs, epochMsOf } from '../core/instant.ts';
import { floorToUnit } from '../core/interval.ts';
import type { Log } from '../core/log.ts';
import { loadProject, type Project } from '../definition/project.ts';
import type { Database } from '../postgres/database.ts';
import { startProjectScheduler, startProjectWorker } from '../processes/processes.ts';
import { openQueues, type Queues } from '../queue/queues.ts';
import { startPostgres, startRedis } from '../servers/servers.ts';
import { migrate } from '../state/migrate.ts';
import { copySample } from './project.ts';
import type { Shop } from './shop/data.ts';
import { openShop, seedShop } from './shop/shop.ts';

const DAY_MS = 86_400_000;
const SHOP_DAYS = 60;
const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));

/** Short, so that the quickstart need not wait; in production the reconciler runs every minute. Its output says "every second". */
export const RECONCILE_MS = 1_000;

export type World = AsyncDisposable & {
  readonly project: Project;
  readonly app: App;
  readonly queues: Queues;
  /** The shop's own database. */
  readonly shopDatabase: Database;
  readonly shop: Shop;
  readonly firstDay: EpochMs;
  /** The midnight at which the shop's days end. */
  readonly endMidnight: EpochMs;
};

/** A folder for the copy of the project, removed when this process exits, including by Ctrl-C. */
export function temporaryProject(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-quickstart-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  return folder;
}

/** Starts everything; disposing stops it in reverse order. */
export async function openWorld(folder: string, log: Log): Promise<World> {
  await using parts = new AsyncDisposableStack();
  const [postgres, queue, online] = await Promise.all([startPostgres(), startRedis(), startRedis()]);
  for (const server of [postgres, queue, online]) parts.use(server);
  const shopUrl = await postgres.createDatabase('shop');
  const endMidnight = floorToUnit(systemClock.now(), DAY_MS);
  const firstDay = epochMsOf(endMidnight - SHOP_DAYS * DAY_MS);
  const variables = {
    MILLRACE_OFFLINE_URL: await postgres.createDatabase('millrace'),
    MILLRACE_ONLINE_URL: online.url,
    MILLRACE_QUEUE_URL: queue.url,
    SHOP_DATABASE_URL: shopUrl,
  };
  await copySample({ from: CHECKOUT, to: folder, start: firstDay, variables });
  const lakeFolder = join(folder, 'lake');
  const shop = await seedShop({ databaseUrl: shopUrl, lakeFolder, endMidnight, days: SHOP_DAYS });

  const project = await loadProject(folder, {}, systemClock.now());
  const app = parts.use(
    openApp({ folder, connections: project.connections, log, settings: { queue: { reconcileMs: RECONCILE_MS } } }),
  );
  const queues = parts.use(
    await openQueues({
      queue: project.connections.queue,
      connectionName: 'millrace-quickstart',
      clock: systemClock,
      settings: app.settings.queue,
    }),
  );
  await migrate(app.database);
  const options = { version: packageVersion() };
  parts.use(await startProjectScheduler(app, project, options));
  parts.use(await startProjectWorker(app, { ...options, concurrency: 4 }));
  const shopDatabase = parts.use(openShop(shopUrl));
  const all = parts.move();
  const dispose = () => all.disposeAsync();
  return { project, app, queues, shopDatabase, shop, firstDay, endMidnight, [Symbol.asyncDispose]: dispose };
}
