import { describe, expect, test } from 'vitest';
import type { FeatureView } from '../../../src/definition/view.ts';
import { readOnline } from '../../../src/online/read.ts';
import { rebuildView } from '../../../src/online/rebuild.ts';
import { verifyView } from '../../../src/online/verify.ts';
import { applyEdit } from '../../../src/state/views/edit.ts';
import { requireAppliedView } from '../../../src/state/views/views.ts';
import { at, feature, fingerprinted, view } from '../../support/views.ts';
import { openWorld, type World } from '../../support/world.ts';

const FEATURES = [
  feature('count', 'int'),
  feature('share', 'float'),
  feature('total', 'decimal'),
  feature('tier', 'string', { nullable: true }),
];

const active = (complete: FeatureView['complete']) =>
  view({
    name: 'active',
    end: at('2026-01-05'),
    features: FEATURES,
    query:
      "select id as entity_id, 1 as count, 0.5::float8 as share, 2.50 as total, 'gold' as tier, {{end}} as timestamp from source where day = {{end}}",
    ...(complete === undefined ? {} : { complete }),
  });
const ZERO = active({ absent: 'zero' });

/** Ada is in the first and third snapshot, bob in the first two. */
async function openActive(defined: FeatureView, more = ''): Promise<World> {
  const world = await openWorld();
  await world.sql('create table source (id text, day timestamptz)');
  await world.sql(
    `insert into source values ('ada', '2026-01-02Z'), ('bob', '2026-01-02Z'), ('bob', '2026-01-03Z'), ('ada', '2026-01-04Z'), ('cyd', '2026-01-05Z')${more}`,
  );
  await world.apply(defined);
  await world.materialize('active');
  return world;
}

/** Eve is only in the second snapshot, which also has a row without a readable entity. */
const UNREADABLE = `, ('eve', '2026-01-03Z'), (E'\\t', '2026-01-03Z')`;

const zerosOf = (world: World) =>
  world.sql(
    `select entity_id as id, event_timestamp::date::text as day from features.active where count = 0 order by 2, 1`,
  );
const ZEROS = [
  { id: 'ada', day: '2026-01-03' },
  { id: 'bob', day: '2026-01-04' },
  { id: 'ada', day: '2026-01-05' },
];

async function isOnline({ app }: World, defined: FeatureView): Promise<void> {
  const { id: viewId } = await requireAppliedView(app.database, 'active');
  const signal = new AbortController().signal;
  await rebuildView({ ...app.publisher, viewId, signal });
  const { database, online } = app;
  expect((await verifyView({ database, online, view: defined, signal })).differences).toEqual([]);
}

describe('absent: zero', () => {
  test('stores one row of zeros when an entity goes, which is served until a newer row', async () => {
    await using world = await openActive(ZERO);
    expect(await zerosOf(world)).toEqual(ZEROS);
    const online = await readOnline(world.app.online, [ZERO], ['ada', 'bob', 'cyd']);
    expect(online.get('bob')?.['active']?.values).toEqual({ count: 0n, share: 0, total: '0', tier: null });
    expect(online.get('cyd')?.['active']?.values['tier']).toBe('gold');
    expect(await world.sql('select rows::int as rows from millrace.coverage')).toEqual([{ rows: 8 }]);
    await isOnline(world, ZERO);
  });

  test.each([
    ['written from the start', ZERO],
    ['of a view that was not complete', active(undefined)],
    ['of a view that removed values', active({})],
  ])('are also stored for an entity that was only in an unreadable snapshot: %s', async (_, defined) => {
    await using world = await openActive(defined, UNREADABLE);
    if (defined !== ZERO) await applyEdit(world.app.database, fingerprinted(ZERO), 'equivalent');
    expect(await zerosOf(world)).toEqual([
      { id: 'bob', day: '2026-01-04' },
      { id: 'eve', day: '2026-01-04' },
      { id: 'ada', day: '2026-01-05' },
    ]);
    await isOnline(world, ZERO);
    const online = await readOnline(world.app.online, [ZERO], ['eve']);
    expect(online.get('eve')?.['active']?.values).toEqual({ count: 0n, share: 0, total: '0', tier: null });
  });

  test('are counted once when the view becomes one of events, whose ranges leave the newest of them out', async () => {
    await using world = await openActive(ZERO);
    const events = view({
      ...active(undefined),
      kind: 'events',
      query: String(ZERO.query)
        .replace('day = {{end}}', 'day >= {{start}} and day < {{end}}')
        .replace('{{end}} as', 'day as'),
    });
    await applyEdit(world.app.database, fingerprinted(events), 'restate');
    const counted =
      'select rows::int as rows, (select count(*)::int from features.active) as stored from millrace.coverage';
    expect(await world.sql(counted)).toEqual([{ rows: 4, stored: 4 }]);
  });

  test('have zeros for a feature that is added later', async () => {
    await using world = await openActive(ZERO);
    const wider = view({
      ...ZERO,
      features: [...FEATURES, feature('visits', 'int')],
      query: String(ZERO.query).replace('select', 'select 2 as visits,'),
    });
    await applyEdit(world.app.database, fingerprinted(wider), 'forward-only');
    expect(
      await world.sql('select count(*)::int as rows, sum(visits)::int as visits from features.active where visits = 0'),
    ).toEqual([{ rows: 3, visits: 0 }]);
    await isOnline(world, wider);
  });

  test('are those of the new intervals when the interval is edited', async () => {
    await using world = await openActive(ZERO);
    const slower = view({ ...ZERO, unitMs: 2 * 86_400_000 });
    await applyEdit(world.app.database, fingerprinted(slower), 'restate');
    await world.materialize('active');
    expect(await zerosOf(world)).toEqual([{ id: 'bob', day: '2026-01-05' }]);
    expect(await world.sql('select entity_id as id, at::date::text as day from millrace.zero_row')).toEqual([
      { id: 'bob', day: '2026-01-05' },
    ]);
    expect(await world.sql('select rows::int as rows from millrace.coverage')).toEqual([{ rows: 3 }]);
    await isOnline(world, slower);
  });

  test('do not hide that a unit lost all rows of its source', async () => {
    const sparse = active({ absent: 'zero', allowEmpty: true });
    await using world = await openActive(sparse);
    await world.sql(`delete from source where day = '2026-01-03Z'`);
    await world.sql('update millrace.coverage set stale = covered');
    await world.materialize('active');
    expect(await zerosOf(world)).toEqual([
      { id: 'ada', day: '2026-01-03' },
      { id: 'bob', day: '2026-01-03' },
      { id: 'ada', day: '2026-01-05' },
    ]);
    expect(await world.sql(`select emptied = '{[2026-01-02Z,2026-01-03Z)}' as is from millrace.coverage`)).toEqual([
      { is: true },
    ]);
  });

  test('does not count zeros as rows of a snapshot that is read again', async () => {
    await using world = await openActive(ZERO);
    await world.sql('update millrace.coverage set stale = covered');
    const outcomes = await world.materialize('active');

    expect(outcomes.map((one) => one.kind === 'completed' && one.value.counts)).toEqual(
      [2, 1, 1, 1].map((unchanged) => expect.objectContaining({ unchanged, removed: 0, inserted: 0, changed: 0 })),
    );
    expect(await zerosOf(world)).toEqual(ZEROS);
  });

  test('writes and deletes the zeros of all snapshots when the view is edited', async () => {
    const removing = active({});
    await using world = await openActive(removing);
    expect(await zerosOf(world)).toEqual([]);
    await applyEdit(world.app.database, fingerprinted(ZERO), 'forward-only');
    expect(await zerosOf(world)).toEqual(ZEROS);
    await isOnline(world, ZERO);
    await applyEdit(world.app.database, fingerprinted(removing), 'forward-only');
    expect(await zerosOf(world)).toEqual([]);
    expect(await world.sql('select rows::int as rows from millrace.coverage')).toEqual([{ rows: 5 }]);
    await isOnline(world, removing);
  });
});
