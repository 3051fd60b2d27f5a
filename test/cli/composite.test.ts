import { beforeAll, describe, expect, test } from 'vitest';
import { type CommandWorld, openCommandWorld } from './world.ts';

const PAIRS = `name: pairs
entity: [customer, product]
source: shop
kind: events
interval: 1d
start: 2026-01-01
end: 2026-01-02
refused_max: 100%
features:
  - { name: n, type: int }
query: |
  select customer as customer_id, product as product_id, at as timestamp, n
    from pairs where at >= {{start}} and at < {{end}}
`;

const TEST = `view: pairs
given:
  pairs:
    - { customer: a|b, product: "", at: 2026-01-01T01:00:00Z, n: 1 }
    - { customer: a, product: ~, at: 2026-01-01T01:00:00Z, n: 2 }
types: { pairs: { customer: text, product: text, at: timestamptz, n: int } }
span: [2026-01-01, 2026-01-02]
expect:
  rows:
    - { customer_id: a|b, product_id: "", n: 1 }
  refused:
    - { reason: entity_id_part_null, customer_id: a }
`;

let world: CommandWorld;

beforeAll(async () => {
  world = await openCommandWorld();
  await world.write({ 'features/pairs.yaml': PAIRS, 'tests/pairs.yaml': TEST });
  await world.database.run('create table pairs (customer text, product text, at timestamptz, n int)');
  await world.database.run(
    `insert into pairs values ('a|b', '3', '2026-01-01 01:00Z', 7), ('17', '', '2026-01-01 01:00Z', 8), ('17', null, '2026-01-01 01:00Z', 9)`,
  );
});

const json = async (words: string) => JSON.parse((await world.millrace(`${words} --json`)).stdout);

describe('commands with a composite entity', () => {
  test('test expects rows by their parts', async () => {
    expect(await world.millrace('test pairs')).toMatchObject({ code: 0 });
  });

  test('preview lists rows by their parts, and those of one entity', async () => {
    const { stdout } = await world.millrace('preview pairs --from 2026-01-01');
    expect(stdout).toMatch(/customer_id +product_id +timestamp +n/);
    expect(stdout).toMatch(/CUSTOMER +PRODUCT +WHY/);
    const { runs } = await json('preview pairs --from 2026-01-01 --entity product=3 --entity customer=a|b');
    expect(runs[0].rows).toMatchObject([{ entity_id: 'a\\|b|3', customer_id: 'a|b', product_id: '3', n: '7' }]);
  });

  test('get, verify and quarantine take and show parts', async () => {
    expect((await world.millrace('run pairs --here')).code).toBe(0);
    const { stdout } = await world.millrace(
      'get pairs customer=a|b product=3 product= customer=17 customer=x product=y',
    );
    expect(stdout).toMatch(/CUSTOMER +PRODUCT +EVENT TIME +AGE +n/);
    expect(stdout).toMatch(/a\|b +3 +2026/);
    expect(stdout).toContain(
      'pairs has no row for customer x, product y in the online store, or the row has expired (ttl).',
    );
    expect(await json('get pairs 17|')).toMatchObject({
      entities: [{ entityId: '17|', parts: { customer: '17', product: '' }, values: { n: 8 } }],
    });
    expect(await json('quarantine pairs')).toMatchObject({
      groups: [{ reason: 'entity_id_part_null', field: 'product_id' }],
      rows: [{ row: { customer_id: '17', product_id: null } }],
    });
    await world.database.run(
      `insert into features.pairs (entity_id, event_timestamp, n, run_id) values ('z|', '2026-01-01 02:00Z', 1, 1)`,
    );
    expect((await world.millrace('verify pairs')).stdout).toContain('missing  customer z, product ""');
    expect((await json('verify pairs')).views[0].differences).toMatchObject([
      { parts: { customer: 'z', product: '' } },
    ]);
  });

  test.each([
    ['customer=17', 'Missing product: an entity of pairs must be written as customer=… product=….'],
    ['customer=17 customer=18', 'Missing product: an entity of pairs must be written as customer=… product=….'],
    ['17', '"17" is not an entity of pairs: expected customer=… product=….'],
  ])('get refuses %s', async (entity, message) => {
    const { code, stderr } = await world.millrace(`get pairs ${entity}`);
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining(message) });
  });

  test('types has the parts', async () => {
    expect((await world.millrace('types')).stdout).toContain("entity: readonly ['customer', 'product'];");
  });
});
