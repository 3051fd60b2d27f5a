// A worker is killed before and after each stage of a run; another one finishes it, with the same result as an
// undisturbed run.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { App } from '../../src/app.ts';
import { performRun } from '../../src/run/perform.ts';
import {
  applyViews,
  dumpStores,
  freshConnections,
  openFaultApp,
  runState,
  startFaultScheduler,
  startWorkerProcess,
  untilClosed,
} from '../support/processes/fault-world.ts';
import { until } from '../support/until.ts';
import { createOrders, ENTITIES, ORDERS, planRound, writeRound } from './shop-orders.ts';

const TIMES = 3;

/** The row of the run while a worker waits there. */
const STOPS = [
  { when: 'before', stage: 'claim', row: { state: 'planned', stage: 'claim' } },
  { when: 'after', stage: 'claim', row: { state: 'active', stage: 'extract' } },
  { when: 'before', stage: 'extract', row: { state: 'active', stage: 'extract' } },
  { when: 'after', stage: 'extract', row: { state: 'active', stage: 'check' } },
  { when: 'before', stage: 'check', row: { state: 'active', stage: 'check' } },
  { when: 'after', stage: 'check', row: { state: 'active', stage: 'commit' } },
  { when: 'before', stage: 'commit', row: { state: 'active', stage: 'commit' } },
  { when: 'after', stage: 'commit', row: { state: 'committed', stage: 'publish' } },
  { when: 'before', stage: 'publish', row: { state: 'committed', stage: 'publish' } },
  { when: 'after', stage: 'publish', row: { state: 'committed', stage: 'done' } },
  { when: 'before', stage: 'done', row: { state: 'committed', stage: 'done' } },
  { when: 'after', stage: 'done', row: { state: 'done', stage: 'done' } },
] as const;
type Pair = { readonly disturbed: App; readonly undisturbed: App; readonly scheduler: AsyncDisposable };
let pair: Pair;
let round = 0;

beforeAll(async () => {
  const apps = [await openFaultApp(await freshConnections()), await openFaultApp(await freshConnections())] as const;
  for (const app of apps) {
    await createOrders(app);
    await applyViews(app, ORDERS);
    await writeRound(app, 0);
  }
  const [disturbed, undisturbed] = apps;
  for (const app of apps) await performRun(app.engine, await planRound(app), new AbortController().signal);
  pair = { disturbed, undisturbed, scheduler: await startFaultScheduler(disturbed, [ORDERS]) };
});

afterAll(async () => {
  await pair.scheduler[Symbol.asyncDispose]();
  await Promise.all([pair.disturbed, pair.undisturbed].map((app) => app[Symbol.asyncDispose]()));
});

async function undisturbedDump(): Promise<string> {
  await writeRound(pair.undisturbed, round);
  await performRun(pair.undisturbed.engine, await planRound(pair.undisturbed), new AbortController().signal);
  return dumpStores(pair.undisturbed, ORDERS);
}

async function staging(app: App): Promise<unknown[]> {
  return app.database.query(`select tablename from pg_tables where schemaname = 'staging'`);
}

/** The job of the dead worker comes back when its lock expires: it must not be the first of the next worker. */
async function untilQueueIsEmpty(app: App): Promise<void> {
  await using queues = await app.openQueues();
  await until(async () => (await queues.run.getJobCountByTypes('wait', 'active', 'delayed', 'prioritized')) === 0);
}

describe.each(Array.from({ length: TIMES }, (_, index) => index + 1))('a worker killed, time %i', () => {
  test.each(STOPS)('$when $stage: another finishes the run', async ({ when, stage, row }) => {
    const { disturbed } = pair;
    round += 1;
    await writeRound(disturbed, round);
    const expected = await undisturbedDump();
    expect(expected.split('\n').length).toBeGreaterThan(ENTITIES);

    const victim = startWorkerProcess(disturbed.connections, { when, stage });
    await victim.ready;
    const run = await planRound(disturbed);
    await disturbed.deliver([run]);
    await victim.stopped;
    expect(await runState(disturbed, run)).toMatchObject(row);
    await victim.kill();

    const other = startWorkerProcess(disturbed.connections, null);
    await untilClosed(disturbed, run);
    await untilQueueIsEmpty(disturbed);
    await other.kill();
    expect(await runState(disturbed, run)).toMatchObject({ state: 'done', stage: 'done' });
    expect(await dumpStores(disturbed, ORDERS)).toBe(expected);
    expect(await staging(disturbed)).toEqual([]);
  });
});
