// Upstream views, one run at a time: what waits, for what, and what wakes it.

import { describe, expect, test } from 'vitest';
import { waitForViews } from '../../src/run/wait-for-views.ts';
import { wakeWaiting } from '../../src/state/planning/earlier-views.ts';
import { findRun } from '../../src/state/runs/run.ts';
import { slowTest } from '../support/sample.ts';
import { at, view } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';

const DAY = view({ name: 'day', end: at('2026-01-02'), after: ['hours'] });
const HOURS = view({ name: 'hours', unitMs: 43_200_000, end: at('2026-01-02') });

/** `day` comes after `hours`, which has two halves of a day; the clock is well after both. */
async function shop(...views: readonly ReturnType<typeof view>[]): Promise<World> {
  const world = await openWorld();
  await world.sql('create table spend (entity_id text, value float8)');
  await world.sql(`insert into spend values ('ada', 1)`);
  await world.apply(...(views.length === 0 ? [HOURS, DAY] : views));
  return world;
}

const runRow = async (world: World, id: number) =>
  (
    await world.sql(
      `select state, attempt, epoch, waiting_for, not_before > millrace.now() as later, error->>'code' as code
         from millrace.run where id = $1`,
      [id],
    )
  )[0];

const WAITING = { state: 'planned', attempt: 0, epoch: 0, later: true, code: null };

const RETRY = JSON.stringify({ kind: 'retry', facts: { code: 'SOURCE_UNAVAILABLE' } });

describe('performRun', () => {
  test('waits for an upstream view, says for what, and uses no attempt', async () => {
    await using world = await shop();
    const [run = 0] = await world.plan('day');
    const hours = { name: 'hours', start: '2026-01-01T00:00:00Z', end: '2026-01-02T00:00:00Z', more: 0 };
    expect(await world.perform(run)).toEqual({ kind: 'snoozed', delayMs: 60_000, why: 'earlier_views' });
    expect(await runRow(world, run)).toEqual({
      ...WAITING,
      waiting_for: { kind: 'earlier_views', facts: { views: [hours] } },
    });
    const [first = 0, second = 0] = await world.plan('hours');
    await world.perform(second);
    expect(await world.perform(run)).toMatchObject({ kind: 'snoozed', why: 'earlier_views' });
    const left = { ...hours, end: '2026-01-01T12:00:00Z' };
    expect(await runRow(world, run)).toMatchObject({ waiting_for: { facts: { views: [left] } } });
    await world.perform(first);
    expect((await world.perform(run)).kind).toBe('completed');
    expect(await runRow(world, run)).toMatchObject({ state: 'done', attempt: 1 });
  });

  test("counts skipped time, and time outside of an upstream view's time, as covered", async () => {
    await using world = await shop({ ...HOURS, start: at('2026-01-01T12:00:00Z'), catchUp: 'none' }, DAY);
    await world.plan('hours');
    const [outcome] = await world.materialize('day');
    expect(outcome?.kind).toBe('completed');
  });

  test.each([
    ['retired', "update millrace.view set retired_at = millrace.now() where name = 'hours'"],
    ['unknown', "delete from millrace.view where name = 'hours'"],
  ])('fails if an upstream view is %s', async (_, gone) => {
    await using world = await shop();
    await world.sql(gone);
    const [run = 0] = await world.plan('day');
    const message = `day lists "hours" in \`after\`, but that view no longer exists: restore it or remove it from \`after\`, then retry run ${run}.`;
    expect(await world.perform(run)).toMatchObject({
      kind: 'discarded',
      failure: { code: 'DEFINITION_INVALID', message },
    });
    expect(await runRow(world, run)).toMatchObject({ state: 'failed', attempt: 1 });
  });

  slowTest('does not change the pause before a retry', async () => {
    await using world = await shop();
    const [run = 0] = await world.plan('day');
    await world.sql(`update millrace.run set not_before = millrace.now() + '5 min', waiting_for = '${RETRY}'`);
    expect(await world.perform(run)).toMatchObject({ kind: 'snoozed', why: 'not_before' });
    expect(await runRow(world, run)).toMatchObject({ waiting_for: JSON.parse(RETRY) });
  });
});

describe('waitForViews', () => {
  test('does not wait for a commit just before its wait was recorded', async () => {
    await using world = await shop({ ...HOURS, unitMs: DAY.unitMs }, DAY);
    const [day = 0] = await world.plan('day');
    const [hours = 0] = await world.plan('hours');
    const { database } = world.app;
    const overtaken = {
      ...database,
      run: async (text: string, values?: readonly unknown[]) => {
        await world.perform(hours);
        expect(await wakeWaiting(database, hours)).toEqual([]);
        return database.run(text, values);
      },
    };
    const run = await findRun(database, day);
    if (run === null) throw new Error('the run is gone');
    await waitForViews(overtaken, run, 60_000);
    expect((await world.perform(day)).kind).toBe('completed');
  });
});

describe('wakeWaiting', () => {
  test('wakes a run with the last commit that it waited for', async () => {
    await using world = await shop();
    const [day = 0] = await world.plan('day');
    await world.perform(day);
    const [first = 0, second = 0] = await world.plan('hours');
    const { database } = world.app;
    expect(await wakeWaiting(database, first)).toEqual([]);
    await world.perform(first);
    expect(await wakeWaiting(database, first)).toEqual([]);
    expect(await runRow(world, day)).toMatchObject({ later: true });
    await world.perform(second);
    expect(await wakeWaiting(database, second)).toEqual([day]);
    expect(await runRow(world, day)).toMatchObject({ state: 'planned', later: null });
  });

  test('does not wake runs that wait for something else', async () => {
    await using world = await shop(HOURS, DAY, view({ name: 'week', end: at('2026-01-02'), after: ['day'] }));
    const [day = 0] = await world.plan('day');
    const [week = 0] = await world.plan('week');
    await world.perform(week);
    await world.sql(`update millrace.run set not_before = millrace.now() + '5 min' where id = $1`, [day]);
    const [first = 0, second = 0] = await world.plan('hours');
    await world.perform(first);
    await world.perform(second);
    expect(await wakeWaiting(world.app.database, second)).toEqual([]);
    expect(await runRow(world, week)).toMatchObject({ later: true });
  });
});
