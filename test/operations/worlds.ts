// Two equal worlds: operations run from the command line in one, and on the dashboard in the other.

import { hostname } from 'node:os';
import { type App, openApp } from '../../src/app.ts';
import { systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import { loadProject } from '../../src/definition/project.ts';
import { repairOnline } from '../../src/online/repair.ts';
import { performRun } from '../../src/run/perform.ts';
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
import { until } from '../support/until.ts';

export type OperatedWorld = CommandWorld & {
  /** Sends a form as Ada, an operator. */
  post(path: string, form?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Reads a page as Ada. */
  read(path: string): Promise<Answer>;
  /** Performs the runs that were handed over, as a worker does. */
  perform(): Promise<void>;
  /** Performs requested rebuilds, as the scheduler does. */
  repair(): Promise<void>;
  /** The rows of all tables as text, without process-specific values, and the jobs in the queue. */
  rows(): Promise<Readonly<Record<string, readonly string[]>>>;
};

/** Hours of orders; the run of the second half has failed; a worker is running, and the clock is stopped. */
export async function openOperated(): Promise<OperatedWorld> {
  const world = await openCommandWorld({ 'features/orders.yaml': ORDERS });
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
