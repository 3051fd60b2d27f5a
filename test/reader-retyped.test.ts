// Readers that hold the definition of a view from before an edit that changed the type of a feature.

import { describe, expect, test } from 'vitest';
import type { FeatureView } from '../src/definition/view.ts';
import { openReader } from '../src/index.ts';
import { applyEdit } from '../src/state/views/edit.ts';
import { openApiWorld } from './api/world.ts';
import { freshRedis, migratedDatabase } from './support/servers.ts';
import { feature, fingerprinted, view } from './support/views.ts';
import type { World } from './support/world.ts';

const spend = (type: 'int' | 'float', value: string): FeatureView =>
  view({
    features: [feature('spend', type, { column: 'value' })],
    query: `select 'ada' as entity_id, ${value} as value, {{end}} as timestamp`,
  });

async function edit(world: World): Promise<void> {
  await applyEdit(world.app.database, fingerprinted(spend('float', '1.5::float8')), 'restate');
  await world.materialize('spend');
}

describe('an edit of a type', () => {
  test('is noticed by readers and by the API', async () => {
    const [database, online] = [await migratedDatabase(), await freshRedis('online')];
    await using world = await openApiWorld({ database, online });
    await using reader = openReader({ offlineUrl: database, onlineUrl: online });
    const pairs = [{ entityId: 'ada', at: new Date('2026-02-01') }];
    const read = async () => [
      (await reader.readOnline(['spend'], ['ada'])).get('ada')?.['spend']?.values,
      (await reader.readAsOf('spend', pairs))[0]?.values,
    ];
    const ask = async () => {
      const { status, body } = await world.ask('/api/v1/views/spend/entities/ada');
      return [status, body.features?.spend.value ?? body];
    };
    await world.apply(spend('int', '1'));
    await world.materialize('spend');
    expect([await read(), await ask()]).toEqual([
      [{ spend: 1n }, { spend: 1n }],
      [200, 1],
    ]);
    await edit(world);
    expect(await ask()).toEqual([200, 1.5]);
    expect(await read()).toEqual([{ spend: 1.5 }, { spend: 1.5 }]);
  });
});
