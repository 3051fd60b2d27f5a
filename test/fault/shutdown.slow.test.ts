// The real processes are asked to stop, while a server is unavailable, and during a long run.

import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { startRedis } from '../../src/servers/servers.ts';
import { planDue } from '../../src/state/planning/planning.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/runs/run.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import { startCommand } from '../support/processes/command-process.ts';
import { applyViews, freshConnections, openFaultApp } from '../support/processes/fault-world.ts';
import { until } from '../support/until.ts';
import { at, view } from '../support/views.ts';

/**
 * The grace time in docs/operations/processes.md is 25 s; a busy machine may need as much again. Waiting for a run
 * takes longer.
 */
const GRACE_MS = 50_000;

describe.each(['worker', 'scheduler'])('millrace %s', (kind) => {
  test('ends within its grace time, although the queue is unavailable', async () => {
    await using queue = await startRedis();
    const connections = await freshConnections();
    const { child, said } = await startCommand([kind], {
      ...connections,
      queue: { ...connections.queue, url: queue.url },
    });
    await until(() => said().includes(`${kind}.started`));
    await queue.stop();
    const asked = performance.now();
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
    expect(performance.now() - asked).toBeLessThan(GRACE_MS);
  });
});

/** Its query takes as long as the source says. */
const SLOW = view({
  end: at('2026-01-02'),
  query: `select 'ada' as entity_id, 1::float8 as value, {{end}} as timestamp from (select pg_sleep(seconds) from pace) slept`,
});

test('millrace worker releases a run that would take another minute, and ends; another worker does it', async () => {
  await using app = await openFaultApp(await freshConnections());
  const { database, connections } = app;
  await database.run('create table pace as select 60 as seconds');
  await applyViews(app, SLOW);
  const first = await startCommand(['worker'], connections);
  const runs = await planDue(database, await requireAppliedView(database, 'spend'), 'schedule', DEFAULT_RUN_OPTIONS);
  await app.deliver(runs);
  const asleep = () =>
    database.query(
      `select from pg_stat_activity
        where datname = current_database() and wait_event = 'PgSleep' and pid <> pg_backend_pid()`,
    );
  await until(async () => (await asleep()).length === 1);
  const asked = performance.now();
  first.child.kill('SIGTERM');
  const [code] = await once(first.child, 'exit');
  expect(code).toBe(0);
  expect(performance.now() - asked).toBeLessThan(GRACE_MS);
  const record = 'select state, attempt, owner, lease_until from millrace.run';
  expect(await database.query(record)).toEqual([{ state: 'planned', attempt: 0, owner: null, lease_until: null }]);
  await until(async () => (await asleep()).length === 0);

  await database.run('update pace set seconds = 0');
  const second = await startCommand(['worker'], connections);
  await until(async () => (await database.query(`select from millrace.run where state = 'done'`)).length === 1);
  expect(await database.query(`select count(*)::int as covered from millrace.event where kind = 'covered'`)).toEqual([
    { covered: 1 },
  ]);
  second.child.kill('SIGTERM');
  expect((await once(second.child, 'exit'))[0]).toBe(0);
});
