// What commits and publishes of a run read does not grow with the rows that the view has already.

import { describe, expect, test } from 'vitest';
import { offlineTable, summarizeTimes } from '../../src/offline/table.ts';
import { at, view } from '../support/views.ts';
import { openWorld } from '../support/world.ts';
import { days, type OnlineWorld, onDay, openOnlineWorld, type Row } from './world.ts';

/** More than one entry of the index over times covers. */
const ENTITIES = 6_000;
/** Too few for a run to add their pages immediately. */
const FEW_ENTITIES = 4_900;
const DAYS = 4;

function rowsOf(day: number): Row[] {
  return Array.from({ length: ENTITIES }, (_, n) => [`e${n}`, onDay(day), String(day)]);
}

async function loadDays(
  world: OnlineWorld,
  before: (day: number) => Promise<void> = async () => undefined,
): Promise<void> {
  // Otherwise Postgres may do it during the test.
  await world.database.run(`alter index features."${world.view.name}.by_time" set (autosummarize = off)`);
  for (let day = 0; day < DAYS; day += 1) {
    await before(day);
    await world.publish(await world.commit(days(day), rowsOf(day)));
  }
}

/** How many ranges of pages the index over times does not know yet. */
async function unknownRanges({ database, view: { name } }: Pick<OnlineWorld, 'database' | 'view'>): Promise<number> {
  const [row] = await database.query<{ ranges: number }>(
    `select brin_summarize_new_values('features."${name}.by_time"') as ranges`,
  );
  return Number(row?.ranges);
}

describe('a run for a day of which nothing is stored', () => {
  test('is committed and published without reading the rows of other days', async () => {
    await using world = await openOnlineWorld();
    await loadDays(world, () => summarizeTimes(world.database, world.view, ENTITIES));
    await world.database.query('select pg_stat_force_next_flush()');
    const [table] = await world.database.query<{ rows: number }>(
      'select seq_tup_read as rows from pg_stat_user_tables where relid = $1::regclass',
      [offlineTable(world.view)],
    );
    // The index over times reads each row once.
    expect(Number(table?.rows)).toBeLessThanOrEqual(DAYS * ENTITIES);
    expect((await world.onlineRows()).get('e17')).toMatchObject({ amount: '3' });
  });
});

describe('performRun', () => {
  test.each([
    { what: 'adds the pages of a large run to the index over times', entities: ENTITIES, areKnown: true },
    { what: 'leaves those of small runs to Postgres', entities: FEW_ENTITIES, areKnown: false },
  ])('$what', async ({ entities, areKnown }) => {
    await using world = await openWorld();
    const { database } = world.app;
    await world.sql(`create table spend as
      select 'e' || n as entity_id, n::float8 as value from generate_series(1, ${entities}) n`);
    const spend = view({ start: at('2026-01-01'), end: at('2026-01-05') });
    await world.apply(spend);
    await world.sql('alter index features."spend.by_time" set (autosummarize = off)');
    const outcomes = await world.materialize('spend');
    expect(outcomes.map(({ kind }) => kind)).toEqual(new Array(4).fill('completed'));
    expect((await unknownRanges({ database, view: spend })) === 0).toBe(areKnown);
  });
});

describe('summarizeTimes', () => {
  test('adds the pages of many rows to the index over times', async () => {
    await using world = await openOnlineWorld();
    await loadDays(world);
    await summarizeTimes(world.database, world.view, ENTITIES);
    expect(await unknownRanges(world)).toBe(0);
  });

  test('does nothing after few rows', async () => {
    await using world = await openOnlineWorld();
    await loadDays(world);
    await summarizeTimes(world.database, world.view, 100);
    expect(await unknownRanges(world)).toBeGreaterThan(0);
  });

  test('leaves it to a vacuum that is running', async () => {
    await using world = await openOnlineWorld();
    await loadDays(world);
    await world.database.transaction(async (session) => {
      await session.run(`lock table ${offlineTable(world.view)} in share update exclusive mode`);
      await summarizeTimes(world.database, world.view, ENTITIES);
    });
    expect(await unknownRanges(world)).toBeGreaterThan(0);
  });
});
