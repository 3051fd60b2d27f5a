// Covered time that is read again: late rows are added, and a failed check removes nothing.

import { describe, expect, test } from 'vitest';
import { planDue } from '../../../src/state/planning/planning.ts';
import { DEFAULT_RUN_OPTIONS } from '../../../src/state/runs/run.ts';
import { restate } from '../../../src/state/views/edit.ts';
import { requireAppliedView } from '../../../src/state/views/views.ts';
import { at, view } from '../../support/views.ts';
import { openWorld, type World } from '../../support/world.ts';

const VISITS = view({
  name: 'visits',
  kind: 'events',
  unitMs: 3_600_000,
  start: at('2026-01-01'),
  end: null,
  settleMs: 5 * 60_000,
  lookbackUnits: 2,
  query: 'select entity_id, at as timestamp, value from visits where at >= {{start}} and at < {{end}}',
});

type VisitsWorld = World & {
  setClock(time: string): Promise<void>;
  /** Plans as the schedule does, and performs. */
  tick(): Promise<string[]>;
};

/** Four hours with one visit each by one user, stored at 04:05. */
async function visitsWorld(): Promise<VisitsWorld> {
  const world = await openWorld();
  const { database } = world.app;
  await world.sql('create table visits (entity_id text, at timestamptz, value float8)');
  await world.sql(
    `insert into visits select 'ada', timestamptz '2026-01-01 00:30Z' + n * interval '1 hour', n from generate_series(0, 3) n`,
  );
  const visits = Object.assign(world, {
    setClock: async (time: string) =>
      void (await world.sql(
        `create or replace function millrace.now() returns timestamptz language sql as $$ select timestamptz '2026-01-01 ${time}Z' $$`,
      )),
    tick: async () => {
      const applied = await requireAppliedView(database, 'visits');
      const runs = await planDue(database, applied, 'schedule', DEFAULT_RUN_OPTIONS);
      const outcomes = [];
      for (const run of runs) outcomes.push((await world.perform(run)).kind);
      return outcomes;
    },
  });
  await visits.setClock('04:05');
  await world.apply(VISITS);
  expect(await visits.tick()).toEqual(['completed']);
  return visits;
}

const stored = async (world: World) =>
  (
    await world.sql(
      `select to_char(event_timestamp, 'HH24:MI') || ' ' || entity_id as row from features.visits order by 1`,
    )
  ).map(({ row }) => row);
const spans = async (world: World) =>
  (await world.sql('select covered::text, stale::text, held::text from millrace.coverage'))[0];

const FOUR = ['00:30 ada', '01:30 ada', '02:30 ada', '03:30 ada'];
const HOURS = (from: string, to: string) => `{["2026-01-01 ${from}:00:00+00","2026-01-01 ${to}:00:00+00")}`;

describe('lookback', () => {
  test('adds a row that arrived after its hour was settled, within its reach', async () => {
    await using world = await visitsWorld();
    await world.sql(`insert into visits values ('late', '2026-01-01 02:10Z', 1), ('too late', '2026-01-01 01:10Z', 1)`);
    await world.setClock('05:04');
    expect(await world.tick()).toEqual([]);
    await world.setClock('05:05');
    expect(await world.tick()).toEqual(['completed']);
    expect(await stored(world)).toEqual(['00:30 ada', '01:30 ada', '02:10 late', '02:30 ada', '03:30 ada']);
    expect(await spans(world)).toEqual({ covered: HOURS('00', '05'), stale: '{}', held: '{}' });
    const range = { from: at('2026-01-01T01:00Z'), to: at('2026-01-01T02:00Z') };
    const applied = await requireAppliedView(world.app.database, 'visits');
    const { runs } = await restate(world.app.database, applied, range, DEFAULT_RUN_OPTIONS);
    for (const run of runs) await world.perform(run);
    expect(await stored(world)).toContain('01:10 too late');
  });

  test.each([
    ['has done', true],
    ['is at', false],
  ])('comes with the tick of a new interval that another session %s', async (_, isFirst) => {
    await using world = await visitsWorld();
    const { database } = world.app;
    await world.sql(`insert into visits values ('late', '2026-01-01 02:10Z', 1)`);
    await world.setClock('05:05');
    const newest = { from: at('2026-01-01T04:00Z'), to: at('2026-01-01T05:00Z') };
    const applied = await requireAppliedView(database, 'visits');
    const [other = 0] = await planDue(database, applied, 'manual', DEFAULT_RUN_OPTIONS, newest);
    if (isFirst) await world.perform(other);
    expect(await world.tick()).toEqual(['completed']);
    if (!isFirst) await world.perform(other);
    expect(await stored(world)).toContain('02:10 late');
    expect(await world.tick()).toEqual([]);
    expect(await spans(world)).toEqual({ covered: HOURS('00', '05'), stale: '{}', held: '{}' });
  });

  test('with a failed check changes neither rows nor coverage', async () => {
    await using world = await visitsWorld();
    await world.sql(`insert into visits select '', '2026-01-01 03:40Z', 1 from generate_series(1, 20)`);
    await world.setClock('05:05');
    expect(await world.tick()).toEqual(['discarded']);
    expect(await stored(world)).toEqual(FOUR);
    expect(await spans(world)).toEqual({
      covered: HOURS('00', '04'),
      stale: HOURS('02', '04'),
      held: HOURS('02', '05'),
    });
    expect(await world.tick()).toEqual([]);
  });
});

describe('restate', () => {
  test('with a failed check changes neither rows nor coverage', async () => {
    await using world = await visitsWorld();
    await world.sql(`insert into visits select '', '2026-01-01 01:40Z', 1 from generate_series(1, 20)`);
    const applied = await requireAppliedView(world.app.database, 'visits');
    const { runs } = await restate(world.app.database, applied, { from: null, to: null }, DEFAULT_RUN_OPTIONS);
    for (const run of runs) expect((await world.perform(run)).kind).toBe('discarded');
    expect(await stored(world)).toEqual(FOUR);
    expect(await spans(world)).toEqual({
      covered: HOURS('00', '04'),
      stale: HOURS('00', '04'),
      held: HOURS('00', '04'),
    });
  });
});
