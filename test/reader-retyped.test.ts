// Readers that hold the definition of a view from before an edit that changed the type of a feature.

import { describe, expect, test } from 'vitest';
import type { FeatureView } from '../src/definition/view.ts';
import type { FeatureType, FeatureValue } from '../src/feature-types/index.ts';
import { openReader, type Reader } from '../src/index.ts';
import { applyEdit } from '../src/state/views/edit.ts';
import { type ApiWorld, openApiWorld } from './api/world.ts';
import { freshRedis, migratedDatabase } from './support/servers.ts';
import { feature, fingerprinted, view } from './support/views.ts';

/** A feature: its type, the SQL of its value, and the value as the library and the API return it. */
type Written = {
  readonly type: FeatureType;
  readonly sql: string;
  readonly value: FeatureValue;
  readonly json: unknown;
};

const INT: Written = { type: 'int', sql: '1', value: 1n, json: 1 };
const FLOAT: Written = { type: 'float', sql: '1.5::float8', value: 1.5, json: 1.5 };
const BOOL: Written = { type: 'bool', sql: 'true', value: true, json: true };
const STRING: Written = { type: 'string', sql: `'high'`, value: 'high', json: 'high' };

const AT = '2026-02-01T00:00:00Z';

// Each store is tested separately: a reader that has noticed the edit in one of them knows it in the other.
const STORES = {
  online: {
    library: async (reader: Reader) =>
      (await reader.readOnline(['spend'], ['ada'])).get('ada')?.['spend']?.values['spend'],
    api: async (world: ApiWorld) => {
      const { body } = await world.ask('/api/v1/views/spend/entities/ada');
      return body.features?.spend.value ?? body;
    },
  },
  offline: {
    library: async (reader: Reader) =>
      (await reader.readAsOf('spend', [{ entityId: 'ada', at: new Date(AT) }]))[0]?.values['spend'],
    api: async (world: ApiWorld) => {
      const pairs = [{ entity_id: 'ada', at: AT }];
      const { body } = await world.ask('/api/v1/as-of', { body: { features: ['spend'], pairs } });
      return body.rows?.[0].features.spend.value ?? body;
    },
  },
};

type Edit = { readonly store: keyof typeof STORES; readonly before: Written; readonly after: Written };

const EDITS: readonly Edit[] = [
  { store: 'online', before: INT, after: FLOAT },
  { store: 'offline', before: INT, after: FLOAT },
  { store: 'offline', before: FLOAT, after: STRING },
  { store: 'offline', before: BOOL, after: STRING },
];

const spend = ({ type, sql }: Written): FeatureView =>
  view({
    features: [feature('spend', type, { column: 'value' })],
    query: `select 'ada' as entity_id, ${sql} as value, {{end}} as timestamp`,
  });

describe('an edit of a type', () => {
  test.each(EDITS)(
    'from $before.type to $after.type is noticed by reads of the $store store',
    async ({ store, before, after }) => {
      const [database, online] = [await migratedDatabase(), await freshRedis('online')];
      await using world = await openApiWorld({ database, online });
      await using reader = openReader({ offlineUrl: database, onlineUrl: online });
      const { library, api } = STORES[store];
      const read = async () => ({ library: await library(reader), api: await api(world) });
      await world.apply(spend(before));
      await world.materialize('spend');
      expect(await read()).toEqual({ library: before.value, api: before.json });
      await applyEdit(world.app.database, fingerprinted(spend(after)), 'restate');
      await world.materialize('spend');
      expect(await read()).toEqual({ library: after.value, api: after.json });
    },
  );
});
