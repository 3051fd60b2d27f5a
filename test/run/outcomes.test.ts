// Runs that do not end well, and the state afterwards.

import { describe, expect, test } from 'vitest';
import { openApp } from '../../src/app.ts';
import { Failure } from '../../src/core/failure.ts';
import { performRun } from '../../src/run/perform.ts';
import { Shutdown } from '../../src/run/shutdown.ts';
import type { Stage } from '../../src/run/stage.ts';
import { pauseView } from '../../src/state/views/pause.ts';
import { retireViews } from '../../src/state/views/views.ts';
import { at, view } from '../support/views.ts';
import { openWorld, type World, type WorldOptions } from '../support/world.ts';

const ONE_DAY = view({ end: at('2026-01-02') });
const THREE_DAYS = view({ end: at('2026-01-04') });
const BY = { kind: 'person', reason: 'the source moves', actor: 'ada' } as const;

async function shop(options: WorldOptions = {}): Promise<World> {
  const world = await openWorld(options);
  await world.sql('create table spend (entity_id text, value float8)');
  await world.sql(`insert into spend values ('ada', 1)`);
  await world.apply(ONE_DAY);
  return world;
}

async function runRow(world: World): Promise<unknown> {
  const [row] = await world.sql(
    "select state, stage, attempt, error->>'code' as code from millrace.run order by id desc",
  );
  return row;
}

/** Calls `act` at the start of a stage. */
function atBegin(
  name: string,
  act: (signal: AbortSignal) => Promise<void>,
): (stages: readonly Stage[]) => readonly Stage[] {
  return (stages) =>
    stages.map((stage) => {
      if (stage.name !== name) return stage;
      return {
        name: stage.name,
        perform: async (run, signal) => {
          await act(signal);
          return stage.perform(run, signal);
        },
      };
    });
}

describe('performRun', () => {
  test('retries an unavailable source as often as its job allows, and then holds the span', async () => {
    await using world = await shop({ sources: { shop: 'postgres://none@127.0.0.1:1/none' } });
    const [run = 0] = await world.plan('spend', { attempts: 2, backoffMs: 0 });
    const first = await world.perform(run);
    expect(first).toMatchObject({ kind: 'failed', failure: { code: 'SOURCE_UNAVAILABLE' }, delayMs: 0 });
    expect(await runRow(world)).toEqual({ state: 'planned', stage: 'extract', attempt: 1, code: 'SOURCE_UNAVAILABLE' });
    const second = await world.perform(run);
    expect(second).toMatchObject({ kind: 'discarded', failure: { code: 'SOURCE_UNAVAILABLE' } });
    expect(await runRow(world)).toEqual({ state: 'failed', stage: 'extract', attempt: 2, code: 'SOURCE_UNAVAILABLE' });
    expect(await world.plan('spend')).toEqual([]);
  });

  test('keeps a long error from a source, and the connection of the offline store', async () => {
    await using world = await openWorld();
    await world.apply(
      view({
        end: at('2026-01-02'),
        query: `select 'ada' as entity_id, (repeat('x', 100000) || n)::float8 as value, {{end}} as timestamp from generate_series(1, 3) as n`,
      }),
    );
    const [outcome] = await world.materialize('spend');
    expect(outcome).toMatchObject({ kind: 'discarded', failure: { code: 'SOURCE_QUERY' } });
    expect(await runRow(world)).toEqual({ state: 'failed', stage: 'extract', attempt: 1, code: 'SOURCE_QUERY' });
  });

  test('leaves a run with an unknown source to a worker that knows it', async () => {
    await using world = await shop();
    const [run = 0] = await world.plan('spend', { backoffMs: 0 });
    const { connections, log } = world.app;
    await using older = openApp({ folder: '.', connections: { ...connections, sources: {} }, log });
    const outcome = await performRun(older.engine, run, new AbortController().signal);
    expect(outcome).toMatchObject({
      kind: 'failed',
      failure: { code: 'SOURCE_UNAVAILABLE', facts: { source: 'shop' } },
    });
    expect(await runRow(world)).toMatchObject({ state: 'planned', attempt: 1 });
    expect((await world.perform(run)).kind).toBe('completed');
  });

  test.each([
    ['waits longer after each failure, up to a limit', 1, [1_000, 2_000, 3_000, 3_000]],
    ['leaves half of the wait to chance', 0.2, [600, 1_200, 1_800, 1_800]],
  ])('%s', async (_, chance, expected) => {
    await using world = await shop({
      sources: { shop: 'postgres://none@127.0.0.1:1/none' },
      random: () => chance,
    });
    const [run = 0] = await world.plan('spend', { attempts: 9, backoffMs: 1_000, backoffMaxMs: 3_000 });
    const delays: number[] = [];
    for (let attempt = 0; attempt < 4; attempt += 1) {
      const outcome = await world.perform(run);
      if (outcome.kind === 'failed') delays.push(outcome.delayMs);
      await world.sql('update millrace.run set not_before = null');
    }
    expect(delays).toEqual(expected);
  });

  test('releases its lease when it is asked to stop, without using an attempt, and continues later', async () => {
    const stop = new AbortController();
    await using world = await shop({
      changeStages: atBegin('check', async () => stop.abort(new Shutdown('worker_stopped'))),
    });
    const [run = 0] = await world.plan('spend');
    expect(await world.perform(run, stop.signal)).toEqual({ kind: 'interrupted', why: 'worker_stopped' });
    expect(await runRow(world)).toMatchObject({ state: 'planned', attempt: 0 });
    expect((await world.perform(run)).kind).toBe('completed');
  });

  test('retries a run that found the tables of another release, for a worker of that release', async () => {
    let isOther = true;
    const migrated = atBegin('commit', async () => {
      if (isOther) throw new Failure('OFFLINE_DENIED', 'Other tables.', { migration: '9999_later.sql' });
    });
    await using world = await shop({ changeStages: migrated });
    const [run = 0] = await world.plan('spend', { attempts: 2, backoffMs: 0 });
    expect(await world.perform(run)).toMatchObject({ kind: 'failed', failure: { code: 'OFFLINE_DENIED' } });
    isOther = false;
    expect((await world.perform(run)).kind).toBe('completed');
  });

  test('fails a run that takes longer than its timeout', async () => {
    const late = atBegin(
      'extract',
      (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    await using world = await shop({ changeStages: late });
    const [run = 0] = await world.plan('spend', { attempts: 1, timeoutMs: 50 });
    expect(await world.perform(run)).toMatchObject({ kind: 'discarded', failure: { code: 'RUN_TIMEOUT' } });
  });

  test('runs with a timeout that is longer than a timer of Node', async () => {
    await using world = await shop();
    const [outcome] = await world.materialize('spend', { attempts: 1, timeoutMs: 30 * 86_400_000 });
    expect(outcome).toMatchObject({ kind: 'completed', value: { state: 'done' } });
  });

  test.each([
    ['was edited', (world: World) => world.apply({ ...THREE_DAYS, query: `${THREE_DAYS.query} where true` })],
    ['is retired', async (world: World) => void (await retireViews(world.app.database, []))],
    [
      'is paused while its run is active',
      async (world: World) => void (await pauseView(world.app.database, 'spend', BY)),
    ],
  ])('supersedes the planned runs of a view that %s, and reads nothing', async (_, stop) => {
    let world: World | null = null;
    let reads = 0;
    const second = atBegin('extract', async () => {
      reads += 1;
      if (reads !== 2 || world === null) return;
      await stop(world);
      throw new Failure('SOURCE_UNAVAILABLE', 'The source is away.');
    });
    await using opened = await shop({ changeStages: second });
    world = opened;
    await world.apply(THREE_DAYS);
    const runs = await world.plan('spend', { backoffMs: 0 });
    const kinds: string[] = [];
    for (const run of [...runs.slice(0, 2), ...runs]) kinds.push((await world.perform(run)).kind);
    expect(kinds.slice(0, 2)).toEqual(['completed', 'failed']);
    expect(reads).toBe(2);
    const states = await world.sql('select state from millrace.run order by id');
    expect(states.map(({ state }) => state)).toEqual(['done', 'superseded', 'superseded']);
    expect(await world.sql('select held::text from millrace.coverage')).toEqual([{ held: '{}' }]);
  });

  test('leaves the run of another process alone', async () => {
    await using world = await shop();
    const [run = 0] = await world.plan('spend');
    await world.sql(
      `update millrace.run set state = 'active', stage = 'extract', owner = 'other', epoch = 1, lease_until = millrace.now() + '1 min'`,
    );
    expect(await world.perform(run)).toMatchObject({ kind: 'snoozed', why: 'leased' });
    expect(await runRow(world)).toMatchObject({ state: 'active', attempt: 0 });
  });

  test('stops without changes when another worker has the run', async () => {
    let world: World | null = null;
    const stolen = atBegin('commit', async () => void (await world?.sql('update millrace.run set epoch = epoch + 1')));
    world = await shop({ changeStages: stolen });
    await using disposed = world;
    const [outcome] = await disposed.materialize('spend');
    expect(outcome?.kind).toBe('interrupted');
    expect(await disposed.sql('select * from features.spend')).toEqual([]);
    expect(await disposed.sql('select covered::text from millrace.coverage')).toEqual([{ covered: '{}' }]);
  });

  test('fails a run whose workers died at each attempt', async () => {
    await using world = await shop();
    const [run = 0] = await world.plan('spend', { attempts: 2 });
    await world.sql(
      `update millrace.run set state = 'active', stage = 'extract', attempt = 2, epoch = 2, lease_until = millrace.now() - '1 s'::interval`,
    );
    expect(await world.perform(run)).toMatchObject({ kind: 'discarded', failure: { code: 'ATTEMPTS_SPENT' } });
  });

  test('stages again if the staged rows are lost', async () => {
    let world: World | null = null;
    let emptied = 0;
    const empty = atBegin('check', async () => {
      emptied += 1;
      if (emptied === 1) await world?.sql('truncate staging.run_1_1');
    });
    world = await shop({ changeStages: empty });
    await using disposed = world;
    const [outcome] = await disposed.materialize('spend');
    expect(outcome?.kind).toBe('completed');
    expect(emptied).toBe(2);
    expect(await disposed.sql('select entity_id from features.spend')).toEqual([{ entity_id: 'ada' }]);
  });

  test('stores offline while the online store is unavailable, and publishes later', async () => {
    await using world = await shop({ online: 'redis://127.0.0.1:1' });
    const [outcome] = await world.materialize('spend');
    expect(outcome?.kind).toBe('snoozed');
    expect(await runRow(world)).toMatchObject({ state: 'committed', stage: 'publish', code: 'ONLINE_UNAVAILABLE' });
    expect(
      await world.sql('select isempty(covered) as nothing, covered = published as online from millrace.coverage'),
    ).toEqual([{ nothing: false, online: false }]);
  });
});
