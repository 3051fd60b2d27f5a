import { describe, expect, test } from 'vitest';
import { silentLog } from '../../../src/core/log.ts';
import type { Feature, FeatureView } from '../../../src/definition/view.ts';
import { readOnline } from '../../../src/online/read.ts';
import { repairOnline } from '../../../src/online/repair.ts';
import { applyEdit, type EditMeaning } from '../../../src/state/views/edit.ts';
import { renamedFeature } from '../../../src/state/views/renamed.ts';
import { feature, fingerprinted, view } from '../../support/views.ts';
import { openWorld, type World, type WorldOptions } from '../../support/world.ts';

const NEVER = new AbortController().signal;

/** A view without `features`, whose only feature is named like the view. */
const PLAIN = feature('spend', 'float', { column: 'value' });

function spend(...features: readonly Feature[]): FeatureView {
  const columns = features.map(({ column }) => `, ${column}`).join('');
  return view({ features, query: `select entity_id, {{end}} as timestamp${columns} from spend` });
}

const LISTED = spend(feature('value', 'float'));

async function spendWorld(options: WorldOptions = {}): Promise<World> {
  const world = await openWorld(options);
  await world.sql('create table spend (entity_id text, value float8, visits int)');
  await world.sql(`insert into spend values ('ada', 1.5, 7)`);
  await world.apply(spend(PLAIN));
  return world;
}

async function edit(world: World, defined: FeatureView, meaning: EditMeaning): Promise<void> {
  await world.apply(defined);
  await applyEdit(world.app.database, fingerprinted(defined), meaning);
}

function stored(world: World): Promise<Record<string, unknown>[]> {
  return world.sql(
    `select to_jsonb(s) - 'run_id' - 'event_timestamp' as row from features.spend s order by event_timestamp`,
  );
}

describe('renameFeature', () => {
  test('keeps the values of a column in both stores when the view lists it under its name, and back', async () => {
    await using world = await spendWorld();
    await world.materialize('spend');
    await world.apply(LISTED);
    await repairOnline({ ...world.app.publisher, log: silentLog }, NEVER);
    expect(await stored(world)).toEqual([
      { row: { entity_id: 'ada', value: 1.5 } },
      { row: { entity_id: 'ada', value: 1.5 } },
    ]);
    const online = await readOnline(world.app.online, [LISTED], ['ada']);
    expect(online.get('ada')?.['spend']?.values).toEqual({ value: 1.5 });
    await world.apply(spend(PLAIN));
    expect(await stored(world)).toEqual([
      { row: { entity_id: 'ada', spend: 1.5 } },
      { row: { entity_id: 'ada', spend: 1.5 } },
    ]);
  });

  test('keeps them if an edit changes the type as well, and the column of an earlier feature', async () => {
    await using world = await spendWorld();
    await world.apply(spend(feature('value', 'float'), feature('visits', 'int')));
    await world.materialize('spend');
    await edit(world, spend(PLAIN), 'equivalent');
    await world.sql('alter table features.spend add column value text');
    await edit(world, spend(feature('value', 'decimal'), feature('visits', 'int')), 'equivalent');
    const row = { entity_id: 'ada', spend: null, value: 1.5, visits: 7 };
    expect(await stored(world)).toEqual([{ row }, { row }]);
    await world.materialize('spend');
    expect(await stored(world)).toEqual([{ row }, { row }]);
  });

  test('supersedes a run that was about to store the values under the old name', async () => {
    let world: World | null = null;
    let commits = 0;
    await using opened = await spendWorld({
      changeStages: (stages) =>
        stages.map((stage) => ({
          name: stage.name,
          perform: async (run, signal) => {
            if (stage.name === 'commit' && ++commits === 1) await world?.apply(LISTED);
            return stage.perform(run, signal);
          },
        })),
    });
    world = opened;
    await world.materialize('spend');
    await world.materialize('spend');
    expect(await stored(world)).toEqual([
      { row: { entity_id: 'ada', value: 1.5 } },
      { row: { entity_id: 'ada', value: 1.5 } },
    ]);
    expect(await world.sql('select state, count(*)::int as runs from millrace.run group by 1 order by 1')).toEqual([
      { state: 'done', runs: 2 },
      { state: 'superseded', runs: 2 },
    ]);
  });
});

describe('renamedFeature', () => {
  test('is a feature of the same column with another name', () => {
    const value = feature('value', 'float');
    expect(renamedFeature(spend(PLAIN), spend(feature('visits', 'int'), value))).toEqual({
      from: 'spend',
      to: 'value',
    });
    expect(renamedFeature(spend(PLAIN), spend(PLAIN))).toBeNull();
    expect(renamedFeature(spend(value), spend(feature('visits', 'int')))).toBeNull();
  });
});
