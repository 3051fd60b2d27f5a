// Commands for a view with a table from another source.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { CONFIG, type CommandWorld, openCommandWorld } from '../cli/world.ts';

const ORDERS = `name: orders
entity: order
source: lake
kind: events
interval: 1d
start: 2026-01-01
end: 2026-01-02
tables:
  orders: { files: "{yyyy}-{MM}-{dd}.csv", types: { at: timestamp } }
  customers:
    source: shop
    query: select name, tier from crm where since < {{end}}
features:
  - { name: tier, type: string, nullable: true }
query: |
  select o.id as entity_id, o.at as timestamp, c.tier
    from orders o left join customers c on c.name = o.customer
`;

const TEST = `view: orders
span: [2026-01-01, 2026-01-02]
given:
  orders:
    - { id: "1", at: 2026-01-01T10:00:00Z, customer: ann }
  crm:
    - { name: ann, tier: gold, since: 2026-01-01T00:00:00Z }
    - { name: ann, tier: lead, since: 2026-01-02T00:00:00Z }
expect:
  rows:
    - { entity_id: "1", timestamp: 2026-01-01T10:00:00Z, tier: gold }
`;

let world: CommandWorld;

beforeAll(async () => {
  world = await openCommandWorld({
    'millrace.yaml': CONFIG.replace('URL}" }\n  lake', 'URL}", dialect: postgres }\n  lake'),
    'features/spend.yaml': ORDERS,
    'jobs/nightly.yaml': 'name: nightly\ncron: "0 2 * * *"\nviews: [orders]\n',
    'tests/orders.yaml': TEST,
  });
  await world.database.run('create table crm (name text, tier text, since timestamptz)');
  await world.database.run("insert into crm values ('ann', 'gold', '2026-01-01Z')");
  await mkdir(join(world.folder, 'lake'));
  await writeFile(join(world.folder, 'lake/2026-01-01.csv'), 'id,at,customer\n1,2026-01-01T10:00:00Z,ann\n');
});

const written = async (text: string) => {
  await world.write({ 'features/spend.yaml': text });
  return world;
};

test.each([
  [
    'source: shop\n    query',
    'source: shpo\n    query',
    "11:13: `tables.customers.source`: 'shpo' is not under `sources` in millrace.yaml; did you mean `shop`?",
  ],
  [
    'source: shop\n    query',
    'source: lake\n    query',
    "11:13: `tables.customers.source`: 'lake' (file:) is not a database",
  ],
  [
    'source: shop\n    query',
    'query',
    '`tables.customers.source` is missing; expected the name of the database that the query reads',
  ],
  ['from crm where', 'frm crm where', '12:34: `tables.customers.query`: syntax error'],
  ['{{end}}', '{{stop}}', '12:53: `tables.customers.query`: unknown placeholder {{stop}}'],
  [
    '    source: shop\n',
    '    source: shop\n    format: csv\n',
    '12:5: `tables.customers.format`: cannot be combined with `query`',
  ],
  [
    '  orders: { files: "{yyyy}-{MM}-{dd}.csv", types: { at: timestamp } }\n',
    '',
    '`tables`: expected at least one table of `files`',
  ],
  [
    '  orders: { files: "{yyyy}-{MM}-{dd}.csv", types: { at: timestamp } }\n',
    '  orders: { format: csv }\n',
    '`tables.orders.files` is missing',
  ],
])('validate places a mistake: %j → %j', async (from, to, message) => {
  const { code, stderr } = await (await written(ORDERS.replace(from, to))).millrace('validate');

  expect([code, stderr]).toEqual([3, expect.stringContaining(message)]);
});

test('validate --connect describes both sources', async () => {
  expect((await (await written(ORDERS)).millrace('validate --connect')).code).toBe(0);
  const { stderr } = await (await written(ORDERS.replace('from crm', 'from cmr'))).millrace('validate --connect');

  expect(stderr).toMatch(/features\/spend\.yaml:.*SOURCE_QUERY: View orders: source shop .*"cmr" does not exist/);
});

test('test runs both queries over given rows', async () => {
  const { code, stdout, stderr } = await (await written(ORDERS)).millrace('test');
  expect([code, stdout, stderr]).toEqual([0, expect.stringContaining('1 test passed'), '']);
});

test('test --record explains that it cannot', async () => {
  const { stderr } = await (await written(ORDERS)).millrace('test --record orders --from 2026-01-01');
  expect(stderr).toContain('a table from another source');
});

test('preview and run read both sources', async () => {
  const { stdout } = await (await written(ORDERS)).millrace('preview orders --json');
  expect(stdout).toContain('gold');

  await world.millrace('run orders --here');
  expect(await world.database.query('select entity_id, tier from features.orders')).toEqual([
    { entity_id: '1', tier: 'gold' },
  ]);
});

test('apply asks what an edited query of a table means for stored rows', async () => {
  await (await written(ORDERS)).millrace('apply');
  const { stdout, stderr } = await (
    await written(ORDERS.replace('from crm where', 'from crm where true and'))
  ).millrace('plan');

  expect(stdout + stderr).toContain('orders');
  expect(stdout + stderr).toContain('true and');
});
