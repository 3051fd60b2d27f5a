import { describe, expect, test } from 'vitest';
import { at, feature, view } from '../support/views.ts';
import { openWorld } from '../support/world.ts';

const COLUMNS = 'entity_id, value, tie_break';
const TIED = view({
  end: at('2026-01-02'),
  query: `select ${COLUMNS}, {{end}} as timestamp from spend`,
});

describe('replaceRange', () => {
  test('lets the greatest tie_break win, else the greatest row in text order, the same in every attempt', async () => {
    await using world = await openWorld();
    await world.sql('create table spend (entity_id text, value float8, tie_break bigint)');
    await world.sql(
      `insert into spend values ('ada', 1, 9), ('ada', 7, 10), ('ada', 8, 2), ('bob', 10, 1), ('bob', 9, 1)`,
    );
    await world.apply(TIED);
    const stored = async () => world.sql('select entity_id, spend from features.spend order by 1');
    await world.materialize('spend');
    expect(await stored()).toEqual([
      { entity_id: 'ada', spend: '7' },
      { entity_id: 'bob', spend: '9' },
    ]);
    await world.sql('update millrace.coverage set stale = covered');
    const [again] = await world.materialize('spend');
    expect(again?.kind === 'completed' && again.value.counts).toMatchObject({
      unchanged: 2,
      duplicates: 3,
      changed: 0,
    });
    expect(await stored()).toHaveLength(2);
  });

  test('lets any tie_break win over none, and any value over none', async () => {
    await using world = await openWorld();
    await world.sql('create table spend (entity_id text, value float8, tie_break bigint)');
    await world.sql(
      `insert into spend values ('ada', 9, null), ('ada', 2, -1), ('bob', 9, -1), ('bob', 2, null), ('cyd', 3, null), ('cyd', 4, null),
                                ('dan', null, 1), ('dan', 5, 1), ('eve', 5, 1), ('eve', null, 2)`,
    );
    await world.apply({ ...TIED, features: [feature('spend', 'float', { column: 'value', nullable: true })] });
    await world.materialize('spend');
    expect(await world.sql('select entity_id, spend from features.spend order by 1')).toEqual([
      { entity_id: 'ada', spend: '2' },
      { entity_id: 'bob', spend: '9' },
      { entity_id: 'cyd', spend: '4' },
      { entity_id: 'dan', spend: '5' },
      { entity_id: 'eve', spend: null },
    ]);
  });

  test('merges what a latest view finds, and removes nothing', async () => {
    await using world = await openWorld();
    await world.sql('create table stock (entity_id text, value bigint, at timestamptz)');
    await world.sql(`insert into stock values ('p1', 5, '2026-01-01Z'), ('p2', 6, '2026-01-01Z')`);
    await world.apply(
      view({
        name: 'stock',
        kind: 'latest',
        end: null,
        features: [feature('stock', 'int', { column: 'value' })],
        query: 'select entity_id, value, at as timestamp from stock',
      }),
    );
    await world.materialize('stock');
    await world.sql(`delete from stock where entity_id = 'p1'`);
    await world.sql(`update stock set value = 7, at = '2026-01-02Z'`);
    const [outcome] = await world.materialize('stock');
    expect(outcome?.kind === 'completed' && outcome.value.counts).toMatchObject({ inserted: 1, removed: 0 });
    expect(await world.sql('select entity_id, stock from features.stock order by event_timestamp, 1')).toEqual([
      { entity_id: 'p1', stock: 5 },
      { entity_id: 'p2', stock: 6 },
      { entity_id: 'p2', stock: 7 },
    ]);
  });

  test('refuses to remove more of what is stored than removed_max, and does when it is allowed', async () => {
    await using world = await openWorld();
    await world.sql('create table spend (entity_id text, value float8)');
    await world.sql(`insert into spend select 'c' || i, i from generate_series(1, 100) i`);
    await world.apply(view({ end: at('2026-01-02') }));
    await world.materialize('spend');
    await world.sql(`delete from spend where value <= 50`);
    await world.sql('update millrace.coverage set stale = covered');
    const [kept] = await world.materialize('spend');
    expect(kept).toMatchObject({ kind: 'discarded', failure: { code: 'CHECK_FAILED' } });
    expect(await world.sql('select count(*) as rows from features.spend')).toEqual([{ rows: 100 }]);
    await world.sql(`update millrace.coverage set held = '{}', stale = covered`);
    await world.materialize('spend', { allowRemovals: true });
    expect(await world.sql('select count(*) as rows from features.spend')).toEqual([{ rows: 50 }]);
  });
});
