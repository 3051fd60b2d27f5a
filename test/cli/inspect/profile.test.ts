// The output of `profile`, on a project that was materialized.

import { describe, expect, test } from 'vitest';
import { slowTest } from '../../support/sample.ts';
import { type CommandWorld, openCommandWorld } from '../world.ts';

const ORDERS = `name: orders
entity: customer
source: shop
kind: snapshot
interval: 1d
start: 2026-01-01
end: 2026-01-03
features:
  - { name: amount, type: float }
  - { name: country, type: string, nullable: true }
query: select entity_id, {{end}} as timestamp, amount, country from orders
`;

async function openShop(view = ORDERS): Promise<CommandWorld> {
  const world = await openCommandWorld({ 'features/orders.yaml': view });
  await world.database.run(
    `create table orders as select 'c' || i as entity_id, i::float8 as amount,
            case when i % 10 = 0 then null else 'GB' end as country from generate_series(1, 100) i`,
  );
  await world.millrace('apply');
  await world.millrace('run orders --here');
  return world;
}

describe('profile', () => {
  test('shows the newest unit of each feature', async () => {
    const world = await openShop();
    expect((await world.millrace('profile orders')).stdout).toBe(
      [
        'orders  2026-01-02  100 rows  run 2',
        'FEATURE  NULLS  DISTINCT  MIN  MEDIAN  MEAN  DEVIATION  MAX  VALUES    TREND',
        'amount   0%     100       1    51      50.5  28.866     100  –         ▄▄',
        'country  10%    1         –    –       –     –          –    "GB" 90%  ▄▄',
        '',
      ].join('\n'),
    );
  });

  test('shows one feature unit by unit', async () => {
    const world = await openShop();
    expect((await world.millrace('profile orders --feature amount --to 2026-01-02')).stdout).toBe(
      [
        'START       ROWS  NULLS  DISTINCT  MIN  MEDIAN  MEAN  DEVIATION  MAX  VALUES  RUN',
        '2026-01-01  100   0%     100       1    51      50.5  28.866     100  –       1',
        '',
      ].join('\n'),
    );
    expect(await world.millrace('profile orders --feature amout')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('orders has no feature amout; its features are amount, country.'),
    });
    expect((await world.millrace('profile orders --from 2027-01-01')).stdout).toMatch(
      /^No run of orders has a profile/,
    );
  });

  slowTest('shows a run, also one that failed, which can be accepted', async () => {
    const world = await openShop(`${ORDERS}checks: [{ row: "amount < 100" }]\n`);
    const failed = await world.millrace('profile orders --run 1');
    expect(failed.stdout).toContain('orders  2026-01-01  100 rows  run 1');
    expect(await world.millrace('profile orders --run 99')).toMatchObject({
      code: expect.any(Number),
      stderr: expect.stringContaining('orders has no profile for run 99'),
    });
    expect((await world.millrace('retry --failed --accept-checks')).stderr).toContain(
      '--accept-checks cannot be used with --failed',
    );
    await world.millrace('retry 1 --accept-checks --here');
    const [newest] = await world.database.query('select state, id from millrace.run order by id desc limit 1');
    expect(newest).toMatchObject({ state: 'done' });
    expect((await world.millrace('runs show 3')).stdout).toContain(
      'failed, and accepted: row "amount < 100": 1 of 100 rows (1%) fails, for example ',
    );
    const [audited] = await world.database.query(
      "select request from millrace.audit where verb = 'retry' order by id desc limit 1",
    );
    expect(audited).toMatchObject({ request: { runs: [1], acceptChecks: true } });
  });

  slowTest('reports checks that a run could not evaluate', async () => {
    const world = await openShop(`${ORDERS.replace('01-03', '01-02')}checks: [{ volume: 40%, same: any }]\n`);
    await world.write({ 'features/orders.yaml': `${ORDERS}checks: [{ volume: 40%, same: any }]\n` });
    const ran = await world.millrace('run orders --here');
    const sentence = 'volume 40%: not enough history yet: 1 of 4 comparable intervals';
    expect(ran.stdout).toContain(`orders: run 2 could not evaluate a check: ${sentence}\n`);
    expect((await world.millrace('runs show 2')).stdout).toContain(`not evaluated: ${sentence}\n`);
    const checks = [{ state: 'skipped', facts: { kind: 'too_few', units: 1, needed: 4 } }];
    expect(JSON.parse((await world.millrace('runs show 2 --json')).stdout)).toMatchObject({ checks });
  });

  test('prints facts and bins as JSON', async () => {
    const world = await openShop();
    const printed: unknown = JSON.parse((await world.millrace('profile orders --json --limit 1')).stdout);
    expect(printed).toMatchObject({
      view: 'orders',
      redacted: false,
      bins: { 1: { edges: expect.any(Array) }, 2: { values: ['GB'] } },
      units: [{ run: 2, start: '2026-01-02T00:00:00.000Z', rows: 100, features: { country: { top: [['GB', 90]] } } }],
    });
  });

  test('shows no values of a redacted view', async () => {
    const world = await openShop(`${ORDERS}redacted: true
`);
    const shown = await world.millrace('profile orders');
    expect(shown.stdout).not.toMatch(/GB|\b100 {2}–/);
    expect((await world.millrace('profile orders --json')).stdout).not.toMatch(/GB|edges|values"/);
  });
});
