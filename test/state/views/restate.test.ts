// Restating stored rows: immediately, and at the worst moment of an active run.

import { describe, expect, test } from 'vitest';
import { formatInstant } from '../../../src/core/instant.ts';
import type { Stage } from '../../../src/run/stage.ts';
import type { TimeRange } from '../../../src/state/planning/planning.ts';
import { DEFAULT_RUN_OPTIONS } from '../../../src/state/runs/run.ts';
import type { StageName } from '../../../src/state/runs/stages.ts';
import { type Restated, restate, wholeUnits } from '../../../src/state/views/edit.ts';
import { requireAppliedView } from '../../../src/state/views/views.ts';
import { at, view } from '../../support/views.ts';
import { openWorld, type World } from '../../support/world.ts';

const HOURLY = view({
  name: 'visits',
  kind: 'events',
  unitMs: 3_600_000,
  end: null,
  query: 'select entity_id, at as timestamp, value from visits where at >= {{start}} and at < {{end}}',
});
const DAY_MS = 86_400_000;
const EVERYTHING: TimeRange = { from: null, to: null };

type VisitsWorld = World & {
  /** Sets the clock of the state database, which is stopped in between. */
  setClock(text: string): Promise<void>;
  /** Does something once, when the next run reaches a stage. */
  when(stage: StageName, act: () => Promise<void>): void;
  /** Allows removals. */
  restate(range: TimeRange): Promise<Restated>;
};

async function visitsWorld(): Promise<VisitsWorld> {
  const acts = new Map<string, () => Promise<void>>();
  const acting = (stage: Stage): Stage => ({
    name: stage.name,
    perform: async (run, signal) => {
      const act = acts.get(stage.name);
      acts.delete(stage.name);
      await act?.();
      return stage.perform(run, signal);
    },
  });
  const world = await openWorld({ changeStages: (stages) => stages.map(acting) });
  await world.sql('create table visits (entity_id text, at timestamptz, value float8)');
  const { database } = world.app;
  const applied = () => requireAppliedView(database, 'visits');
  return Object.assign(world, {
    setClock: async (text: string) => {
      await world.sql(
        `create or replace function millrace.now() returns timestamptz language sql as $$ select timestamptz '${text}' $$`,
      );
    },
    when: (stage: StageName, act: () => Promise<void>) => void acts.set(stage, act),
    restate: async (range: TimeRange) =>
      restate(database, await applied(), range, { ...DEFAULT_RUN_OPTIONS, allowRemovals: true }),
  });
}

/** `01-02 done` for each run, in order. */
async function runs(world: World): Promise<unknown[]> {
  const rows = await world.sql(
    `select to_char(lower(span), 'HH24') || '-' || to_char(upper(span), 'HH24') || ' ' || state as run
       from millrace.run order by id`,
  );
  return rows.map((row) => row['run']);
}

const stored = (world: World) => world.sql('select entity_id, visits from features.visits order by 1');

describe('restate', () => {
  test('reads a held span, although catch_up is none', async () => {
    await using world = await visitsWorld();
    await world.setClock('2026-01-01 01:00Z');
    await world.apply({ ...HOURLY, catchUp: 'none' });
    expect(await world.plan('visits')).toEqual([]);
    await world.setClock('2026-01-01 02:00Z');
    await world.sql(`insert into visits select '', '2026-01-01 01:30Z', 1 from generate_series(1, 20)`);
    await world.materialize('visits');
    await world.sql(`update visits set entity_id = 'ada'`);
    const { runs: planned, ...counts } = await world.restate(EVERYTHING);
    expect(counts).toEqual({ staleUnits: 0, releasedUnits: 1, left: [] });
    for (const run of planned) await world.perform(run);
    expect(await runs(world)).toEqual(['01-02 failed', '01-02 done']);
    expect(await stored(world)).toEqual([{ entity_id: 'ada', visits: '1' }]);
  });

  test('reads marked spans again although a run has already read them', async () => {
    await using world = await visitsWorld();
    await world.setClock('2026-01-01 02:00Z');
    await world.apply(HOURLY);
    await world.sql(`insert into visits values ('ada', '2026-01-01 00:30Z', 1)`);
    let restated: readonly number[] = [];
    world.when('commit', async () => {
      await world.sql('update visits set value = 99');
      restated = (await world.restate(EVERYTHING)).runs;
    });
    const [overtaken] = await world.materialize('visits');
    expect(overtaken?.kind).toBe('interrupted');
    for (const run of restated) await world.perform(run);
    expect(await runs(world)).toEqual(['00-02 superseded', '00-02 done']);
    expect(await stored(world)).toEqual([{ entity_id: 'ada', visits: '99' }]);
  });

  test('lets its run remove rows although a run without permission has read before it', async () => {
    await using world = await visitsWorld();
    await world.setClock('2026-01-01 02:00Z');
    await world.apply(HOURLY);
    await world.sql(`insert into visits select 'e' || n, '2026-01-01 00:30Z', 1 from generate_series(1, 9) n`);
    await world.materialize('visits');
    await world.sql('update millrace.coverage set stale = covered');
    let restated: readonly number[] = [];
    world.when('commit', async () => {
      await world.sql(`delete from visits where entity_id <> 'e1'`);
      restated = (await world.restate(EVERYTHING)).runs;
    });
    await world.materialize('visits');
    for (const run of restated) await world.perform(run);
    expect(await runs(world)).toEqual(['00-02 done', '00-02 superseded', '00-02 done']);
    expect(await stored(world)).toEqual([{ entity_id: 'e1', visits: '1' }]);
    expect(await world.plan('visits')).toEqual([]);
  });

  test('of a range leaves other due time to the next tick', async () => {
    await using world = await visitsWorld();
    await world.setClock('2026-01-01 00:00Z');
    await world.apply({ ...HOURLY, catchUp: 'none' });
    await world.setClock('2026-01-01 03:00Z');
    await world.materialize('visits');
    await world.setClock('2026-01-01 06:00Z');
    const hour = { from: at('2026-01-01T01:00Z'), to: at('2026-01-01T02:00Z') };
    expect(await world.restate(hour)).toMatchObject({ staleUnits: 1, releasedUnits: 0 });
    await world.plan('visits');
    expect(await runs(world)).toEqual(['00-03 done', '01-02 planned', '03-06 planned']);
  });
});

describe('planDue', () => {
  test('reads the lookback again although a run over it is active', async () => {
    await using world = await visitsWorld();
    await world.setClock('2026-01-01 09:00Z');
    await world.apply({ ...HOURLY, lookbackUnits: 2 });
    await world.materialize('visits');
    await world.setClock('2026-01-01 10:00Z');
    let later: number[] = [];
    world.when('check', async () => {
      await world.sql(`insert into visits values ('late', '2026-01-01 08:30Z', 1)`);
      await world.setClock('2026-01-01 11:00Z');
      later = await world.plan('visits');
    });
    await world.materialize('visits');
    for (const run of later) await world.perform(run);
    expect(await stored(world)).toEqual([]);
    await world.materialize('visits');
    expect(await runs(world)).toEqual(['00-09 done', '07-10 done', '10-11 done', '07-09 done']);
    expect(await stored(world)).toEqual([{ entity_id: 'late', visits: '1' }]);
    expect(await world.plan('visits')).toEqual([]);
  });
});

describe('recordCovered', () => {
  test('dates a view of kind latest by the planning of its run', async () => {
    await using world = await visitsWorld();
    await world.setClock('2026-01-01 02:00Z');
    await world.apply({ ...HOURLY, kind: 'latest', query: 'select entity_id, at as timestamp, value from visits' });
    world.when('commit', () => world.setClock('2026-01-02 12:00Z'));
    await world.materialize('visits');
    expect(await world.sql('select last_good::text from millrace.coverage')).toEqual([
      { last_good: '2026-01-01 02:00:00+00' },
    ]);
  });
});

describe('wholeUnits', () => {
  test.each([
    ['2026-01-02T13:00:00Z', '2026-01-03T01:00:00Z', ['2026-01-02', '2026-01-04']],
    ['2026-01-02', '2026-01-03', ['2026-01-02', '2026-01-03']],
    ['0001-01-01', '9999-12-31', ['0001-01-01', '9999-12-31']],
    ['2026-01-02', '9999-12-31T23:59:59Z', ['2026-01-02', null]],
  ])('widens [%s, %s)', (from, to, expected) => {
    const whole = wholeUnits({ from: at(from), to: at(to) }, DAY_MS);
    const days = [whole.from, whole.to].map((instant) =>
      instant === null ? null : formatInstant(instant).slice(0, 10),
    );
    expect(days).toEqual(expected);
  });

  test('has no limit before the year 1', () => {
    expect(wholeUnits({ from: at('0001-01-01'), to: null }, 7 * DAY_MS)).toEqual({ from: null, to: null });
  });
});
