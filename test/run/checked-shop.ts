// A shop whose orders are checked, and runs over its days.

import type { Check } from '../../src/definition/check.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import type { CheckOutcome } from '../../src/quality/outcome.ts';
import { at, feature, view } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';

export const ORDERS = view({
  name: 'orders',
  kind: 'events',
  start: at('2026-01-01'),
  end: at('2026-03-01'),
  features: [feature('order_id', 'int'), feature('amount', 'float'), feature('country', 'string', { nullable: true })],
  query: `select entity_id, ordered_at as timestamp, order_id, amount, country from orders
           where ordered_at >= {{start}} and ordered_at < {{end}}`,
});

export const POSITIVE = {
  kind: 'row',
  expression: 'amount > 0',
  onFailure: 'fail',
  atLeast: 1,
} as const satisfies Check;

/** 200 orders a day: amounts 1 to 200. */
export async function openShop(checks: readonly Check[], extra: Partial<FeatureView> = {}): Promise<World> {
  const world = await openWorld();
  await world.sql(
    `create table orders as
     select 'c' || i % 50 as entity_id, day + i * interval '5 min' as ordered_at,
            (extract(epoch from day) / 100 + i)::bigint as order_id, i::float8 as amount, 'GB' as country
       from generate_series(1, 200) i, generate_series('2026-01-01'::timestamptz, '2026-02-28', '1 day') day`,
  );
  await world.apply({ ...ORDERS, ...extra, checks });
  return world;
}

/** Performs one run for each day of the range; returns their outcomes. */
export async function runDays(world: World, from: string, to: string): Promise<string[]> {
  const ended: string[] = [];
  for (let day = at(from); day < at(to); day = at(new Date(day + 86_400_000).toISOString())) {
    const span = `[${new Date(day).toISOString()}, ${new Date(day + 86_400_000).toISOString()})`;
    const [run] = await world.sql(
      `insert into millrace.run (view_id, span, reason, fingerprint, options)
       select id, $1::tstzrange, 'manual', data_fingerprint, '{"attempts": 1, "backoffMs": 1, "backoffMaxMs": 1, "timeoutMs": 60000, "priority": 5, "allowRemovals": false}'
         from millrace.view returning id`,
      [span],
    );
    const outcome = await world.perform(Number(run?.['id']));
    ended.push(outcome.kind);
  }
  return ended;
}

export type Ended = {
  readonly state: string;
  readonly error: { readonly code: string; readonly message: string } | null;
};

export async function newest(world: World): Promise<Ended & { readonly checks: readonly CheckOutcome[] }> {
  const [run] = await world.sql('select state, error, checks from millrace.run order by id desc limit 1');
  return run as Ended & { readonly checks: readonly CheckOutcome[] }; // the columns of the query
}

export const one = { end: at('2026-01-02') };
