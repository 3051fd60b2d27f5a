import { describe, expect, test } from 'vitest';
import { textOf } from '../../../src/core/message.ts';
import { failingViews } from '../../../src/state/alerts/conditions.ts';
import { advanceBackfill } from '../../../src/state/backfills/advance.ts';
import { startBackfill } from '../../../src/state/backfills/backfill.ts';
import { planDue } from '../../../src/state/planning/planning.ts';
import { retryRuns } from '../../../src/state/runs/retry.ts';
import { DEFAULT_RUN_OPTIONS } from '../../../src/state/runs/run.ts';
import { restate } from '../../../src/state/views/edit.ts';
import { pauseView, resumeView } from '../../../src/state/views/pause.ts';
import { requireAppliedView } from '../../../src/state/views/views.ts';
import { at, view } from '../../support/views.ts';
import { openWorld, type World, type WorldOptions } from '../../support/world.ts';

const BY = { kind: 'person', reason: 'the source moves', actor: 'ada' } as const;
const RUN_FAILED = {
  id: 'failing',
  when: 'run_failed',
  times: 1,
  above: 0,
  views: null,
  to: [],
  cooldownMs: 0,
} as const;
const FAILED = { mode: 'failed', order: 'oldest', chunkUnits: null, parallel: 4, askedBy: 'ada' } as const;
const EVENTS = 'select entity_id, value, {{start}} as timestamp from spend where {{end}} is not null';
const BROKEN = 'select entity_id, value / 0 as value, {{end}} as timestamp from spend';

/** Four days of `spend`, as of 2026-01-05 and later. */
async function shop(extra: Parameters<typeof view>[0] = {}, options: WorldOptions = {}): Promise<World> {
  const world = await openWorld(options);
  await world.sql('create table spend (entity_id text, value float8)');
  await world.sql(`insert into spend values ('ada', 1)`);
  await world.sql(
    `create or replace function millrace.now() returns timestamptz language sql as $$ select timestamptz '2026-01-08Z' $$`,
  );
  await world.apply(view({ end: at('2026-01-05'), ...extra }));
  return world;
}

const tick = async ({ app }: World, name = 'spend') =>
  planDue(app.database, await requireAppliedView(app.database, name), 'schedule', DEFAULT_RUN_OPTIONS);

const states = async (world: World) =>
  (await world.sql('select state from millrace.run order by id')).map(({ state }) => state);

const pausedReason = async (world: World) =>
  (await world.sql('select paused_kind, paused_at is not null as since, failed_in_a_row from millrace.view'))[0];

describe('pauseView', () => {
  test('supersedes planned runs, and leaves active ones', async () => {
    await using world = await shop();
    const [first = 0, second = 0, third = 0, fourth = 0] = await tick(world);
    await world.perform(first);
    await world.sql(`update millrace.run set state = 'active', stage = 'extract', epoch = 1 where id = $1`, [second]);
    const since = at('2026-01-08');
    const paused = { pause: { ...BY, at: since }, active: [second] };
    expect(await pauseView(world.app.database, 'spend', BY)).toEqual({
      ...paused,
      changed: true,
      superseded: [third, fourth],
    });
    expect(await states(world)).toEqual(['done', 'active', 'superseded', 'superseded']);
    const again = { kind: 'person', reason: 'another reason', actor: 'bob' } as const;
    expect(await pauseView(world.app.database, 'spend', again)).toEqual({ ...paused, changed: false, superseded: [] });
    expect(await world.sql(`select kind, note from millrace.event where kind in ('paused', 'resumed')`)).toEqual([
      { kind: 'paused', note: { kind: 'paused', facts: { by: 'ada', reason: 'the source moves' } } },
    ]);
  });

  test('makes ticks skip the view silently, and refuses requests', async () => {
    await using world = await shop();
    await pauseView(world.app.database, 'spend', BY);
    expect(await tick(world)).toEqual([]);
    const refused = {
      code: 'VIEW_PAUSED',
      message:
        'spend has been paused since 2026-01-08 00:00 UTC (the source moves), so no runs start. Resume it with "millrace resume spend".',
    };
    await expect(world.plan('spend')).rejects.toMatchObject(refused);
    const applied = await requireAppliedView(world.app.database, 'spend');
    const everything = { from: null, to: null };
    await expect(restate(world.app.database, applied, everything, DEFAULT_RUN_OPTIONS)).rejects.toMatchObject(refused);
    expect(await states(world)).toEqual([]);
  });
});

describe('resumeView', () => {
  test('returns what is due and held, and makes it due', async () => {
    await using world = await shop();
    const [, , third = 0] = await tick(world);
    await world.sql(`update millrace.coverage set held = '{[2026-01-02, 2026-01-03)}'`);
    await world.sql(`update millrace.run set state = 'failed' where id = 2`);
    await pauseView(world.app.database, 'spend', BY);
    const day = (text: string) => ({ start: at(`2026-01-0${text}`), end: at(`2026-01-0${Number(text) + 1}`) });
    const left = { due: [day('1'), day('3'), day('4')], held: [day('2')] };
    expect(await resumeView(world.app.database, 'spend')).toEqual({ ...left, changed: true });
    expect(await pausedReason(world)).toEqual({ paused_kind: null, since: false, failed_in_a_row: 0 });
    expect(await resumeView(world.app.database, 'spend')).toEqual({ ...left, changed: false });
    expect((await world.perform(third)).kind).toBe('skipped');
    expect(await tick(world)).toHaveLength(3);
  });
});

describe('closeFailed', () => {
  test('opens the circuit of a view after too many failed runs in a row', async () => {
    await using world = await shop({ query: BROKEN, failuresMax: 2 });
    const [first = 0, second = 0] = await tick(world);
    await world.perform(first);
    expect(await pausedReason(world)).toEqual({ paused_kind: null, since: false, failed_in_a_row: 1 });
    await world.perform(second);
    const { pause } = await requireAppliedView(world.app.database, 'spend');
    expect(pause).toMatchObject({ kind: 'circuit', facts: { runs: 2, run: 2, code: 'SOURCE_QUERY' } });
    expect(pause?.kind === 'circuit' && pause.facts.message).toContainEqual({ value: 'division by zero' });
    expect(await states(world)).toEqual(['failed', 'failed', 'superseded', 'superseded']);
    expect(await tick(world)).toEqual([]);
  });

  test('quotes only the beginning of a long message', async () => {
    const query = `select entity_id, repeat('x', 5000)::float8 as value, {{end}} as timestamp from spend`;
    await using world = await shop({ query, failuresMax: 1 });
    const [first = 0] = await tick(world);
    await world.perform(first);
    const { pause } = await requireAppliedView(world.app.database, 'spend');
    const message = pause?.kind === 'circuit' ? textOf(pause.facts.message) : '';
    expect(message).toMatch(/^View spend: source shop .*xxx…/);
    expect(message.length).toBeLessThanOrEqual(501);
  });

  test('restarts the count after a done run', async () => {
    await using world = await shop({ failuresMax: 2 });
    const [first = 0] = await tick(world);
    await world.sql('update millrace.view set failed_in_a_row = 1');
    await world.perform(first);
    expect(await pausedReason(world)).toEqual({ paused_kind: null, since: false, failed_in_a_row: 0 });
  });

  test('keeps counting after a requested run', async () => {
    await using world = await shop({ failuresMax: 2 });
    await world.sql('update millrace.view set failed_in_a_row = 1');
    const [first = 0] = await world.plan('spend');
    await world.perform(first);
    expect(await pausedReason(world)).toEqual({ paused_kind: null, since: false, failed_in_a_row: 1 });
  });

  test('restarts the count after a retry of the last failed run, but not of an older one', async () => {
    await using world = await shop({ failuresMax: 0 });
    await world.sql('alter table spend rename to gone');
    const [first = 0, second = 0] = await tick(world);
    await world.perform(first);
    await world.perform(second);
    await world.sql('alter table gone rename to spend');
    const retried = async (id: number) => {
      for (const run of await retryRuns(world.app.database, [id])) await world.perform(run);
      return (await pausedReason(world))?.['failed_in_a_row'];
    };
    expect([await retried(first), await retried(second)]).toEqual([2, 0]);
  });

  test('restarts the count, and resolves its alert, after a backfill of the failed runs', async () => {
    await using world = await shop({ failuresMax: 0 });
    const { database } = world.app;
    await world.sql('alter table spend rename to gone');
    for (const run of await tick(world)) await world.perform(run);
    await world.sql('alter table gone rename to spend');
    const failing = async () => (await failingViews(database, RUN_FAILED)).map(({ name }) => name);
    expect(await failing()).toEqual(['spend']);
    const applied = await requireAppliedView(database, 'spend');
    const { id } = await startBackfill(database, applied, {
      ...FAILED,
      range: { from: null, to: null },
      options: DEFAULT_RUN_OPTIONS,
    });
    for (const run of await advanceBackfill(database, id ?? 0)) await world.perform(run);
    expect(await states(world)).toEqual([...Array(4).fill('failed'), ...Array(4).fill('done')]);
    expect((await pausedReason(world))?.['failed_in_a_row']).toBe(0);
    expect(await failing()).toEqual([]);
  });

  test('restarts the count after restated runs that together cover the last failed run', async () => {
    await using world = await shop({ failuresMax: 0, kind: 'events', query: EVENTS });
    await world.sql('alter table spend rename to gone');
    for (const run of await tick(world)) await world.perform(run);
    await world.sql('alter table gone rename to spend');
    const applied = await requireAppliedView(world.app.database, 'spend');
    const counts: unknown[] = [];
    for (const [from, to] of [
      ['2026-01-01', '2026-01-03'],
      ['2026-01-03', '2026-01-05'],
    ] as const) {
      const range = { from: at(from), to: at(to) };
      const { runs } = await restate(world.app.database, applied, range, DEFAULT_RUN_OPTIONS);
      for (const run of runs) await world.perform(run);
      counts.push((await pausedReason(world))?.['failed_in_a_row']);
    }
    expect(counts).toEqual([1, 0]);
  });

  test('restarts the count after a requested run of a view of kind latest', async () => {
    const query = `select entity_id, value, timestamptz '2026-01-07Z' as timestamp from spend`;
    await using world = await shop({ kind: 'latest', query });
    await world.sql('alter table spend rename to gone');
    for (const run of await tick(world)) await world.perform(run);
    expect((await pausedReason(world))?.['failed_in_a_row']).toBe(1);
    await world.sql('alter table gone rename to spend');
    await world.materialize('spend');
    expect((await pausedReason(world))?.['failed_in_a_row']).toBe(0);
  });

  test('restarts the count after a run with stored rows, even if it cannot be published', async () => {
    await using world = await shop({ failuresMax: 2 }, { online: 'redis://127.0.0.1:1' });
    const [first = 0] = await tick(world);
    await world.sql('update millrace.view set failed_in_a_row = 1');
    expect((await world.perform(first)).kind).toBe('snoozed');
    expect(await pausedReason(world)).toEqual({ paused_kind: null, since: false, failed_in_a_row: 0 });
  });

  test.each([
    ['failures_max is 0', { failuresMax: 0 }, 'schedule', 4],
    ['they are runs of a backfill', { failuresMax: 1 }, 'backfill', 0],
    ['a person asked for them', { failuresMax: 1 }, 'manual', 0],
    ['they are of a restatement', { failuresMax: 1 }, 'restate', 0],
  ] as const)('leaves the circuit closed where %s', async (_, extra, reason, counted) => {
    await using world = await shop({ query: BROKEN, ...extra });
    const runs = await tick(world);
    await world.sql('update millrace.run set reason = $1', [reason]);
    for (const run of runs) await world.perform(run);
    expect(await pausedReason(world)).toEqual({ paused_kind: null, since: false, failed_in_a_row: counted });
    expect(await states(world)).toEqual(['failed', 'failed', 'failed', 'failed']);
  });
});
