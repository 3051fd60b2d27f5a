// Equal worlds: operations run from the command line in one, on the dashboard in another, and over the API in a third.

import { hostname } from 'node:os';
import { hashOfToken } from '../../src/api/access/token.ts';
import { type Api, startApi } from '../../src/api/server.ts';
import { type App, openApp } from '../../src/app.ts';
import { packageVersion } from '../../src/cli/version.ts';
import { systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import { loadProject } from '../../src/definition/project.ts';
import { repairOnline } from '../../src/online/repair.ts';
import { applyAtStart } from '../../src/operations/apply.ts';
import { deploying } from '../../src/processes/processes.ts';
import { performRun } from '../../src/run/perform.ts';
import { accessOf, TOKENS } from '../api/access-of.ts';
import { type Answer as ApiAnswer, ask as askApi } from '../api/world.ts';
import { ORDERS, placeOrders } from '../cli/backfill/world.ts';
import { type CommandWorld, type Ended, openCommandWorld } from '../cli/world.ts';
import {
  ADA,
  type Answer,
  basic,
  type DashboardWorld,
  loginOfTwo,
  openDashboardWorld,
} from '../dashboard/server-world.ts';
import { afterFile } from '../support/after-file.ts';
import { until } from '../support/until.ts';

export type OperatedWorld = CommandWorld & {
  /** Sends a form as Ada, an operator. */
  post(path: string, form?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Sends a request to the API with Ada's token, which may operate all views. */
  send(path: string, body?: object): Promise<ApiAnswer>;
  /** Reads a page as Ada. */
  read(path: string): Promise<Answer>;
  /** Deploys the definitions, as a scheduler does when it starts. */
  startScheduler(): Promise<void>;
  /** Performs the runs that were handed over, as a worker does. */
  perform(): Promise<void>;
  /** Performs requested rebuilds, as the scheduler does. */
  repair(): Promise<void>;
  /** The rows of all tables as text, without process-specific values, and the jobs in the queue. */
  rows(): Promise<Readonly<Record<string, readonly string[]>>>;
};

/**
 * Hours of `orders`, with the tag `money`: the run of the second half has failed. No row of `spend` is stored. A worker is
 * running, and the clock is stopped.
 */
export async function openOperated(): Promise<OperatedWorld> {
  const world = await openCommandWorld({ 'features/orders.yaml': `${ORDERS}tags: [money]\n` });
  // One at a time, so that they have the same ids in each world.
  await world.millrace('apply orders');
  await world.millrace('apply spend');
  await placeOrders(world, [3]);
  await world.millrace('backfill orders --chunk 24h --here --parallel 1');
  await world.database.run(
    `insert into millrace.process (id, kind, host, pid, version) values ('test', 'worker', 'test', 1, '0')`,
  );
  await world.database.run('update orders set value = 5');
  const dashboard = await openDashboardWorld({
    database: world.database,
    login: await loginOfTwo(),
    queueUrl: world.env['MILLRACE_QUEUE_URL'] ?? '',
  });
  return {
    ...world,
    read: (path) => dashboard.ask(path, { headers: { host: new URL(dashboard.url).host, ...basic(ADA) } }),
    post: (path, form = {}) => post(dashboard, path, form),
    send: (path, body) => send(world, path, body),
    startScheduler: () => startScheduler(world),
    perform: () => perform(world),
    repair: () => repair(world),
    rows: async () => ({ ...(await tables(world)), ...(await jobs(dashboard)) }),
  };
}

function post(dashboard: DashboardWorld, path: string, form: Readonly<Record<string, string>>): Promise<Answer> {
  const headers = {
    host: new URL(dashboard.url).host,
    origin: dashboard.url,
    'content-type': 'application/x-www-form-urlencoded',
    ...basic(ADA),
  };
  return dashboard.ask(path, { method: 'POST', headers, body: new URLSearchParams(form).toString() });
}

async function send(world: CommandWorld, path: string, body?: object): Promise<ApiAnswer> {
  const { url } = await openApi(world);
  return askApi(url, `/api/v1${path}`, { method: 'POST', token: 'operator', ...(body === undefined ? {} : { body }) });
}

/** An API over the stores of the world, until the test file ends. */
async function openApi(world: CommandWorld): Promise<Api> {
  const parts = new AsyncDisposableStack();
  afterFile(() => parts.disposeAsync());
  const app = parts.use(await openWorker(world));
  return parts.use(
    await startApi({
      project: 'shop',
      version: '0.0.0',
      database: app.database,
      reads: parts.use(app.openReadsDatabase()),
      online: app.online,
      defined: [],
      services: [],
      clock: app.clock,
      log: silentLog,
      openQueues: () => app.openQueues(),
      access: {
        ...accessOf(),
        tokens: { [ADA.name]: { hash: hashOfToken(TOKENS.operator), role: 'operate', views: null } },
      },
      host: '127.0.0.1',
      port: 0,
    }),
  );
}

/** A command by Ada. */
export function command(world: OperatedWorld, words: string): Promise<Ended> {
  return world.millrace(words, { USER: ADA.name });
}

/** A command by Ada that watches its runs while a worker performs them. */
export async function followed(world: OperatedWorld, words: string): Promise<Ended> {
  let isOver = false;
  const ended = command(world, words).finally(() => {
    isOver = true;
  });
  while (!isOver) {
    await until(async () => isOver || (await delivered(world)).length > 0, 60_000);
    await world.perform();
  }
  return await ended;
}

/** The runs that a worker would find in the queue. */
async function delivered({ database }: CommandWorld): Promise<number[]> {
  const runs = await database.query<{ id: number }>(
    `select id from millrace.run where state in ('planned', 'active', 'committed') and deliveries > 0 order by id`,
  );
  return runs.map(({ id }) => id);
}

async function openWorker({ folder, env }: CommandWorld): Promise<App> {
  const { connections } = await loadProject(folder, env, systemClock.now());
  return openApp({ folder, connections, log: silentLog });
}

async function startScheduler(world: CommandWorld): Promise<void> {
  await using app = await openWorker(world);
  const project = await loadProject(world.folder, world.env, systemClock.now());
  const actor = { kind: 'process', name: app.processId } as const;
  await applyAtStart(app, actor, deploying(app, project, packageVersion()), systemClock.now());
}

async function perform(world: CommandWorld): Promise<void> {
  await using app = await openWorker(world);
  for (const id of await delivered(world)) await performRun(app.engine, id, new AbortController().signal);
}

async function repair(world: CommandWorld): Promise<void> {
  await using app = await openWorker(world);
  await repairOnline({ ...app.publisher, log: silentLog }, new AbortController().signal);
}

/** What always differs between two worlds: processes, databases, and times from before the clock was stopped. */
const OWN: readonly (readonly [RegExp, string])[] = [
  [/[\w-]+\.\d+\.[0-9a-f]{8}(?:\/\d+)?/g, '(process)'],
  [/millrace_[0-9a-f]{16}/g, '(database)'],
  [/\d{4}-\d\d-\d\dT[\d:]+\.\d+\+00:00/g, '(time)'],
  [new RegExp(`@${hostname()}`, 'g'), ''],
];

function withoutOwn(text: string): string {
  return OWN.reduce((shown, [found, instead]) => shown.replaceAll(found, instead), text);
}

async function tables({ database }: CommandWorld): Promise<Record<string, readonly string[]>> {
  const found: Record<string, readonly string[]> = {};
  const names = await database.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'millrace' and tablename <> 'migration' order by 1`,
  );
  for (const { name } of names) {
    const rows = await database.query<{ row: string }>(`select to_jsonb(t)::text as row from millrace.${name} t`);
    found[name] = rows.map(({ row }) => withoutOwn(row)).sort();
  }
  return found;
}

async function jobs(dashboard: DashboardWorld): Promise<Record<string, readonly string[]>> {
  const { run, backfill } = await dashboard.openQueues();
  const dataOf = async (queue: typeof run) =>
    (await queue.getJobs(['waiting', 'prioritized', 'delayed'])).map(({ data }) => JSON.stringify(data)).sort();
  return { 'queue of runs': await dataOf(run), 'queue of backfills': await dataOf(backfill) };
}
