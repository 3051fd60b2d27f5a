import { describe, expect, test } from 'vitest';
import { readOnline } from '../../src/online/read.ts';
import { verifyView } from '../../src/online/verify.ts';
import { at, feature, view } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';

async function shop(): Promise<World> {
  const world = await openWorld();
  await world.sql('create table spend (entity_id text, value float8)');
  await world.sql(`insert into spend values ('ada', 1.5), ('bob', 2), ('ada', 1.5)`);
  return world;
}

const OFFLINE = `select entity_id, event_timestamp::text as at, spend from features.spend order by 2, 1`;

describe('performRun', () => {
  test('stores each unit of a snapshot view once, and changes nothing when repeated', async () => {
    await using world = await shop();
    await world.apply(view());
    const outcomes = await world.materialize('spend');
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(['completed', 'completed']);
    const stored = await world.sql(OFFLINE);
    expect(stored).toEqual([
      { entity_id: 'ada', at: '2026-01-02 00:00:00+00', spend: '1.5' },
      { entity_id: 'bob', at: '2026-01-02 00:00:00+00', spend: '2' },
      { entity_id: 'ada', at: '2026-01-03 00:00:00+00', spend: '1.5' },
      { entity_id: 'bob', at: '2026-01-03 00:00:00+00', spend: '2' },
    ]);
    expect(await world.plan('spend')).toEqual([]);
    expect(await world.sql('select state, stage, counts from millrace.run order by id limit 1')).toEqual([
      {
        state: 'done',
        stage: 'done',
        counts: {
          read: 3,
          accepted: 3,
          refused: 0,
          refusedBy: {},
          inserted: 2,
          changed: 0,
          unchanged: 0,
          duplicates: 1,
          removed: 0,
          kept: 0,
        },
      },
    ]);
    expect(await world.sql(`select tablename from pg_tables where schemaname = 'staging'`)).toEqual([]);
  });

  test('holds the span of a run whose rows are refused, keeps their reasons, and stores nothing', async () => {
    await using world = await shop();
    await world.sql(`insert into spend select '', 1 from generate_series(1, 20)`);
    await world.apply(view({ end: at('2026-01-02') }));
    const [outcome] = await world.materialize('spend');
    expect(outcome?.kind).toBe('discarded');
    expect(await world.sql(OFFLINE)).toEqual([]);
    expect(await world.sql('select reason, count(*) from millrace.quarantine group by 1')).toEqual([
      { reason: 'entity_id_empty', count: 20 },
    ]);
    expect(await world.plan('spend')).toEqual([]);
    expect(await world.sql('select held::text from millrace.coverage')).toEqual([
      { held: '{["2026-01-01 00:00:00+00","2026-01-02 00:00:00+00")}' },
    ]);
  });

  test('reports missing columns of a query before it reads rows', async () => {
    await using world = await shop();
    await world.apply(view({ query: 'select entity_id, {{end}} as timestamp from spend' }));
    const [outcome] = await world.materialize('spend');
    expect(outcome?.kind === 'discarded' && outcome.failure.code).toBe('SOURCE_SHAPE');
  });

  test('joins the units of an events view into one run, and reads the units before new ones again', async () => {
    await using world = await openWorld();
    await world.sql('create table visits (entity_id text, at timestamptz, pages bigint)');
    await world.sql(`insert into visits values ('ada', '2026-01-01 00:00:00.000001+00', 9007199254740993)`);
    const visits = view({
      name: 'visits',
      kind: 'events',
      unitMs: 3_600_000,
      end: at('2026-01-01T05:00Z'),
      lookbackUnits: 2,
      features: [feature('pages', 'int')],
      query: 'select entity_id, at as timestamp, pages from visits where at >= {{start}} and at < {{end}}',
    });
    await world.apply(visits);
    expect(await world.materialize('visits')).toHaveLength(1);
    expect(await world.sql('select pages::text from features.visits')).toEqual([{ pages: '9007199254740993' }]);
    await world.apply({ ...visits, end: at('2026-01-01T06:00Z') });
    await world.materialize('visits');
    expect(await world.sql('select span::text from millrace.run order by id')).toEqual([
      { span: '["2026-01-01 00:00:00+00","2026-01-01 05:00:00+00")' },
      { span: '["2026-01-01 03:00:00+00","2026-01-01 06:00:00+00")' },
    ]);
    expect(await world.plan('visits')).toEqual([]);
  });

  test('replaces the row range of a restated span: changes, removes and adds what differs, and touches nothing else', async () => {
    await using world = await openWorld();
    await world.sql('create table spend (entity_id text, value float8)');
    await world.sql(`insert into spend values ('ada', 0), ('bob', 2), ('cyd', 3)`);
    await world.apply(view({ end: at('2026-01-02') }));
    await world.materialize('spend');
    await world.sql(`update spend set value = '-0' where entity_id = 'ada'`);
    await world.sql(`delete from spend where entity_id = 'bob'`);
    await world.sql(`insert into spend values ('dan', 4)`);
    await world.sql('update millrace.coverage set stale = covered');
    const [outcome] = await world.materialize('spend');
    expect(outcome?.kind === 'completed' && outcome.value.counts).toMatchObject({
      inserted: 1,
      changed: 1,
      unchanged: 1,
      removed: 1,
    });
    expect(await world.sql('select entity_id, spend, run_id from features.spend order by 1')).toEqual([
      { entity_id: 'ada', spend: '-0', run_id: 2 },
      { entity_id: 'cyd', spend: '3', run_id: 1 },
      { entity_id: 'dan', spend: '4', run_id: 2 },
    ]);
    expect(await world.plan('spend')).toEqual([]);
  });

  test('publishes stored and removed rows', async () => {
    await using world = await shop();
    await world.apply(view({ end: at('2026-01-02') }));
    await world.materialize('spend');
    const online = async (...ids: string[]) => {
      const found = await readOnline({ redis: world.app.online.redis, prefix: 'mr' }, [view()], ids);
      return ids.map((id) => found.get(id)?.['spend']?.values ?? null);
    };
    expect(await online('ada', 'bob')).toEqual([{ spend: 1.5 }, { spend: 2 }]);
    await world.sql(`delete from spend where entity_id = 'bob'`);
    await world.sql('update millrace.coverage set stale = covered');
    await world.materialize('spend');
    expect(await online('ada', 'bob')).toEqual([{ spend: 1.5 }, null]);
    expect(await world.sql('select covered = published as published from millrace.coverage')).toEqual([
      { published: true },
    ]);
    const { database, online: store } = world.app;
    const verified = await verifyView({ database, online: store, view: view(), signal: new AbortController().signal });
    expect(verified).toMatchObject({ comparedOffline: 1, total: 0 });
  });
});
