// While an edited view is read again, readers see either the old or the new rows of each span, complete.

import { expect, test } from 'vitest';
import type { FeatureView } from '../../../src/definition/view.ts';
import { readOnline } from '../../../src/online/read.ts';
import { applyEdit } from '../../../src/state/views/edit.ts';
import { at, feature, fingerprinted, view } from '../../support/views.ts';
import { openWorld, type World } from '../../support/world.ts';

const UNITS = 24;
const ENTITIES = 20;

/** Two features with the version of the definition that made the row. */
function versioned(factor: number): FeatureView {
  return view({
    end: at('2026-01-25'),
    features: [feature('once', 'int'), feature('tenfold', 'int')],
    query: `select entity_id, (value * ${factor})::int8 as once, (value * ${factor * 10})::int8 as tenfold, {{end}} as timestamp from spend`,
  });
}

/** Offline: the rows and versions of each span, without duplicates. */
async function offlineKinds({ sql }: World): Promise<unknown[]> {
  return sql(
    `select distinct count(*)::int as rows, count(distinct once)::int as versions, bool_and(tenfold = once * 10) as whole
       from features.spend group by event_timestamp`,
  );
}

/** Online: problems with the entities' values. */
async function onlineFaults({ app }: World): Promise<string[]> {
  const ids = Array.from({ length: ENTITIES }, (_, index) => `c${index + 1}`);
  const found = await readOnline(app.online, [versioned(1)], ids);
  return ids.flatMap((id) => {
    const { once, tenfold } = found.get(id)?.['spend']?.values ?? {};
    const isWhole = (once === 1n || once === 2n) && tenfold === once * 10n;
    return isWhole ? [] : [`${id}: ${once} ${tenfold}`];
  });
}

test('restating an edited view shows readers the old or the new rows of a span, never none or both', async () => {
  await using world = await openWorld();
  await world.sql(
    `create table spend as select 'c' || i as entity_id, 1 as value from generate_series(1, ${ENTITIES}) i`,
  );
  await world.apply(versioned(1));
  await world.materialize('spend');
  const seen = new Set<string>();
  let isOver = false;
  const reading = (async () => {
    let polls = 0;
    for (; !isOver; polls += 1) {
      for (const kind of await offlineKinds(world)) seen.add(JSON.stringify(kind));
      for (const fault of await onlineFaults(world)) seen.add(fault);
    }
    return polls;
  })();
  await world.apply(versioned(2));
  await applyEdit(world.app.database, fingerprinted(versioned(2)), 'restate');
  const runs = await world.plan('spend');
  await Promise.all(
    [0, 1].map(async (half) => {
      for (const run of runs.filter((_, index) => index % 2 === half)) await world.perform(run);
    }),
  );
  isOver = true;
  expect(await reading).toBeGreaterThan(20);
  expect(runs).toHaveLength(UNITS);
  expect([...seen]).toEqual([JSON.stringify({ rows: ENTITIES, versions: 1, whole: true })]);
  expect(await world.sql('select distinct once::int as once from features.spend')).toEqual([{ once: 2 }]);
});
