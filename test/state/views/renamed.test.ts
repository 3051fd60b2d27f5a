import { describe, expect, test } from 'vitest';
import { silentLog } from '../../../src/core/log.ts';
import type { Feature, FeatureView } from '../../../src/definition/view.ts';
import { beginSnapshot, endSnapshot } from '../../../src/offline/newest.ts';
import { readOnline } from '../../../src/online/read.ts';
import { repairOnline } from '../../../src/online/repair.ts';
import { applyEdit, type EditMeaning } from '../../../src/state/views/edit.ts';
import { renamedFeature } from '../../../src/state/views/renamed.ts';
import { until } from '../../support/until.ts';
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

describe('supersedeRenamed', () => {
  test('keeps the leases of runs while the table is read, and ends none of commit, publish and edit in a deadlock', async () => {
    const [reached, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let held = 0;
    await using world = await spendWorld({
      settings: { leaseMs: 3_000 },
      changeStages: (stages) =>
        stages.map((stage) => ({
          name: stage.name,
          perform: async (run, signal) => {
            if (stage.name === 'commit' && run.id === held) {
              reached.resolve();
              await go.promise;
            }
            return stage.perform(run, signal);
          },
        })),
    });
    const [first = 0, second = 0] = await world.plan('spend');
    held = second;
    await world.perform(first);
    const performing = world.perform(second);
    await reached.promise;

    // As a publish reads the rows of its view.
    await using reader = await world.app.database.reserve();
    await beginSnapshot(reader.session, spend(PLAIN), { sameColumns: null });
    const editing = world.apply(LISTED);
    const isWaiting = async (event: string) => {
      const found = await world.sql(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and wait_event = $1`,
        [event],
      );
      return found.length > 0;
    };
    await until(() => isWaiting('relation'));
    const leaseOf = async () => {
      const [row] = await world.sql('select lease_until from millrace.run where id = $1', [second]);
      return Number(new Date(String(row?.['lease_until'])));
    };
    const before = await leaseOf();
    await until(async () => (await leaseOf()) > before);
    go.resolve();
    // The commit waits for the coverage, which the edit has locked.
    await until(() => isWaiting('transactionid'));
    const renewed = await leaseOf();
    await until(async () => (await leaseOf()) > renewed);
    expect(await reader.session.query('select spend from features.spend')).toEqual([{ spend: '1.5' }]);
    await endSnapshot(reader.session);
    await editing;
    // Its lease is over only now, because the edit has superseded it.
    expect(await performing).toEqual({ kind: 'interrupted', why: 'lease_lost' });
    expect(await world.sql('select state from millrace.run where id = $1', [second])).toEqual([
      { state: 'superseded' },
    ]);

    expect((await world.materialize('spend')).map(({ kind }) => kind)).toEqual(['completed']);
    const row = { entity_id: 'ada', value: 1.5 };
    expect(await stored(world)).toEqual([{ row }, { row }]);
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
