// validate --connect and plan --connect: what only the source knows, with its place in the file.

import { beforeAll, describe, expect, test } from 'vitest';
import { type CommandWorld, openCommandWorld } from '../world.ts';

let world: CommandWorld;

beforeAll(async () => {
  world = await openCommandWorld();
  await world.database.run(
    'create table orders (id int, customer_id int, ordered_at timestamptz, amount numeric, lines int, price money)',
  );
  await world.database.run('create table customers (id int)');
});

const view = (query: string) => `name: spend
entity: customer
source: shop
kind: events
interval: 1d
start: 2026-01-01
type: float
query: |
  ${query.replaceAll('\n', '\n  ')}
`;

const SPAN = 'where ordered_at >= {{start}} and ordered_at < {{end}}';
const COLUMNS = 'customer_id as entity_id, ordered_at as timestamp, amount as value';

async function connected(query: string): Promise<{ code: number | null; stderr: string }> {
  await world.write({ 'features/spend.yaml': view(query) });
  const { code, stderr } = await world.millrace('validate --connect');
  return { code, stderr: stderr.replace(/source shop \(postgres:\S+\)/, 'source shop').trim() };
}

describe('validate --connect', () => {
  test.each([
    [
      'an unknown table',
      `select ${COLUMNS}\nfrom ordres ${SPAN}`,
      /^features\/spend\.yaml:10:8: SOURCE_QUERY: .*relation "ordres" does not exist.*Did you mean `orders`\?$/,
    ],
    [
      'a misspelt column',
      `select custmer_id as entity_id, ordered_at as timestamp, amount as value from orders ${SPAN}`,
      /:9:10: SOURCE_QUERY: .*column "custmer_id" does not exist.*"orders\.customer_id"/,
    ],
    [
      'an ambiguous column',
      `select id as entity_id, ordered_at as timestamp, amount as value from orders join customers on true ${SPAN}`,
      /:9:10: SOURCE_QUERY: .*column reference "id" is ambiguous/,
    ],
    [
      'an unknown type',
      `select customer_id as entity_id, ordered_at as timestamp, amount::flaot8 as value from orders ${SPAN}`,
      /:9:69: SOURCE_QUERY: .*type "flaot8" does not exist/,
    ],
    [
      'a function of another dialect',
      `select customer_id as entity_id, ordered_at as timestamp,\n date_diff('day', ordered_at, ordered_at) as value from orders ${SPAN}`,
      /:10:4: SOURCE_QUERY: .*function date_diff/,
    ],
    [
      'an operator that does not exist, after a placeholder',
      `select ${COLUMNS} from orders where ordered_at >= {{start}} - 30 and ordered_at < {{end}}`,
      /:9:119: SOURCE_QUERY: .*operator does not exist/,
    ],
    [
      'a missing group by',
      `select sum(amount) value, customer_id entity_id, max(ordered_at) as timestamp from orders ${SPAN}`,
      /:9:\d+: SOURCE_QUERY: .*must appear in the GROUP BY clause/,
    ],
    ['a star with other columns', `select * from orders ${SPAN}`, /:8:8: SOURCE_SHAPE: .*entity_id is missing/],
    [
      'a type that no feature has',
      `select customer_id as entity_id, ordered_at as timestamp, price as value from orders ${SPAN}`,
      /SOURCE_SHAPE: .*value is money.*cast/,
    ],
  ])('refuses %s', async (_name, query, expected) => {
    const { code, stderr } = await connected(query);
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringMatching(expected) });
  });

  test('accepts a valid query and reads no rows', async () => {
    expect((await connected(`select ${COLUMNS} from orders ${SPAN}`)).code).toBe(0);
    expect((await world.millrace('plan --connect')).code).toBe(0);
  });

  test('exits with 1 for a source that does not respond', async () => {
    const away = { SHOP_DATABASE_URL: 'postgres://reader@127.0.0.1:1/shop' };
    const { code, stderr } = await world.millrace('validate --connect', away);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/SOURCE_UNAVAILABLE/) });
  });

  test('reports the same with plan --connect --json', async () => {
    await world.write({ 'features/spend.yaml': view(`select ${COLUMNS} from ordres ${SPAN}`) });
    const { code, stdout } = await world.millrace('plan --connect --json');
    expect({ code, problems: JSON.parse(stdout).problems }).toMatchObject({
      code: 3,
      problems: [{ file: 'features/spend.yaml', line: 9 }],
    });
  });
});
