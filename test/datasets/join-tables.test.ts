import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Dataset } from '../../src/definition/dataset.ts';
import { feature, view } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';
import { buildSet, rowsOf, temporaryFolder } from './build-world.ts';
import { CHURN, SPEND, storeShop } from './small-set.ts';

/** With two features each, more than one table can hold. */
const COPIES = 50;
/** A view with few rows, which is merged. */
const VISITS = view({ ...SPEND, name: 'visits', features: [feature('count', 'int')] });

async function storeVisits(world: World): Promise<void> {
  await world.apply(VISITS);
  await world.sql(
    `insert into features.visits select 'c' || e, timestamptz '2026-01-05', e, 1 from generate_series(1, 50, 2) e`,
  );
  await world.sql(`update millrace.coverage set covered = '{[2026-01-01,2026-01-21)}'`);
  await world.sql('analyze features.spend; analyze features.visits');
}

function ofViews(views: readonly { readonly view: string; readonly as: string }[]): Dataset {
  const [one] = CHURN.views;
  if (one === undefined) throw new Error('there is no view');
  return { ...CHURN, views: views.map((named) => ({ ...one, ...named })) };
}

describe('joinTables', () => {
  test('finds for each of many views, looked up or merged, what is found for one', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    await storeVisits(world);
    await world.sql(`delete from churn where entity_id >= 'c3' or at < '2026-01-19'`);
    const copies = Array.from({ length: COPIES }, (_, index) => ({ view: 'spend', as: `spend${index}` }));
    const many = await buildSet(
      world,
      ofViews([...copies, { view: 'visits', as: 'visits' }]),
      join(folder.path, 'many'),
    );
    const one = await buildSet(world, ofViews([{ view: 'spend', as: 'spend' }]), join(folder.path, 'one'));
    const visits = await buildSet(world, ofViews([{ view: 'visits', as: 'visits' }]), join(folder.path, 'visits'));
    const joins = many.parts[0]?.joins ?? {};
    expect([joins['spend0']?.way, joins['visits']?.way]).toEqual(['lookup', 'merge']);
    const digestOf = ({ columns }: typeof many, wanted: string) => columns.find(({ name }) => name === wanted)?.digest;
    for (const { as } of copies) {
      expect(joins[as]).toEqual(one.parts[0]?.joins['spend']);
      for (const column of ['amount', 'note', 'event_timestamp'])
        expect(digestOf(many, `${as}__${column}`)).toBe(digestOf(one, `spend__${column}`));
    }
    expect(joins['visits']).toEqual(visits.parts[0]?.joins['visits']);
    expect(digestOf(many, 'visits__count')).toBe(digestOf(visits, 'visits__count'));
  });
});

describe('joinedPart', () => {
  test('writes the same rows in two sessions as in one', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    await storeVisits(world);
    const dataset = ofViews(['spend', 'visits'].map((name) => ({ view: name, as: name })));
    // More than one part: each is joined in one session.
    const parts = await buildSet(world, dataset, join(folder.path, 'parts'), { partRows: 500 });
    const alone = await buildSet(world, dataset, join(folder.path, 'alone'));
    expect([parts.parts.length, alone.parts.length, alone.rows]).toEqual([4, 1, 2_000]);
    expect(await rowsOf(join(folder.path, 'alone'), alone)).toEqual(await rowsOf(join(folder.path, 'parts'), parts));
    expect(alone.views.map(({ found }) => found)).toEqual(parts.views.map(({ found }) => found));
  });
});
