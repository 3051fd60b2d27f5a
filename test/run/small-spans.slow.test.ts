// Spans with few rows: stored rows survive new rows that are unreadable.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { FeatureView, ViewFiles } from '../../src/definition/view.ts';
import { readOnline } from '../../src/online/read.ts';
import { verifyView } from '../../src/online/verify.ts';
import type { Outcome } from '../../src/run/outcome.ts';
import { viewOverviews } from '../../src/state/queries/view-overview.ts';
import type { Run } from '../../src/state/runs/run.ts';
import { applyEdit } from '../../src/state/views/edit.ts';
import { stateOf } from '../../src/state/views/view-state.ts';
import { at, feature, fingerprinted, view } from '../support/views.ts';
import { openWorld, type World, type WorldOptions } from '../support/world.ts';

const DAY_MS = 86_400_000;
const IDS = ['0', '1', '2', '3', '4', '5', '6', '7'];
/** A day as first delivered, and again from a machine that writes decimal commas. */
const GOOD_DAY = `id,v\n${IDS.map((id) => `${id},${id}.5`).join('\n')}\n`;
const COMMA_DAY = `id,v\n${IDS.map((id) => `${id},"${id},5"`).join('\n')}\n`;
const GOOD = IDS.map((id) => ({ entity_id: id, v: `${id}.5` }));
const FILES: ViewFiles = {
  pattern: '{yyyy}-{MM}-{dd}.csv',
  format: 'csv',
  types: { v: 'float' },
  windowMs: DAY_MS,
  onMissing: 'empty',
  lateMs: 7 * DAY_MS,
  onBadField: 'refuse',
};
const OF_FILES = view({
  name: 'v',
  source: 'lake',
  end: at('2026-01-02'),
  features: [feature('v', 'float', { column: 'value' })],
  query: 'select id as entity_id, v as value, {{end}} as timestamp from files',
  files: { files: FILES },
});
const never = new AbortController().signal;

type Lake = World & { deliver(text: string): void };

async function lake(): Promise<Lake> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-small-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'lake'));
  const world = await openWorld({ folder, sources: { lake: 'file:./lake' } });
  await setNow(world, '2026-01-02 06:00Z');
  return Object.assign(world, {
    deliver: (text: string) => writeFileSync(join(folder, 'lake', '2026-01-01.csv'), text),
  });
}

async function setNow(world: World, now: string): Promise<void> {
  await world.sql(
    `create or replace function millrace.now() returns timestamptz language sql as $$ select timestamptz '${now}' $$`,
  );
}

/** Eight entities with one row per day, from a table with columns of any content. */
async function shop(options: WorldOptions = {}): Promise<World> {
  const world = await openWorld(options);
  await world.sql('create table spend (entity_id text, value float8)');
  await world.sql('insert into spend select i::text, i from generate_series(0, 7) i');
  return world;
}

const SPEND = view({ end: at('2026-01-02') });
const STORED = 'select entity_id, spend from features.spend order by 1';
const STALE = `update millrace.coverage set held = '{}', stale = covered`;

async function again(world: World, name = 'spend', allowRemovals = false): Promise<Outcome<Run> | undefined> {
  await world.sql(STALE);
  const [outcome] = await world.materialize(name, { allowRemovals });
  return outcome;
}

function codeOf(outcome: Outcome<Run> | undefined): string | null {
  return outcome?.kind === 'discarded' ? outcome.failure.code : null;
}

function countsOf(outcome: Outcome<Run> | undefined) {
  return outcome?.kind === 'completed' ? outcome.value.counts : null;
}

/** Entity → value, of the served entities. */
async function online(world: World, of: FeatureView, ids: readonly string[] = IDS) {
  const { redis, prefix } = world.app.online;
  const found = await readOnline({ redis, prefix }, [of], ids);
  return ids.map((id) => found.get(id)?.[of.name]?.values?.[of.name] ?? null);
}

async function differences(world: World, of: FeatureView): Promise<number> {
  const { database, online: store } = world.app;
  return (await verifyView({ database, online: store, view: of, signal: never })).total;
}

async function emptied(world: World) {
  const [overview] = await viewOverviews(world.app.database);
  return overview?.emptied.first.map(({ start, end }) => [new Date(start).toISOString(), new Date(end).toISOString()]);
}

describe('a day that is delivered again with unreadable rows', () => {
  test('fails its check, and its rows stay offline and online', async () => {
    await using world = await lake();
    await world.apply(OF_FILES);
    world.deliver(GOOD_DAY);
    await world.materialize('v');
    world.deliver(COMMA_DAY);
    await world.app.lookForLateFiles(never);
    const [outcome] = await world.materialize('v');
    expect(codeOf(outcome)).toBe('ROWS_REFUSED');
    expect(await world.sql('select entity_id, v from features.v order by 1')).toEqual(GOOD);
    expect(await online(world, OF_FILES)).toEqual(IDS.map((id) => Number(`${id}.5`)));
    const [overview] = await viewOverviews(world.app.database);
    expect(overview && stateOf(overview)).toBe('held');
  });

  test.each([
    ['decimal commas', COMMA_DAY],
    ['a currency', GOOD_DAY.replaceAll('.5', '.5 EUR')],
    ['a thousands comma', GOOD_DAY.replaceAll(/(\d)\.5/g, '"$1,000.5"')],
    ['blanks for values', GOOD_DAY.replaceAll(/\d\.5/g, ' ')],
    ['words for nulls', GOOD_DAY.replaceAll(/\d\.5/g, 'N/A')],
  ])('fails its check if the values became %s, also with one good row', async (_, text) => {
    await using world = await lake();
    await world.apply(OF_FILES);
    world.deliver(GOOD_DAY);
    await world.materialize('v');
    world.deliver(text);
    expect(codeOf(await again(world, 'v'))).toBe('ROWS_REFUSED');
    world.deliver(`${text}0,0.5\n`);
    expect(codeOf(await again(world, 'v'))).toBe('ROWS_REFUSED');
    expect(await world.sql('select entity_id, v from features.v order by 1')).toEqual(GOOD);
  });

  test('is listed by status if it has no rows, until it has rows again', async () => {
    await using world = await lake();
    await world.apply(OF_FILES);
    world.deliver(GOOD_DAY);
    await world.materialize('v');
    expect(await emptied(world)).toEqual([]);
    world.deliver('id,v\n');
    expect(countsOf(await again(world, 'v'))).toMatchObject({ read: 0, removed: 8 });
    const DAY = [['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z']];
    expect(await emptied(world)).toEqual(DAY);
    await again(world, 'v');
    expect(await emptied(world)).toEqual(DAY);
    world.deliver(GOOD_DAY);
    await again(world, 'v');
    expect(await emptied(world)).toEqual([]);
    world.deliver('id,v\n');
    await again(world, 'v');
    await again(world, 'v', true);
    expect(await emptied(world)).toEqual([]);
  });
});

describe('a refused row', () => {
  test('fails the first load of a view if no other row is accepted', async () => {
    await using world = await openWorld();
    await world.sql('create table spend (entity_id text, value float8)');
    await world.sql(`insert into spend values ('a', 'NaN'), ('b', null)`);
    await world.apply(SPEND);
    expect(codeOf((await world.materialize('spend'))[0])).toBe('ROWS_REFUSED');
    const [overview] = await viewOverviews(world.app.database);
    expect(overview && stateOf(overview)).toBe('held');
  });

  test('keeps the stored row of its key, and an accepted row of that key wins', async () => {
    await using world = await shop();
    await world.apply(SPEND);
    await world.materialize('spend');
    await world.sql(`update spend set value = 'NaN' where entity_id in ('1', '2')`);
    await world.sql(`insert into spend values ('2', 20)`);
    await world.sql(`delete from spend where entity_id = '3'`);
    expect(countsOf(await again(world))).toEqual({
      read: 8,
      accepted: 6,
      refused: 2,
      refusedBy: { value_not_finite: 2 },
      inserted: 0,
      changed: 1,
      unchanged: 5,
      duplicates: 0,
      removed: 1,
      kept: 1,
    });
    const served = ['0', '1', '20', null, '4', '5', '6', '7'];
    const stored = IDS.map((id, index) => ({ entity_id: id, spend: served[index] })).filter(({ spend }) => spend);
    expect(await world.sql(STORED)).toEqual(stored);
    expect(await world.sql(`select run_id from features.spend where entity_id in ('1', '2') order by 1`)).toEqual([
      { run_id: 1 },
      { run_id: 2 },
    ]);
    expect(await online(world, SPEND)).toEqual(served.map((text) => (text === null ? null : Number(text))));
    expect(await differences(world, SPEND)).toBe(0);
    const [coverage] = await world.sql('select rows from millrace.coverage');
    expect(coverage).toEqual({ rows: 7 });
  });

  test('protects its key among any number of refused rows, and quarantine is bounded', async () => {
    await using world = await openWorld();
    await world.sql('create table spend (entity_id text, value float8)');
    await world.sql('insert into spend select i::text, i from generate_series(1, 300) i');
    const lenient = view({ end: at('2026-01-02'), refusedMax: 1 });
    await world.apply(lenient);
    await world.materialize('spend');
    // Ids so long that their keys are written before the end of the rows.
    await world.sql(`insert into spend select repeat('x', 500) || i, i from generate_series(1, 10000) i`);
    await again(world);
    await world.sql(`update spend set value = 'NaN' where value > 1`);
    const counts = countsOf(await again(world));
    expect(counts).toMatchObject({ read: 10_300, accepted: 2, unchanged: 2, kept: 10_298, removed: 0, changed: 0 });
    expect(await world.sql(`select count(*) as rows, sum(spend) from features.spend`)).toEqual([
      { rows: 10_300, sum: '50050150' },
    ]);
    expect(await world.sql('select count(*) as rows from millrace.quarantine where run_id = 3')).toEqual([
      { rows: 100 },
    ]);
  });

  test('keeps all of a span if refused_max is 100%', async () => {
    await using world = await shop();
    await world.apply(view({ end: at('2026-01-02'), refusedMax: 1 }));
    await world.materialize('spend');
    await world.sql(`update spend set value = 'NaN'`);
    expect(countsOf(await again(world))).toMatchObject({ read: 8, accepted: 0, kept: 8, removed: 0 });
    expect(await emptied(world)).toEqual([]);
    expect(await world.sql(STORED)).toHaveLength(8);
  });

  test('fails the run if its key is unreadable and a stored row would be removed, unless removals are allowed', async () => {
    await using world = await shop();
    await world.apply(SPEND);
    await world.materialize('spend');
    await world.sql(`update spend set entity_id = '' where entity_id = '5'`);
    expect(codeOf(await again(world))).toBe('ROWS_REFUSED');
    expect(await world.sql(STORED)).toHaveLength(8);
    expect(countsOf(await again(world, 'spend', true))).toMatchObject({ refused: 1, removed: 1, kept: 0 });
    expect(await world.sql(STORED)).toHaveLength(7);
    // Nothing would be removed: a few are tolerated.
    expect(countsOf(await again(world))).toMatchObject({ refused: 1, removed: 0 });
  });

  test('keeps late rows of covered hours that lookback reads again', async () => {
    await using world = await openWorld();
    await world.sql('create table visits (entity_id text, at timestamptz, pages float8)');
    await world.sql(
      `insert into visits select i::text, '2026-01-01Z'::timestamptz + i * interval '30 minutes', i from generate_series(0, 5) i`,
    );
    const visits = view({
      name: 'visits',
      kind: 'events',
      unitMs: 3_600_000,
      end: null,
      lookbackUnits: 2,
      features: [feature('visits', 'float', { column: 'pages' })],
      query: 'select entity_id, at as timestamp, pages from visits where at >= {{start}} and at < {{end}}',
    });
    await world.apply(visits);
    await setNow(world, '2026-01-01 03:00Z');
    await world.materialize('visits');
    await world.sql(`update visits set pages = 'NaN' where entity_id in ('2', '3')`);
    await world.sql(`delete from visits where entity_id in ('4', '5')`);
    await world.sql(`insert into visits values ('6', '2026-01-01 03:10Z', 6)`);
    await setNow(world, '2026-01-01 04:00Z');
    const [outcome] = await world.materialize('visits');
    expect(countsOf(outcome)).toMatchObject({ read: 3, accepted: 1, inserted: 1, refused: 2, kept: 2, removed: 2 });
    const ids = ['0', '1', '2', '3', '4', '5', '6'];
    expect(await online(world, visits, ids)).toEqual([0, 1, 2, 3, null, null, 6]);
    expect(await differences(world, visits)).toBe(0);
    expect(await emptied(world)).toEqual([['2026-01-01T02:00:00.000Z', '2026-01-01T03:00:00.000Z']]);
  });

  test('does not keep a row with the value of an older definition', async () => {
    await using world = await shop();
    await world.apply(SPEND);
    await world.materialize('spend');
    await world.sql(`insert into spend values ('8', 8)`);
    await world.sql(`update spend set value = 'NaN' where entity_id = '1'`);
    const edited = { ...SPEND, query: 'select entity_id, value * 2 as value, {{end}} as timestamp from spend' };
    await applyEdit(world.app.database, fingerprinted(edited), 'restate');
    const [failed] = await world.materialize('spend');
    expect(codeOf(failed)).toBe('ROWS_REFUSED');
    expect(await world.sql(STORED)).toHaveLength(8);
    await world.sql(`update spend set value = 1 where entity_id = '1'`);
    expect(countsOf(await again(world))).toMatchObject({ changed: 7, unchanged: 1, inserted: 1 });
    // From here on every row is of the new definition, including unchanged ones.
    await world.sql(`update spend set value = 'NaN' where entity_id in ('0', '1')`);
    expect(countsOf(await again(world))).toMatchObject({ kept: 2 });
    await applyEdit(world.app.database, fingerprinted(SPEND), 'forward-only');
    expect(countsOf(await again(world))).toMatchObject({ kept: 2, changed: 7 });
  });
});

describe('commit', () => {
  test.each(['staging_table', 'refused_table'])(
    'stages again where a crash after the check has emptied the %s',
    async (column) => {
      let crashes = 1;
      const crash = async (run: Run) => {
        const table = column === 'staging_table' ? run.stagingTable : run.refusedTable;
        if (run.id === 2 && crashes-- > 0) await world.sql(`truncate ${table}`);
      };
      await using world: World = await shop({
        changeStages: (stages) =>
          stages.map((stage) => ({
            ...stage,
            perform: async (run, signal) => {
              if (stage.name === 'commit') await crash(run);
              return stage.perform(run, signal);
            },
          })),
      });
      await world.apply(SPEND);
      await world.materialize('spend');
      await world.sql(`update spend set value = 'NaN' where entity_id = '1'`);
      expect(countsOf(await again(world))).toMatchObject({
        accepted: 7,
        unchanged: 7,
        refused: 1,
        kept: 1,
        removed: 0,
      });
      expect(crashes).toBeLessThan(1);
      expect(await world.sql(STORED)).toHaveLength(8);
      expect(await world.sql('select count(*) as rows from millrace.quarantine')).toEqual([{ rows: 1 }]);
    },
  );
});
