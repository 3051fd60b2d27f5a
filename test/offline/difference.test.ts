import { describe, expect, test } from 'vitest';
import { DuplicateKeys, replaceRange } from '../../src/offline/replace.ts';
import type { Replacement } from '../../src/offline/replacement.ts';
import type { Session } from '../../src/postgres/session.ts';
import { at, feature, view } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';

const ROWS = 1_000;
const SPEND = view({
  end: at('2026-01-02'),
  features: [feature('spend', 'float', { column: 'value' })],
  query: 'select entity_id, value, {{end}} as timestamp from spend',
});

/** A world in which a run has stored a row for each of 1,000 entities. */
async function storedWorld(): Promise<World> {
  const world = await openWorld();
  await world.sql(
    `create table spend as select 'c' || i as entity_id, i::float8 as value from generate_series(1, ${ROWS}) i`,
  );
  await world.apply(SPEND);
  await world.materialize('spend');
  await world.sql('update millrace.coverage set stale = covered');
  return world;
}

function replacementOf(extra: Partial<Replacement> = {}): Replacement {
  return {
    view: SPEND,
    runId: 2,
    noteRemoved: (entities) => `select entity_id from (${entities}) gone`,
    span: { start: at('2026-01-01'), end: at('2026-01-02') },
    staging: 'pg_temp.staged',
    refused: null,
    redefined: `'{}'::tstzmultirange`,
    mayHoldRows: true,
    duplicates: 'unlikely',
    ...extra,
  };
}

async function stage(session: Session, where = 'true'): Promise<number> {
  return session.run(
    `create temp table staged on commit drop as
     select entity_id, event_timestamp, spend from features.spend where ${where}`,
  );
}

describe('replaceRange', () => {
  test('reads the range at most twice where nothing has changed, and writes nothing', async () => {
    await using world = await storedWorld();
    const read = await world.app.database.transaction(async (session) => {
      const staged = await stage(session);
      const rowsRead = async () => {
        const [row] = await session.query<{ rows: number }>(
          `select (seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint as rows from pg_stat_xact_user_tables where relname = 'spend' and schemaname = 'features'`,
        );
        return row?.rows ?? 0;
      };
      const before = await rowsRead();
      const { counts } = await replaceRange(session, replacementOf(), staged);
      expect(counts).toEqual({ inserted: 0, changed: 0, unchanged: ROWS, duplicates: 0, removed: 0, kept: 0 });
      return (await rowsRead()) - before;
    });
    expect(read).toBeLessThanOrEqual(2 * ROWS);
  });

  test('writes the rows that are new, changed or gone, and no others', async () => {
    await using world = await storedWorld();
    await world.sql(`update spend set value = '-0' where entity_id = 'c5'`);
    await world.sql(`delete from spend where entity_id = 'c7'`);
    await world.sql(`insert into spend values ('new', 1)`);
    const [outcome] = await world.materialize('spend');
    expect(outcome?.kind === 'completed' && outcome.value.counts).toMatchObject({
      inserted: 1,
      changed: 1,
      removed: 1,
      unchanged: ROWS - 2,
    });
    expect(await world.sql('select entity_id, spend from features.spend where run_id = 2 order by 1')).toEqual([
      { entity_id: 'c5', spend: '-0' },
      { entity_id: 'new', spend: '1' },
    ]);
    expect(await world.sql('select count(*) as rows from features.spend')).toEqual([{ rows: ROWS }]);
  });

  test.each([
    ['stored rows', `insert into staged select entity_id, event_timestamp, 9 from staged where entity_id = 'c1'`],
    [
      'new rows',
      `insert into staged select 'new', event_timestamp, v from staged, unnest('{1,2}'::int[]) v where entity_id = 'c1'`,
    ],
  ])('notices that %s have the key of another', async (_, addDuplicates) => {
    await using world = await storedWorld();
    const replace = world.app.database.transaction(async (session) => {
      const staged = (await stage(session)) + (await session.run(addDuplicates));
      return replaceRange(session, replacementOf(), staged);
    });
    await expect(replace).rejects.toBeInstanceOf(DuplicateKeys);
  });

  test('begins again with the winners where rows have equal entity and time', async () => {
    await using world = await storedWorld();
    await world.sql(`insert into spend values ('c1', 0), ('new', 5), ('new', 40)`);
    const [outcome] = await world.materialize('spend');
    expect(outcome?.kind === 'completed' && outcome.value.counts).toMatchObject({
      accepted: ROWS + 3,
      inserted: 1,
      changed: 0,
      unchanged: ROWS,
      duplicates: 2,
    });
    expect(await world.sql(`select spend from features.spend where entity_id in ('c1', 'new') order by 1`)).toEqual([
      { spend: '1' },
      { spend: '5' },
    ]);
  });
});
