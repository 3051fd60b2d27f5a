// Views over a database of another kind, `legacy`, from its rows to both stores.

import { expect } from 'vitest';
import { verifyView } from '../../src/online/verify.ts';
import { type ExactRow, exactExtraction } from '../sources/exact-values.ts';
import { calm } from '../sources/reading.ts';
import { at, feature, view } from '../support/views.ts';
import type { World } from '../support/world.ts';

/** Stores the exact values, and expects all of them in both stores. */
export async function storeExactValues(world: World, rows: readonly ExactRow[]): Promise<void> {
  const { features, query } = exactExtraction({ table: 'exact_values', view: {} }).view;
  const days = { start: at('2026-01-31'), end: at('2026-02-01') };
  const exact = view({ name: 'exact', source: 'legacy', kind: 'events', ...days, features, query });
  await world.apply(exact);

  const [outcome] = await world.materialize('exact');

  expect(outcome).toMatchObject({ kind: 'completed', value: { counts: { inserted: rows.length, refused: 0 } } });
  const { database, online: store } = world.app;
  const verified = await verifyView({ database, online: store, view: exact, signal: calm });
  expect(verified).toMatchObject({ comparedOffline: rows.length, total: 0 });
}

/** Rows of `orders` (customer, ordered_at, amount), as an insert has them. */
export const ORDERS = `('ada', '2026-01-01 00:00:00', 1.50), ('ada', '2026-01-01 23:59:59.999999', 2.25),
  ('bob', '2026-01-02 00:00:00', 3), ('Łódź', '2026-01-02 12:00:00', 0.10)`;

/** The amount of each customer's orders of a day. */
export const SPEND = view({
  source: 'legacy',
  features: [feature('spend', 'decimal', { column: 'value' })],
  query: `select customer as entity_id, sum(amount) as value, {{end}} as timestamp from orders
    where ordered_at >= {{end}} - interval 1 day and ordered_at < {{end}} group by customer`,
});

export function storedSpend(world: World): Promise<Record<string, unknown>[]> {
  return world.sql('select entity_id, event_timestamp::text as at, spend::text from features.spend order by 2, 1');
}
