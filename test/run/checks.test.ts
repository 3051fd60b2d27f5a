import { describe, expect, test } from 'vitest';
import type { Check } from '../../src/definition/check.ts';
import { retryRuns } from '../../src/state/runs/retry.ts';
import { at } from '../support/views.ts';
import { newest, one, openShop, POSITIVE, runDays } from './checked-shop.ts';

describe('a check of a whole run', () => {
  test('finds repeated values, without rows that have none', async () => {
    const unique: Check = { kind: 'unique', features: ['order_id'], onFailure: 'fail', atLeast: 1 };
    await using world = await openShop([unique], one);
    await world.materialize('orders');
    expect(await newest(world)).toMatchObject({ state: 'done', checks: [{ state: 'passed', facts: { broken: 0 } }] });
    await world.sql(
      "insert into orders select entity_id, ordered_at + interval '1 s', order_id, amount, country from orders where amount <= 60",
    );
    await world.sql('update millrace.coverage set stale = covered');
    await world.materialize('orders');
    const { error, checks } = await newest(world);
    expect(error?.message).toContain('unique order_id: 60 of 260 rows (23.08%) are duplicates.');
    const [first] = await world.sql(
      `select entity_id as "entityId", order_id::text as id from orders where ordered_at < '2026-01-02' group by 1, 2 having count(*) > 1 order by 2, 1 limit 1`,
    );
    const values = { order_id: first?.['id'] };
    expect(checks[0]?.examples).toMatchObject([
      { entityId: first?.['entityId'], values },
      { entityId: first?.['entityId'], values },
    ]);
  });

  test('counts entities', async () => {
    await using world = await openShop([{ kind: 'entities', min: 51, max: null, onFailure: 'fail' }], one);
    await world.materialize('orders');
    expect((await newest(world)).error?.message).toContain('entities at least 51: the run has 50 entities.');
  });

  const volume: Check = { kind: 'volume', share: 0.4, comparedTo: 8, same: 'weekday', onFailure: 'fail' };

  test('compares the rows of a unit with those of the same weekday', async () => {
    await using world = await openShop([volume]);
    // Weekends have a fifth of the orders.
    await world.sql('delete from orders where extract(isodow from ordered_at) > 5 and amount > 40');
    expect(await runDays(world, '2026-01-01', '2026-02-08')).toEqual(new Array(38).fill('completed'));
    expect((await newest(world)).checks).toMatchObject([
      { state: 'passed', facts: { rows: 40, median: 40, units: 5 } },
    ]);
    await world.sql(
      `delete from orders where ordered_at >= '2026-02-09' and ordered_at < '2026-02-10' and amount > 100`,
    );
    expect(await runDays(world, '2026-02-08', '2026-02-10')).toEqual(['completed', 'discarded']);
    expect((await newest(world)).error?.message).toContain(
      'volume 40%: 2026-02-09 has 100 rows, and the median of the last 5 comparable intervals is 200 (−50%).',
    );
  });

  test('names the unit of a run over several units', async () => {
    await using world = await openShop([{ ...volume, same: 'any' }]);
    await world.sql(
      `delete from orders where ordered_at >= '2026-02-09' and ordered_at < '2026-02-10' and amount > 100`,
    );
    await world.materialize('orders');
    const { error, checks } = await newest(world);
    expect(checks).toMatchObject([
      { state: 'broken', facts: { start: at('2026-02-09'), rows: 100, median: 200, units: 8 } },
    ]);
    expect(error?.code).toBe('CHECK_FAILED');
  });

  test('compares nothing before there are four units', async () => {
    await using world = await openShop([volume]);
    await runDays(world, '2026-01-01', '2026-01-23');
    expect((await newest(world)).checks).toMatchObject([
      { state: 'skipped', facts: { kind: 'too_few', units: 3, needed: 4 } },
    ]);
  });

  test('finds a shift in the distribution of a feature', async () => {
    const drift: Check = {
      kind: 'drift',
      features: ['amount', 'country'],
      psi: 0.2,
      comparedTo: 28,
      same: 'any',
      onFailure: 'fail',
    };
    await using world = await openShop([drift]);
    expect(await runDays(world, '2026-01-01', '2026-01-11')).toEqual(new Array(10).fill('completed'));
    await world.sql(
      `update orders set amount = amount * 100 where ordered_at >= '2026-01-11' and ordered_at < '2026-01-12'`,
    );
    await runDays(world, '2026-01-11', '2026-01-12');
    expect((await newest(world)).error?.message).toMatch(
      /^orders failed a check: drift of amount, country, psi 0.2: amount has a PSI of [\d.]+/,
    );
    await world.sql('update orders set amount = amount / 100 where amount > 200');
    expect(await runDays(world, '2026-01-12', '2026-01-13')).toEqual(['completed']);
  });

  test('finds a shift also if the first run was refused', async () => {
    const drift: Check = {
      kind: 'drift',
      features: ['amount'],
      psi: 0.2,
      comparedTo: 28,
      same: 'any',
      onFailure: 'fail',
    };
    await using world = await openShop([drift, { ...POSITIVE, expression: 'amount <= 500' }]);
    await world.sql(`update orders set amount = amount * 1000 where ordered_at < '2026-01-02'`);
    await runDays(world, '2026-01-01', '2026-01-02');
    expect((await newest(world)).error?.code).toBe('CHECK_FAILED');
    expect(await world.sql(`select profile->'features'->'amount'->'histogram' as drawn from millrace.run`)).toEqual([
      { drawn: null },
    ]);
    await world.sql('update orders set amount = amount / 1000 where amount > 200');
    expect(await runDays(world, '2026-01-01', '2026-01-06')).toEqual(new Array(5).fill('completed'));
    await world.sql(
      `update orders set amount = 100 + amount / 2 where ordered_at >= '2026-01-06' and ordered_at < '2026-01-07'`,
    );
    await runDays(world, '2026-01-06', '2026-01-07');
    expect((await newest(world)).error?.message).toMatch(/^orders failed a check: drift of amount, psi 0.2/);
  });
});

describe('a run that would remove too much', () => {
  test('chooses no bins for later histograms', async () => {
    await using world = await openShop([], { ...one, removedMax: 0.1 });
    await world.materialize('orders');
    const bins = () =>
      world.sql('select distinct fingerprint, count(*)::int as features from millrace.profile_bins group by 1');
    const before = await bins();
    await world.sql(`update millrace.view set data_fingerprint = 'edited'`);
    await world.sql('update millrace.coverage set stale = covered');
    await world.sql('delete from orders where amount > 60');
    await world.materialize('orders');
    expect((await newest(world)).error?.message).toContain('more than removed_max allows');
    expect(await bins()).toEqual(before);
    const [retried = 0] = await retryRuns(world.app.database, [2], { allowRemovals: true });
    await world.perform(retried);
    expect((await newest(world)).state).toBe('done');
    expect(await bins()).toHaveLength(2);
  });
});
