// Losses of the queue: every run is still done, and none twice.

import { expect, test } from 'vitest';
import type { App } from '../../src/app.ts';
import type { Queues } from '../../src/queue/queues.ts';
import { planDue } from '../../src/state/planning/planning.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/runs/run.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import { job, LEAP_DAYS } from '../queue/world.ts';
import {
  applyViews,
  freshConnections,
  openFaultApp,
  startFaultScheduler,
  startSchedulerProcess,
  startWorkerProcess,
} from '../support/processes/fault-world.ts';
import { until } from '../support/until.ts';
import { at, view } from '../support/views.ts';

const DAYS = 40;
const SPEND = view({ end: at('2026-02-10') });

async function shop(): Promise<App> {
  const app = await openFaultApp(await freshConnections());
  await app.database.run('create table spend (entity_id text, value float8)');
  await app.database.run(`insert into spend values ('ada', 1)`);
  return app;
}

const countOf = async ({ database }: App, what: string) =>
  (await database.query<{ count: number }>(`select count(*)::int as count ${what}`))[0]?.count ?? 0;

const done = (app: App) => countOf(app, `from millrace.run where state = 'done'`);

/** Each day was covered by one successful run, and nothing is left to do. */
async function expectEachDayOnce(app: App, deliveriesMax: number): Promise<void> {
  const { database } = app;
  const days = `select lower(part) as day, count(*)::int as times from millrace.event, unnest(span) part
                 where kind = 'covered' group by 1 having count(*) = 1`;
  expect(await database.query(days)).toHaveLength(DAYS);
  expect(await countOf(app, `from millrace.event where kind = 'covered'`)).toBe(DAYS);
  expect(await database.query('select state, count(*)::int as runs from millrace.run group by 1')).toEqual([
    { state: 'done', runs: DAYS },
  ]);
  const [most] = await database.query<{ deliveries: number }>('select max(deliveries) as deliveries from millrace.run');
  expect(most?.deliveries).toBeLessThanOrEqual(deliveriesMax);
}

/** A lock that blocks a scheduler just before it delivers runs. */
const WAIT_TO_DELIVER = `
  create function wait_to_deliver() returns trigger language plpgsql
    as $$ begin perform pg_advisory_xact_lock_shared(77); return new; end $$;
  create trigger wait_to_deliver before update of deliveries on millrace.run
    for each row execute function wait_to_deliver()`;

test('a scheduler killed between recording and delivering its runs: another delivers them', async () => {
  await using app = await shop();
  const { database, connections } = app;
  await using queues = await app.openQueues();
  const definitions = { views: [SPEND], jobs: [job({ cron: LEAP_DAYS })] };
  const first = startSchedulerProcess(connections, definitions);
  await until(async () => (await queues.tick.getJobSchedulersCount()) === 1);
  await database.run(WAIT_TO_DELIVER);
  await using lock = await database.reserve();
  await lock.session.query('select pg_advisory_lock(77)');
  await queues.tick.add('now', { job: 'nightly' });
  const waits = `from pg_locks where locktype = 'advisory' and objid = 77 and not granted`;
  await until(async () => (await countOf(app, waits)) > 0);
  await first.kill();
  expect(await countOf(app, `from millrace.run where state = 'planned' and deliveries = 0`)).toBe(DAYS);
  expect(await queues.run.getJobCountByTypes('wait', 'prioritized', 'delayed', 'active')).toBe(0);
  // The statement of the dead scheduler has finished: its deliveries are counted, but have no jobs.
  await lock.session.query('select pg_advisory_unlock(77)');

  // A long grace period, so that a busy machine delivers nothing a third time.
  const queueSettings = { deliveryGraceMs: 5_000, stuckMs: 120_000 };
  const second = startSchedulerProcess(connections, definitions, { queueSettings });
  const worker = startWorkerProcess(connections, null);
  await until(async () => (await done(app)) === DAYS);
  await expectEachDayOnce(app, 2);
  await Promise.all([second.kill(), worker.kill()]);
});

test.each<[string, (queues: Queues) => Promise<unknown>]>([
  ['flushed', (queues) => queues.exchange((redis) => redis.flushdb())],
  ['obliterated', (queues) => queues.run.obliterate({ force: true })],
  ['robbed of its waiting jobs', (queues) => queues.run.drain(true)],
])('a queue that is %s again and again while runs are done loses none of them', async (_, destroy) => {
  await using app = await shop();
  const { database, connections } = app;
  await applyViews(app, SPEND);
  await using queues = await app.openQueues();
  await using _scheduler = await startFaultScheduler(app, [SPEND]);
  const worker = startWorkerProcess(connections, null);
  await worker.ready;
  const runs = await planDue(database, await requireAppliedView(database, 'spend'), 'schedule', DEFAULT_RUN_OPTIONS);
  await app.deliver(runs);
  for (const share of [0.1, 0.3, 0.6]) {
    await until(async () => (await done(app)) >= DAYS * share);
    await destroy(queues);
  }
  await until(async () => (await done(app)) === DAYS);
  await expectEachDayOnce(app, 8);
  await worker.kill();
});
