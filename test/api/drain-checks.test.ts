import { describe, expect, test } from 'vitest';
import { silentLog } from '../../src/core/log.ts';
import type { Check } from '../../src/definition/check.ts';
import { startProjectWorker } from '../../src/processes/processes.ts';
import { planDrains } from '../../src/queue/leader/drains.ts';
import { planDrain } from '../../src/state/inbox/plan-drain.ts';
import { resumeView } from '../../src/state/views/pause.ts';
import { until } from '../support/until.ts';
import { AMOUNT, plannedRun, send, stored, T } from './pushed.ts';
import { type ApiWorld, openApiWorld } from './world.ts';

describe('a check of a pushed view', () => {
  /** A world with a view with these checks; 1 and 0 and 50 have been pushed and drained. */
  async function openChecked(checks: readonly Check[]): Promise<ApiWorld> {
    const world = await openApiWorld();
    await world.apply({ ...AMOUNT, checks });
    for (const value of [1, 0, 50]) await send(world, `e${value}`, value);
    await world.perform(await plannedRun(world));
    return world;
  }

  const quarantined = (world: ApiWorld) =>
    world.sql(`select reason, detail, row->>'entity_id' as id from millrace.quarantine order by id`);

  test('refuses the rows that fail it instead of failing the run', async () => {
    const small: Check = { kind: 'row', expression: 'amount < 10', onFailure: 'fail', atLeast: 1 };
    await using world = await openChecked([small]);
    expect(await stored(world)).toEqual({ e0: 0, e1: 1 });
    const detail = 'the row fails the check "amount < 10"';
    expect(await quarantined(world)).toEqual([{ reason: 'check_failed', detail, id: 'e50' }]);
  });

  test('keeps all the rows that fail it, which no source returns again', async () => {
    const small: Check = { kind: 'row', expression: 'amount < 10', onFailure: 'refuse', atLeast: 1 };
    await using world = await openApiWorld();
    await world.apply({ ...AMOUNT, checks: [small] });
    const rows = Array.from({ length: 250 }, (_, index) => ({ entity_id: `e${index}`, timestamp: T, value: index }));
    await world.ask('/api/v1/views/amount/rows', { token: 'pusher', body: { rows } });
    await world.perform(await plannedRun(world));
    const [kept] = await world.sql(`select count(*)::int as rows, sum((row->>'amount')::float)::int as total
                                      from millrace.quarantine`);
    expect(kept).toEqual({ rows: 240, total: (10 + 249) * 120 });
  });

  test('refuses the rows for which it cannot be evaluated, and the others are stored', async () => {
    const inverse: Check = { kind: 'row', expression: '1 / amount > 0.1', onFailure: 'refuse', atLeast: 1 };
    await using world = await openChecked([inverse]);
    expect(await stored(world)).toEqual({ e1: 1 });
    const cannot = 'Postgres cannot evaluate the check "1 / amount > 0.1" for the row';
    expect(await quarantined(world)).toEqual([
      { reason: 'check_failed', detail: cannot, id: 'e0' },
      { reason: 'check_failed', detail: 'the row fails the check "1 / amount > 0.1"', id: 'e50' },
    ]);
    const [run] = await world.sql(`select state, counts->'refusedBy' as refused from millrace.run`);
    expect(run).toEqual({ state: 'done', refused: { check_failed: 2 } });
  });

  test('is reported to a push that waits for its rows', async () => {
    const small: Check = { kind: 'row', expression: 'amount < 10', onFailure: 'refuse', atLeast: 1 };
    await using world = await openApiWorld();
    await world.apply({ ...AMOUNT, checks: [small] });
    await using _worker = await startProjectWorker(world.app, { version: '0', concurrency: 2 });
    const rows = [50, 1, 60].map((value) => ({ entity_id: `e${value}`, timestamp: T, value }));
    const pushed = await world.ask('/api/v1/views/amount/rows?wait=published', { token: 'pusher', body: { rows } });
    expect(pushed.body).toEqual({ accepted: 3, refused: 0, refusals: [], status: 'published', quarantined: 2 });
    expect((await send(world, 'b', 2, '?wait=committed')).body).toMatchObject({ status: 'committed', quarantined: 0 });
    expect((await send(world, 'c', 70)).body).not.toHaveProperty('quarantined');
  });

  test('is skipped if it only warns and cannot be evaluated', async () => {
    const inverse: Check = { kind: 'row', expression: '1 / amount > 0', onFailure: 'warn', atLeast: 1 };
    await using world = await openChecked([inverse]);
    expect(await stored(world)).toEqual({ e0: 0, e1: 1, e50: 50 });
    const [run] = await world.sql(`select state, checks from millrace.run`);
    const facts = { kind: 'unevaluable', sqlstate: '22012' };
    expect(run).toEqual({ state: 'done', checks: [{ check: inverse, state: 'skipped', facts }] });
  });
});

describe('a drain that fails', () => {
  /** Postgres has no such operator, which only it knows: the check fails for every row. */
  const WRONG: Check = { kind: 'row', expression: `amount ~ 'a'`, onFailure: 'refuse', atLeast: 1 };

  test('is not followed by another one until some time has passed', async () => {
    await using world = await openApiWorld();
    await world.apply({ ...AMOUNT, checks: [WRONG] });
    await using _worker = await startProjectWorker(world.app, { version: '0', concurrency: 2 });
    await send(world, 'a', 1);
    const failed = () => world.sql(`select error->>'code' as code from millrace.run where state = 'failed'`);
    await until(async () => (await failed()).length > 0);
    await send(world, 'b', 2);
    await using queues = await world.app.openQueues();
    await planDrains({ database: world.app.database, log: silentLog }, queues);
    expect(await world.sql('select state from millrace.run')).toEqual([{ state: 'failed' }]);
    await world.sql(`update millrace.run set closed_at = closed_at - interval '61 s'`);
    await planDrains({ database: world.app.database, log: silentLog }, queues);
    await until(async () => (await failed()).length === 2);
    expect(await failed()).toEqual([{ code: 'CHECK_FAILED' }, { code: 'CHECK_FAILED' }]);
  });

  test('pauses the view after failures_max of them, and its rows are stored once the check is fixed', async () => {
    await using world = await openApiWorld();
    const { database } = world.app;
    await world.apply({ ...AMOUNT, checks: [WRONG], failuresMax: 2 });
    await send(world, 'a', 1);
    const [row] = await world.sql('select id::int as id from millrace.view');
    const viewId = Number(row?.['id']);
    await world.perform(await plannedRun(world));
    await world.sql(`update millrace.run set closed_at = closed_at - interval '61 s'`);
    await world.perform(Number(await planDrain(database, viewId)));
    await world.sql(`update millrace.run set closed_at = closed_at - interval '1 day'`);
    expect(await planDrain(database, viewId)).toBeNull();
    expect(await world.sql('select paused_kind, failed_in_a_row as failed from millrace.view')).toEqual([
      { paused_kind: 'circuit', failed: 2 },
    ]);
    await world.apply({ ...AMOUNT, failuresMax: 2 });
    await resumeView(database, 'amount');
    await world.perform(Number(await planDrain(database, viewId)));
    expect(await stored(world)).toEqual({ a: 1 });
  });
});
