// validate --connect for files and MySQL, and a query without an end: what only the source, or a run, can find out.

import { beforeAll, describe, expect, test } from 'vitest';
import { freshMysql, mysqlDo } from '../../support/mysql.ts';
import { slowSuite } from '../../support/sample.ts';
import { CONFIG, type CommandWorld, openCommandWorld } from '../world.ts';

let world: CommandWorld;

beforeAll(async () => {
  const warehouse = await freshMysql();
  await mysqlDo(warehouse, 'create table orders (customer_id int, ordered_at datetime, amount double)');
  world = await openCommandWorld({
    'millrace.yaml': CONFIG.replace('sources:', `sources:\n  warehouse: { url: "\${WAREHOUSE_URL}", dialect: mysql }`),
    '.env': `WAREHOUSE_URL=${warehouse}\n`,
    'lake/sales/2026-01-01.csv': 'CustomerID,Quantity\n7,2\n',
    'lake/semicolons/2026-01-01.csv': 'CustomerID;Quantity\n7;2\n',
    'lake/users/2026-01-01.json': '{"user": {"id": 7}, "amount": 1.5}\n',
  });
});

const view = (source: string, rest: string, query: string) => `name: spend
entity: customer
source: ${source}
kind: ${source === 'lake' ? 'snapshot' : 'events'}
interval: 1d
start: 2026-01-01
end: 2026-01-02
type: float
${rest}query: |
  ${query}
`;

async function connected(definition: string): Promise<{ code: number | null; stderr: string }> {
  await world.write({ 'features/spend.yaml': definition });
  const { code, stderr } = await world.millrace('validate --connect');
  return { code, stderr };
}

const LAKE = '{{end}} as timestamp, 1.0 as value from files';
const SPAN = 'from orders where ordered_at >= {{start}} and ordered_at < {{end}}';

describe('validate --connect of a view over files', () => {
  test.each([
    [
      'a misspelt column, and lists those of the files',
      'files: "sales/{yyyy}-{MM}-{dd}.csv"\n',
      'select CustomerID as entity_id, {{end}} as timestamp, sum(Qty::double) as value from files group by 1',
      /SOURCE_(?:QUERY|SHAPE): .*Qty.*Quantity/,
    ],
    [
      'another delimiter, and names the key',
      'files: "semicolons/{yyyy}-{MM}-{dd}.csv"\n',
      `select CustomerID as entity_id, ${LAKE}`,
      /SOURCE_(?:QUERY|SHAPE): .*delimiter/,
    ],
    [
      'a member of an undeclared object, and names types',
      'files: "users/{yyyy}-{MM}-{dd}.json"\n',
      `select "user".id as entity_id, ${LAKE}`,
      /SOURCE_QUERY: .*write types: \{ user: json \} in the view\./,
    ],
  ])('refuses %s', async (_name, files, query, expected) => {
    const { code, stderr } = await connected(view('lake', files, query));
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringMatching(expected) });
    expect(stderr).toMatch(/^features\/spend\.yaml:\d+:\d+: /);
  });
});

describe('validate --connect of a view on MySQL', () => {
  const columns = 'customer_id as entity_id, ordered_at as timestamp, amount as value';

  test.each([
    [
      'a cast of Postgres',
      `select ${columns} from orders where ordered_at >= {{start}}::timestamp and ordered_at < {{end}}`,
      '::timestamp',
    ],
    ['a missing comma', `select customer_id as entity_id, ordered_at as timestamp amount as value ${SPAN}`, 'amount'],
    [
      'a misspelt column after a placeholder',
      `select ${columns} from orders where ordered_at >= {{start}} and ordered_at < {{end}} and amuont > 1`,
      'amuont',
    ],
    ['a misspelt table', `select ${columns} from ordres where ordered_at >= {{start}} and {{end}} > 0`, 'ordres'],
    [
      'a full outer join',
      `select o.${columns} from orders o full outer join orders p using (customer_id) where o.ordered_at >= {{start}} and o.ordered_at < {{end}}`,
      'full outer',
    ],
  ])('refuses %s at its place', async (_name, query, word) => {
    const { code, stderr } = await connected(view('warehouse', '', query));
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringContaining(`features/spend.yaml:10:${query.indexOf(word) + 3}: SOURCE_QUERY: `),
    });
  });

  test('accepts double quotes, which hold text there', async () => {
    const query = `select "a" as entity_id, ordered_at as timestamp, amount as value ${SPAN}`;
    expect(await connected(view('warehouse', '', query))).toMatchObject({ code: 0 });
  });
});

slowSuite('a query without an end', () => {
  const endless = view(
    'shop',
    'rows_max: 10000\n',
    // A cross join streams its rows, unlike one long generate_series, which Postgres completes before the first row.
    `select i || '-' || j as entity_id, {{start}} as timestamp, 1.0::float8 as value from generate_series(1, 1000000) i, generate_series(1, 1000000) j where {{end}} > {{start}}`,
  );

  test('is stopped by rows_max, in a preview and in a run', async () => {
    await world.write({ 'features/spend.yaml': endless });
    const preview = await world.millrace('preview spend');
    expect({ code: preview.code, stderr: preview.stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('spend returns more than 10000 rows (rows_max)'),
    });
    await world.millrace('run spend --here');
    const [run] = await world.database.query<{ error: object }>(
      'select error from millrace.run order by id desc limit 1',
    );
    expect(run?.error).toMatchObject({
      code: 'CHECK_FAILED',
      message: expect.stringMatching(/read more than 10000 rows \(rows_max\) and stopped: check the query/),
    });
  });
});
