// Runs that kill every worker that stages them: they fail, everything else is done, and the queue empties.

import { once } from 'node:events';
import { expect, test } from 'vitest';
import type { App } from '../../src/app.ts';
import { planDue } from '../../src/state/planning/planning.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/runs/run.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import {
  applyViews,
  freshConnections,
  openFaultApp,
  startFaultScheduler,
  startWorkerProcess,
} from '../support/processes/fault-world.ts';
import { until } from '../support/until.ts';
import { at, view } from '../support/views.ts';

const POISONED_DAYS = 16;
const POISON = view({ name: 'poison', end: at('2026-01-17'), failuresMax: 2 });
const SPEND = view({ end: at('2026-01-11') });

/** Like a supervisor: a dead worker is replaced. */
function keepWorker(app: App): AsyncDisposable & { died(): number } {
  let isKept = true;
  let died = -1;
  let worker = startWorkerProcess(app.connections, null, 'poison');
  const kept = (async () => {
    while (isKept) {
      died += 1;
      await once(worker.child, 'exit');
      if (isKept) worker = startWorkerProcess(app.connections, null, 'poison');
    }
  })();
  return {
    died: () => died,
    [Symbol.asyncDispose]: async () => {
      isKept = false;
      await worker.kill();
      await kept;
    },
  };
}

async function plan(app: App, name: string, attempts: number): Promise<void> {
  const applied = await requireAppliedView(app.database, name);
  const options = { ...DEFAULT_RUN_OPTIONS, attempts };
  await app.deliver(await planDue(app.database, applied, 'schedule', options));
}

test('a run that kills its worker each time fails, its siblings finish, and its view is paused', async () => {
  await using app = await openFaultApp(await freshConnections());
  const { database } = app;
  await database.run('create table spend (entity_id text, value float8)');
  await database.run(`insert into spend values ('ada', 1)`);
  await applyViews(app, POISON, SPEND);
  await plan(app, 'poison', 2);
  // A sibling dies with the worker whenever it is active, and must not run out of attempts.
  await plan(app, 'spend', 20);
  await using _scheduler = await startFaultScheduler(app, [POISON, SPEND]);
  await using worker = keepWorker(app);
  await until(async () => (await openRuns(app)) === 0);
  expect(worker.died()).toBeGreaterThanOrEqual(2);
  // Active runs finish when the circuit opens; the others never start.
  const ends = await endsOf(app, 'poison');
  expect(ends).toEqual([
    { state: 'failed', code: 'ATTEMPTS_SPENT', runs: expect.any(Number) },
    { state: 'superseded', code: null, runs: expect.any(Number) },
  ]);
  expect(ends.reduce((sum, { runs }) => sum + runs, 0)).toBe(POISONED_DAYS);
  expect(await endsOf(app, 'spend')).toEqual([{ state: 'done', code: null, runs: 10 }]);
  const { pause } = await requireAppliedView(database, 'poison');
  expect(pause).toMatchObject({ kind: 'circuit', facts: { runs: 2, code: 'ATTEMPTS_SPENT' } });
  await using queues = await app.openQueues();
  await until(async () => (await queues.run.getJobCountByTypes('wait', 'active', 'delayed', 'prioritized')) === 0);
});

async function openRuns({ database }: App): Promise<number> {
  const [row] = await database.query<{ open: number }>(
    `select count(*)::int as open from millrace.run where state in ('planned', 'active', 'committed')`,
  );
  return row?.open ?? 0;
}

type End = { readonly state: string; readonly code: string | null; readonly runs: number };

async function endsOf({ database }: App, name: string): Promise<End[]> {
  return database.query<End>(
    `select state, error->>'code' as code, count(*)::int as runs
       from millrace.run r join millrace.view v on v.id = r.view_id where v.name = $1 group by 1, 2 order by 1`,
    [name],
  );
}
