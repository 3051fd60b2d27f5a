// Half a year of a real shop, through the command line: from a CSV a day, and from a Postgres table of the same lines.

import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { epochMicrosOf } from '../../src/core/instant.ts';
import { loadDefinitions } from '../../src/definition/load.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import { readAsOf } from '../../src/offline/read-as-of.ts';
import type { Database } from '../../src/postgres/database.ts';
import { NO_COUNTS } from '../../src/state/run.ts';
import { CONFIG, type CommandWorld, openCommandWorld } from '../cli/world.ts';
import { publicData } from '../support/public-data.ts';
import { at, EPOCH } from '../support/views.ts';

const FOLDER = publicData('online-retail') ?? '';
const PATIENCE_MS = 240_000;
const DAYS = 182;
const LINES = 209_029;
const LINES_WITHOUT_CUSTOMER = 59_976;

const HALF_A_YEAR = `entity: customer
kind: snapshot
interval: 1d
start: 2010-12-01
end: 2011-06-01
type: decimal
`;

const FILES = `source: lake
files: "{yyyy}-{MM}-{dd}.csv"
on_missing: empty
types: { CustomerID: float, Quantity: int, UnitPrice: decimal }
`;

/** What each customer spent on a day on which there was any. */
const BASKET = `name: basket
${HALF_A_YEAR}${FILES}query: |
  select CustomerID as entity_id, sum(Quantity * UnitPrice) as value, {{end}} as timestamp
    from files where CustomerID is not null group by 1
`;

const BASKET_SQL = `name: basket_sql
${HALF_A_YEAR}source: shop
query: |
  select customer_id as entity_id, sum(quantity * unit_price) as value, {{end}} as timestamp
    from lines
   where invoice_date >= {{end}} - interval '1 day' and invoice_date < {{end}} and customer_id is not null
   group by 1
`;

/** The same again, with a row per line, so that lines without a customer are rows of their own: nothing filters them. */
const BASKET_LINES = `name: basket_lines
${HALF_A_YEAR}${FILES}query: |
  select CustomerID as entity_id, sum(Quantity * UnitPrice) over (partition by CustomerID) as value, {{end}} as timestamp
    from files
`;

const BASKET_TOLERANT = `${BASKET_LINES.replace('basket_lines', 'basket_tolerant')}refused_max: 100%\n`;

type Summary = { code: number | null; done: number; failed: number; counts: Record<string, unknown> };

/** Runs a command over views, and returns what its JSON says. */
async function summaryOf(world: CommandWorld, words: string): Promise<Summary> {
  const { code, stdout } = await world.millrace(`${words} --here --json`);
  const { done, failed, counts } = JSON.parse(stdout);
  return { code, done, failed, counts };
}

async function verified(world: CommandWorld, view: string): Promise<unknown> {
  const { stdout } = await world.millrace(`verify ${view} --json`);
  const [{ comparedOffline, comparedOnline, total }] = JSON.parse(stdout).views;
  return { comparedOffline, comparedOnline, total };
}

async function storedIn(database: Database, view: string): Promise<unknown> {
  const [row] = await database.query(`select count(*) as rows, sum(${view})::text as total from features.${view}`);
  return row;
}

/** How many rows one of two offline tables has that the other lacks. */
async function differing(database: Database, one: string, other: string): Promise<unknown> {
  const rows = (view: string) => `select entity_id, event_timestamp, ${view} as value from features.${view}`;
  const [row] = await database.query<{ rows: number }>(
    `select count(*) as rows from ((${rows(one)} except ${rows(other)}) union all (${rows(other)} except ${rows(one)})) d`,
  );
  return row?.rows;
}

async function loadLines(database: Database): Promise<void> {
  await database.run(
    `create table lines (invoice text, stock_code text, description text, quantity int, invoice_date timestamptz,
                         unit_price numeric, customer_id float8, country text)`,
  );
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.csv'));
  await database.session(async (session) => {
    for (const file of files) {
      const copy = session.copyIn('copy lines from stdin (format csv, header)');
      await pipeline(createReadStream(join(FOLDER, file)), copy);
    }
  });
}

async function definedView(world: CommandWorld, name: string): Promise<FeatureView> {
  const { views } = await loadDefinitions(world.folder, EPOCH);
  const found = views.find((view) => view.name === name);
  if (found === undefined) throw new Error(`there is no view ${name}`);
  return found;
}

const RESULT = { rows: 7_809, total: '3120488.091' };
const AGREES = { comparedOffline: 2_767, comparedOnline: 2_767, total: 0 };

/** Whose row is asked for, as of when, and what the customer had spent by then. */
const AS_OF = [
  ['17850', '2011-02-11T00:00Z', -102.58],
  ['12347', '2011-04-08T00:00Z', 636.25],
  ['12347', '2011-04-07T23:59:59.999Z', 475.39],
  ['12347', '2011-01-26T00:00Z', 711.79],
] as const;

const TWO_CUSTOMERS = (view: string) => ({
  asOf: AS_OF.map(([, , spent]) => spent),
  online: [
    { entityId: '17850', eventTime: '2011-02-11T00:00:00.000000Z', values: { [view]: '-102.58' } },
    { entityId: '12347', eventTime: '2011-04-08T00:00:00.000000Z', values: { [view]: '636.25' } },
  ],
});

describe.skipIf(FOLDER === '')('online-retail', () => {
  let world: CommandWorld;
  beforeAll(async () => {
    world = await openCommandWorld({
      'millrace.yaml': CONFIG.replace('file:./lake', `file:${FOLDER}`),
      'features/basket.yaml': BASKET,
      'features/basket_sql.yaml': BASKET_SQL,
      'features/basket_lines.yaml': BASKET_LINES,
      'features/basket_tolerant.yaml': BASKET_TOLERANT,
    });
    await loadLines(world.database);
    await world.millrace('migrate');
  }, PATIENCE_MS);

  /** What point-in-time reads and `get` say of two customers. */
  async function twoCustomers(view: string): Promise<unknown> {
    const asked = AS_OF.map(([entityId, moment]) => ({ entityId, at: epochMicrosOf(at(moment) * 1_000) }));
    const rows = await readAsOf(world.database, await definedView(world, view), asked);
    const { stdout } = await world.millrace(`get ${view} 17850 12347 --json`);
    return { asOf: rows.map((row) => Number(row?.values[view])), online: JSON.parse(stdout).entities };
  }

  test('comes out of the files to the penny, in both stores', { timeout: PATIENCE_MS }, async () => {
    const first = await summaryOf(world, 'run basket');
    expect(first).toMatchObject({ code: 0, done: DAYS, failed: 0, counts: { inserted: 7_809, refused: 0 } });
    expect(await storedIn(world.database, 'basket')).toEqual(RESULT);
    expect(await verified(world, 'basket')).toEqual(AGREES);
    expect(await twoCustomers('basket')).toEqual(TWO_CUSTOMERS('basket'));
  });

  test('comes out of Postgres the same', { timeout: PATIENCE_MS }, async () => {
    const first = await summaryOf(world, 'run basket_sql');
    expect(first).toMatchObject({ code: 0, done: DAYS, failed: 0, counts: { inserted: 7_809, refused: 0 } });
    expect(await storedIn(world.database, 'basket_sql')).toEqual(RESULT);
    expect(await differing(world.database, 'basket', 'basket_sql')).toBe(0);
    expect(await verified(world, 'basket_sql')).toEqual(AGREES);
    expect(await twoCustomers('basket_sql')).toEqual(TWO_CUSTOMERS('basket_sql'));
  });

  test('is not touched by a second time, which says so', { timeout: PATIENCE_MS }, async () => {
    const before = await world.database.query('select * from features.basket order by 1, 2');
    expect((await world.millrace('run basket --here')).stdout).toBe(
      'basket: nothing is due, and its time has ended (end: 2011-06-01).\n',
    );
    const again = await summaryOf(world, 'restate basket');
    const counts = { ...NO_COUNTS, read: 7_809, accepted: 7_809, unchanged: 7_809 };
    expect(again).toEqual({ code: 0, done: DAYS, failed: 0, counts });
    expect(await world.database.query('select * from features.basket order by 1, 2')).toEqual(before);
  });

  test('fails the check of each day with too many lines without a customer', { timeout: PATIENCE_MS }, async () => {
    const { code, done, failed } = await summaryOf(world, 'run basket_lines');
    expect({ code, done, failed }).toEqual({ code: 2, done: 65, failed: 117 });
    const [counted] = await world.database.query(
      `select sum((counts->>'read')::int) as read, sum((counts->>'refused')::int) as refused,
              sum((counts->'refusedBy'->>'entity_id_null')::int) as without_customer,
              count(*) filter (where error->>'code' = 'ROWS_REFUSED') as failed
         from millrace.run r join millrace.view v on v.id = r.view_id where v.name = 'basket_lines'`,
    );
    expect(counted).toEqual({
      read: LINES,
      refused: LINES_WITHOUT_CUSTOMER,
      without_customer: LINES_WITHOUT_CUSTOMER,
      failed: 117,
    });
    const [first] = await world.database.query(
      `select span::text, error->>'message' as message from millrace.run where state = 'failed' order by id limit 1`,
    );
    expect(first).toEqual({});
    const [kept] = await world.database.query(
      `select reason, detail, row from millrace.quarantine q where run_id = (select min(id) from millrace.run where state = 'failed') order by id limit 1`,
    );
    expect(kept).toEqual({});
    // Days that passed are stored; of the others nothing is.
    expect(await storedIn(world.database, 'basket_lines')).toEqual({});
  });

  test('lands the good rows of all days where a view takes any number of refused ones', {
    timeout: PATIENCE_MS,
  }, async () => {
    const all = await summaryOf(world, 'run basket_tolerant');
    expect(all).toEqual({
      code: 0,
      done: DAYS,
      failed: 0,
      counts: {
        ...NO_COUNTS,
        read: LINES,
        accepted: LINES - LINES_WITHOUT_CUSTOMER,
        refused: LINES_WITHOUT_CUSTOMER,
        refusedBy: { entity_id_null: LINES_WITHOUT_CUSTOMER },
        inserted: 7_809,
        duplicates: LINES - LINES_WITHOUT_CUSTOMER - 7_809,
      },
    });
    expect(await storedIn(world.database, 'basket_tolerant')).toEqual(RESULT);
    expect(await differing(world.database, 'basket', 'basket_tolerant')).toBe(0);
  });
});
