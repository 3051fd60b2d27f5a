// A small shop with one view and labels, for tests of builds.

import type { Dataset } from '../../src/definition/dataset.ts';
import { at, feature, view } from '../support/views.ts';
import type { World } from '../support/world.ts';

const DAY = 86_400_000;

/** Daily spend of 50 customers over 20 days, all covered. */
export const SPEND = view({
  name: 'spend',
  kind: 'snapshot',
  unitMs: DAY,
  start: at('2026-01-01'),
  end: at('2026-01-21'),
  features: [feature('amount', 'float'), feature('note', 'string')],
});

/** Labels each half day of the 20 days for each of the customers: 2,000. */
export const CHURN: Dataset = {
  name: 'churn',
  description: '',
  labels: {
    kind: 'query',
    source: 'shop',
    query: 'select entity_id, at as timestamp, churned from churn where at >= {{start}} and at < {{end}}',
  },
  start: at('2026-01-01'),
  end: at('2026-01-21'),
  views: [{ view: 'spend', as: 'spend', features: null, ageMaxMs: null, entityColumn: 'entity_id' }],
  delayMs: 0,
  coverage: 'required',
  format: 'parquet',
  partition: null,
  split: null,
};

export async function storeShop(world: World, spend = SPEND): Promise<void> {
  await world.apply(spend);
  await world.sql(
    `insert into features.spend select 'c' || e, timestamptz '2026-01-01' + d * interval '1 day', e * d / 7.0, 'note ' || e, 1
       from generate_series(1, 50) e, generate_series(1, 20) d`,
  );
  await world.sql(`update millrace.coverage set covered = '{[2026-01-01,2026-01-21)}'`);
  await world.sql(
    `create table churn as select 'c' || e as entity_id, timestamptz '2026-01-01 06:00' + d * interval '12 hours' as at, (e + d) % 3 = 0 as churned
       from generate_series(1, 50) e, generate_series(0, 39) d`,
  );
}
