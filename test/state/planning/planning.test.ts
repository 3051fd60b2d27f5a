import { describe, expect, test } from 'vitest';
import { DEFAULT_RUN_OPTIONS } from '../../../src/state/runs/run.ts';
import { applyEdit, restate } from '../../../src/state/views/edit.ts';
import { requireAppliedView } from '../../../src/state/views/views.ts';
import { at, fingerprinted, view } from '../../support/views.ts';
import { openWorld, type World } from '../../support/world.ts';

const HOUR_MS = 3_600_000;
const hourly = view({
  name: 'visits',
  kind: 'events',
  unitMs: HOUR_MS,
  start: at('2026-01-01'),
  end: null,
  lookbackUnits: 2,
  query: 'select entity_id, at as timestamp, value from visits where at >= {{start}} and at < {{end}}',
});

/** A system with a manual clock. */
async function clockedWorld(): Promise<World & { setClock(text: string): Promise<void> }> {
  const world = await openWorld();
  await world.sql('create table visits (entity_id text, at timestamptz, value float8)');
  const setClock = async (text: string) => {
    await world.sql(
      `create or replace function millrace.now() returns timestamptz language sql as $$ select timestamptz '${text}' $$`,
    );
  };
  return Object.assign(world, { setClock });
}

async function spans(world: World): Promise<string[]> {
  const rows = await world.sql(
    `select to_char(lower(span), 'DD"T"HH24') || '-' || to_char(upper(span), 'DD"T"HH24') as span from millrace.run order by id`,
  );
  return rows.map((row) => String(row['span']));
}

describe('planDue', () => {
  test('plans nothing new twice, and a new unit with its lookback', async () => {
    await using world = await clockedWorld();
    await world.setClock('2026-01-01 05:30Z');
    await world.apply(hourly);
    await world.materialize('visits');
    const written = () => world.sql('select xmin::text, (select count(*) from millrace.event) from millrace.coverage');
    await world.plan('visits');
    const before = await written();
    for (let tick = 0; tick < 100; tick += 1) expect(await world.plan('visits')).toEqual([]);
    expect(await written()).toEqual(before);
    await world.setClock('2026-01-01 06:00Z');
    await world.materialize('visits');
    expect(await world.plan('visits')).toEqual([]);
    expect(await spans(world)).toEqual(['01T00-01T05', '01T03-01T06']);
  });

  test('waits until rows have had time to arrive', async () => {
    await using world = await clockedWorld();
    await world.apply({ ...hourly, settleMs: 5 * 60_000 });
    await world.setClock('2026-01-01 01:04:59Z');
    expect(await world.plan('visits')).toEqual([]);
    await world.setClock('2026-01-01 01:05:00Z');
    expect(await world.plan('visits')).toHaveLength(1);
  });

  test('never plans the span of a planned or active run', async () => {
    await using world = await clockedWorld();
    await world.setClock('2026-01-01 02:00Z');
    await world.apply(hourly);
    const both = await Promise.all([world.plan('visits'), world.plan('visits')]);
    expect(both.flat()).toHaveLength(1);
    await world.setClock('2026-01-01 03:00Z');
    await world.plan('visits');
    expect(await spans(world)).toEqual(['01T00-01T02', '01T02-01T03']);
  });

  test.each([
    ['all', ['01T00-01T05']],
    ['latest', ['01T04-01T05']],
    ['none', []],
  ] as const)('catch_up: %s decides about the time before a view was applied', async (catchUp, expected) => {
    await using world = await clockedWorld();
    await world.setClock('2026-01-01 05:00Z');
    await world.apply({ ...hourly, catchUp });
    await world.plan('visits');
    expect(await spans(world)).toEqual(expected);
    const [row] = await world.sql(
      `select millrace.watermark(v, c)::text as watermark
         from millrace.coverage c join millrace.view v on id = view_id`,
    );
    const skippedTo = { all: null, latest: '2026-01-01 04:00:00+00', none: '2026-01-01 05:00:00+00' }[catchUp];
    expect(row?.['watermark']).toBe(skippedTo);
  });

  test('leaves a held span alone until it is restated', async () => {
    await using world = await clockedWorld();
    await world.setClock('2026-01-01 02:00Z');
    await world.apply({ ...hourly, query: hourly.query?.replace('value from', 'value/0 as value from') ?? '' });
    await world.sql(`insert into visits values ('ada', '2026-01-01 00:30Z', 1)`);
    const [outcome] = await world.materialize('visits');
    expect(outcome?.kind).toBe('discarded');
    expect(await world.plan('visits')).toEqual([]);
    const applied = await requireAppliedView(world.app.database, 'visits');
    const everything = { from: null, to: null };
    const restated = await restate(world.app.database, applied, everything, DEFAULT_RUN_OPTIONS);
    expect(restated).toMatchObject({ staleUnits: 0, releasedUnits: 2 });
    expect(restated.runs).toHaveLength(1);
    expect(await world.plan('visits')).toEqual([]);
  });
});

describe('deployViewRows and applyEdit', () => {
  test('an edited query stops its view until an operator chooses its effect', async () => {
    await using world = await clockedWorld();
    await world.setClock('2026-01-01 02:00Z');
    await world.apply(hourly);
    await world.materialize('visits');
    const edited = { ...hourly, query: hourly.query?.replace('value from', 'value * 2 as value from') ?? '' };
    await world.apply(edited);
    await world.setClock('2026-01-01 03:00Z');
    expect(await world.plan('visits')).toEqual([]);
    await applyEdit(world.app.database, fingerprinted(edited), 'restate');
    await world.plan('visits');
    expect(await spans(world)).toEqual(['01T00-01T02', '01T00-01T03']);
  });

  test('forward-only and equivalent do not change stored rows', async () => {
    await using world = await clockedWorld();
    await world.setClock('2026-01-01 02:00Z');
    await world.apply({ ...hourly, lookbackUnits: 0 });
    await world.materialize('visits');
    for (const [meaning, factor] of [
      ['forward-only', 2],
      ['equivalent', 3],
    ] as const) {
      const edited = {
        ...hourly,
        lookbackUnits: 0,
        query: hourly.query?.replace('value from', `value * ${factor} as value from`) ?? '',
      };
      await world.apply(edited);
      await applyEdit(world.app.database, fingerprinted(edited), meaning);
      expect(await world.plan('visits')).toEqual([]);
    }
  });

  test('an edit that is undone on disk needs no choice', async () => {
    await using world = await clockedWorld();
    await world.setClock('2026-01-01 02:00Z');
    await world.apply(hourly);
    await world.apply({ ...hourly, query: hourly.query?.replace('value from', 'value + 1 as value from') ?? '' });
    await world.apply(hourly);
    expect(await world.plan('visits')).toHaveLength(1);
  });

  test('a run planned for the old query is superseded', async () => {
    await using world = await clockedWorld();
    await world.setClock('2026-01-01 02:00Z');
    await world.apply(hourly);
    const [run] = await world.plan('visits');
    const edited = { ...hourly, query: hourly.query?.replace('value from', 'value * 2 as value from') ?? '' };
    await applyEdit(world.app.database, fingerprinted(edited), 'equivalent');
    const outcome = await world.perform(run ?? 0);
    expect(outcome.kind === 'skipped' && outcome.value.state).toBe('superseded');
    expect(await world.plan('visits')).toHaveLength(1);
  });
});
