import { describe, expect, test } from 'vitest';
import { openCommandWorld } from '../world.ts';

const DECLARED = `name: orders
entity: customer
source: shop
kind: snapshot
interval: 1d
start: 2026-01-01
from: { table: orders, entity_id: customer_id, timestamp: ordered_at }
features: [{ name: orders_7d, type: int, aggregate: count, window: 7d }]
`;

describe('plan --sql', () => {
  test('prints the SQL of declared features in the dialect of their source', async () => {
    const world = await openCommandWorld({ 'features/orders.yaml': DECLARED });

    expect(await world.millrace('plan --sql')).toEqual({
      code: 0,
      stderr: '',
      stdout: `-- orders (postgres)
select
  t."customer_id" as "entity_id",
  {{end}} as "timestamp",
  count(1) as "orders_7d"
from "orders" as t
where t."ordered_at" >= {{end}} - interval '604800 seconds'
  and t."ordered_at" < {{end}}
group by t."customer_id"

`,
    });
    const { stdout } = await world.millrace('plan --sql --json');
    expect(JSON.parse(stdout)).toEqual({ sql: [{ view: 'orders', dialect: 'postgres', sql: expect.any(String) }] });
  });

  test('says so if no view declares features', async () => {
    const world = await openCommandWorld();

    expect((await world.millrace('plan --sql')).stdout).toBe(
      'No view has `from` or `pivot`, so there is no generated SQL to show.\n',
    );
  });
});
