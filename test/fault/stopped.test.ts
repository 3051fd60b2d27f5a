// A worker is stopped at each stage past its lease, another one does the run, and the first one changes nothing when it
// continues.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { App } from '../../src/app.ts';
import { performRun } from '../../src/run/perform.ts';
import {
  applyViews,
  dumpStores,
  freshConnections,
  openFaultApp,
  startFaultScheduler,
  startWorkerProcess,
  untilClosed,
} from '../support/processes/fault-world.ts';
import { sampleOf } from '../support/sample.ts';
import { until } from '../support/until.ts';
import { createOrders, expectedStores, ORDERS, planRound, writeRound } from './shop-orders.ts';

const STOPS = ['extract', 'check', 'commit', 'publish', 'done'].flatMap((stage) => [
  { when: 'before', stage } as const,
  { when: 'after', stage } as const,
]);
const SAMPLE = sampleOf(STOPS, ({ stage, when }) => when === 'before' && stage === 'commit');

let app: App;
let scheduler: AsyncDisposable;
let round = 0;

beforeAll(async () => {
  app = await openFaultApp(await freshConnections());
  await createOrders(app);
  await applyViews(app, ORDERS);
  await writeRound(app, 0);
  await performRun(app.engine, await planRound(app), new AbortController().signal);
  scheduler = await startFaultScheduler(app, [ORDERS]);
});

afterAll(async () => {
  await scheduler[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});

async function record(): Promise<unknown> {
  return app.database.query('select id, state, stage, attempt, epoch, counts from millrace.run order by id');
}

/** The runs that have covered their spans, once per time. */
async function covered(runs: readonly number[]): Promise<unknown[]> {
  const events = await app.database.query<{ run: number }>(
    `select run_id as run from millrace.event where kind = 'covered' and run_id = any($1) order by id`,
    [runs],
  );
  return events.map(({ run }) => run);
}

async function nextRound(): Promise<number> {
  round += 1;
  await writeRound(app, round);
  return planRound(app);
}

describe('a worker stopped past its lease', () => {
  test.each(SAMPLE)('$when $stage: changes nothing when it continues', async (stop) => {
    const zombie = startWorkerProcess(app.connections, stop);
    await zombie.ready;
    const run = await nextRound();
    await app.deliver([run]);
    await zombie.stopped;
    zombie.child.kill('SIGSTOP');
    const other = startWorkerProcess(app.connections, null);
    await untilClosed(app, run);
    // A later run follows: everything that the stopped worker still has is outdated now.
    const later = await nextRound();
    await app.deliver([later]);
    await untilClosed(app, later);
    await other.kill();
    const before = { stores: await dumpStores(app, ORDERS), runs: await record() };

    zombie.child.kill('SIGCONT');
    zombie.resumeAndFollow();
    await until(() => zombie.heard('settled'));
    expect({ stores: await dumpStores(app, ORDERS), runs: await record() }).toEqual(before);
    expect(before.stores).toBe(await expectedStores(app));
    expect(await covered([run, later])).toEqual([run, later]);
    await zombie.kill();
  });
});
