import { describe, expect, test } from 'vitest';
import type { FeatureView } from '../../src/definition/view.ts';
import { FEATURE_TYPES } from '../../src/feature-types/index.ts';
import { shownBins, type UnitProfile, unitProfiles } from '../../src/state/queries/profiles.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import { SAMPLE_TYPES } from '../support/feature-types.ts';
import { at, feature, view } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';

const FEATURES = [feature('amount', 'float'), feature('country', 'string', { nullable: true })];
const ORDERS = view({
  name: 'orders',
  features: FEATURES,
  query: 'select entity_id, {{end}} as timestamp, amount, country from orders where day < {{end}} and day >= {{start}}',
});

/** 1,000 orders of each of two days: amounts 1 to 1000, a tenth without a country. */
async function openShop(of: FeatureView = ORDERS): Promise<World> {
  const world = await openWorld();
  await world.sql(
    `create table orders as
     select day, 'c' || i as entity_id, i::float8 as amount,
            case when i % 10 = 0 then null when i % 3 = 0 then 'FR' else 'GB' end as country
       from generate_series(1, 1000) i, unnest(array['2026-01-01'::timestamptz, '2026-01-02']) day`,
  );
  await world.apply(of);
  return world;
}

const ALL = { from: null, to: null, limit: 100 };

async function profilesOf(world: World, name: string): Promise<UnitProfile[]> {
  const { view: applied } = await requireAppliedView(world.app.database, name);
  return unitProfiles(world.app.database, applied, ALL);
}

describe('the profile of a run', () => {
  test('is that of all its rows', async () => {
    await using world = await openShop();
    await world.materialize('orders');
    const [first, second, ...more] = await profilesOf(world, 'orders');
    expect(more).toEqual([]);
    expect(first?.span?.start).toBe(at('2026-01-01'));
    expect(second?.span?.start).toBe(at('2026-01-02'));
    expect(first?.profile).toEqual({
      rows: 1_000,
      sampled: 1_000,
      features: {
        amount: {
          nulls: 0,
          min: '1',
          max: '1000',
          mean: 500.5,
          deviation: 288.6749902572095,
          distinct: 1_000,
          quantiles: [11, 51, 251, 501, 751, 951, 991],
          histogram: { bins: expect.any(Number), counts: [0, 0, ...new Array(10).fill(100), 0] },
          top: null,
        },
        country: {
          nulls: 100,
          min: null,
          max: null,
          mean: null,
          deviation: null,
          distinct: 2,
          quantiles: null,
          histogram: { bins: expect.any(Number), counts: [100, 600, 300, 0] },
          top: [
            ['GB', 600],
            ['FR', 300],
          ],
        },
      },
    });
    expect(second?.profile.features['amount']?.histogram).toEqual(first?.profile.features['amount']?.histogram);
  });

  test('has bins that stay when the values change, until the query is edited', async () => {
    await using world = await openShop();
    await world.materialize('orders');
    await world.sql('update orders set amount = amount * 100');
    await world.sql(`update millrace.coverage set stale = covered`);
    await world.materialize('orders');
    const [first] = await profilesOf(world, 'orders');
    const counts = first?.profile.features['amount']?.histogram?.counts;
    expect(counts).toEqual([0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 990]);
    await world.sql(`update millrace.view set data_fingerprint = 'edited'`);
    await world.sql(`update millrace.coverage set stale = covered`);
    await world.materialize('orders');
    const [after] = await profilesOf(world, 'orders');
    expect(after?.profile.features['amount']?.histogram?.counts).toEqual([0, 0, ...new Array(10).fill(100), 0]);
  });

  test('counts the rows of a large run, and samples the same ones of their values each time', async () => {
    await using world = await openWorld();
    await world.sql(
      `create table orders as select '2026-01-01'::timestamptz as day, 'c' || i as entity_id, i::float8 as amount,
              nullif(i % 4, 0)::text as country from generate_series(1, 30000) i`,
    );
    await world.apply({ ...ORDERS, end: at('2026-01-02') });
    await world.materialize('orders');
    const [first] = await profilesOf(world, 'orders');
    const { rows, sampled = 0, features } = first?.profile ?? {};
    expect(rows).toBe(30_000);
    expect(sampled).toBeGreaterThan(9_000);
    expect(sampled).toBeLessThan(11_000);
    expect(features?.['amount']).toMatchObject({ nulls: 0, min: '1', max: '30000', mean: 15_000.5 });
    expect(features?.['country']).toMatchObject({ nulls: 7_500, distinct: 3 });
    const inBins = features?.['amount']?.histogram?.counts.reduce((sum, count) => sum + count, 0);
    expect(inBins).toBe(sampled);
  });

  test('of a redacted view has no values', async () => {
    await using world = await openShop({ ...ORDERS, redacted: true });
    await world.materialize('orders');
    const stored = JSON.stringify(await world.sql('select profile from millrace.run'));
    expect(stored).not.toMatch(/GB|FR|"1000"|"min": ?"/);
    const [first] = await profilesOf(world, 'orders');
    expect(first?.profile.features['amount']).toMatchObject({
      nulls: 0,
      min: null,
      max: null,
      quantiles: null,
      top: null,
      mean: 500.5,
      distinct: 1_000,
      histogram: { counts: [0, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100] },
    });
    const [bins] = await world.sql('select count(*) as n, min(bins::text) as bins from millrace.profile_bins');
    expect(bins).toEqual({ n: 1, bins: expect.not.stringMatching(/1000|"1"/) });
    const { view: applied } = await requireAppliedView(world.app.database, 'orders');
    expect(await shownBins(world.app.database, applied, [1])).toEqual(new Map());
  });

  test('is empty for a run without rows', async () => {
    await using world = await openShop();
    await world.sql('delete from orders');
    await world.materialize('orders');
    const [first] = await profilesOf(world, 'orders');
    expect(first?.profile).toMatchObject({ rows: 0, sampled: 0 });
    expect(first?.profile.features['amount']).toMatchObject({ nulls: 0, mean: null, quantiles: null, histogram: null });
  });

  test('survives values at the ends of their types', async () => {
    await using world = await openWorld();
    await world.sql(
      `create table ends as select i::text as entity_id, (case when i % 2 = 0 then -1 else 1 end * 1.7e308)::float8 as f,
              (case when i % 2 = 0 then -1 else 1 end * 9223372036854775807) ::bigint as n,
              ('1e-400'::numeric + case when i = 1 then '1e400'::numeric else 0 end) as d
         from generate_series(1, 100) i`,
    );
    await world.apply(
      view({
        name: 'ends',
        end: at('2026-01-02'),
        features: [feature('f', 'float'), feature('n', 'int'), feature('d', 'decimal')],
        query: 'select entity_id, {{end}} as timestamp, f, n, d from ends',
      }),
    );
    const [outcome] = await world.materialize('ends');
    expect(outcome?.kind).toBe('completed');
    const [first] = await profilesOf(world, 'ends');
    expect(first?.profile.features['f']).toMatchObject({ mean: null, deviation: null, min: '-1.7e+308' });
    expect(first?.profile.features['n']).toMatchObject({ mean: 0, min: '-9223372036854775807' });
  });

  test('exists for each type, and for more features than a call has arguments', async () => {
    await using world = await openWorld();
    const types = Object.values(SAMPLE_TYPES);
    const features = Array.from({ length: 120 }, (_, index) => {
      return feature(`f${index}`, types[index % types.length] ?? 'float', { nullable: true });
    });
    const columns = features.map(({ name, type }) => {
      const { sqlType } = FEATURE_TYPES[type.startsWith('vector') ? 'vector' : (type as 'float')]; // the others have no parameters
      return `null::${sqlType} as ${name}`;
    });
    await world.apply(
      view({
        name: 'wide',
        end: at('2026-01-02'),
        features,
        query: `select '1' as entity_id, {{end}} as timestamp, ${columns.join(', ')}`,
      }),
    );
    const [outcome] = await world.materialize('wide');
    expect(outcome).toMatchObject({ kind: 'completed' });
    const [first] = await profilesOf(world, 'wide');
    expect(Object.values(first?.profile.features ?? {}).map(({ nulls }) => nulls)).toEqual(new Array(120).fill(1));
  });
});
