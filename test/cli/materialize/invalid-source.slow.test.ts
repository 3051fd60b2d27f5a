import { expect, test } from 'vitest';
import { openCommandWorld } from '../world.ts';

const BASKET = `name: basket
entity: customer
source: lake
kind: snapshot
interval: 1d
start: 2026-01-01
end: 2026-01-02
files: "{yyyy}-{MM}-{dd}.csv"
types: { value: float }
type: float
query: select entity_id, value, {{end}} as timestamp from files
`;

test('run · an invalid URL of one source does not stop the views of other sources', async () => {
  const world = await openCommandWorld();
  await world.write({ 'features/basket.yaml': BASKET, 'lake/2026-01-01.csv': 'entity_id,value\nada,1.5\n' });
  const invalid = { SHOP_DATABASE_URL: 'postgres://reader:hunter2@db.example/shop?ssl_mode=require' };

  const other = await world.millrace('run basket --here', invalid);
  expect([other.code, other.stderr]).toEqual([0, '']);

  const own = await world.millrace('run spend --here --json', invalid);
  expect(own.code).not.toBe(0);
  expect(`${own.stdout}${own.stderr}`).toMatch(
    /Source shop cannot be used: source shop \(postgres:\/\/db\.example\/shop\): its URL has the unknown parameter/,
  );
  expect(`${own.stdout}${own.stderr}`).not.toContain('hunter2');
});
