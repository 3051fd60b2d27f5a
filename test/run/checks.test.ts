import { describe, expect, test } from 'vitest';
import type { Check } from '../../src/definition/check.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import type { CheckOutcome } from '../../src/quality/outcome.ts';
import { runOverviews } from '../../src/state/queries/run-overview.ts';
import { retryRuns } from '../../src/state/runs/retry.ts';
import { retryFailedRuns } from '../../src/state/runs/retry-failed.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import { at, feature, view } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';

const ORDERS = view({
  name: 'orders',
  kind: 'events',
  start: at('2026-01-01'),
  end: at('2026-03-01'),
  features: [feature('order_id', 'int'), feature('amount', 'float'), feature('country', 'string', { nullable: true })],
  query: `select entity_id, ordered_at as timestamp, order_id, amount, country from orders
           where ordered_at >= {{start}} and ordered_at < {{end}}`,
});

const POSITIVE: Check = { kind: 'row', expression: 'amount > 0', onFailure: 'fail', atLeast: 1 };

/** 200 orders a day: amounts 1 to 200. */
async function openShop(checks: readonly Check[], extra: Partial<FeatureView> = {}): Promise<World> {
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
async function runDays(world: World, from: string, to: string): Promise<string[]> {
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

type Ended = { readonly state: string; readonly error: { readonly code: string; readonly message: string } | null };

async function newest(world: World): Promise<Ended & { readonly checks: readonly CheckOutcome[] }> {
  const [run] = await world.sql('select state, error, checks from millrace.run order by id desc limit 1');
  return run as Ended & { readonly checks: readonly CheckOutcome[] }; // the columns of the query
}

const one = { end: at('2026-01-02') };

describe('a row check', () => {
  test('fails the run, and the stored rows stay', async () => {
    await using world = await openShop([POSITIVE], one);
    await world.materialize('orders');
    await world.sql('update orders set amount = -amount where amount <= 3');
    await world.sql('update millrace.coverage set stale = covered');
    await world.materialize('orders');
    const { state, error, checks } = await newest(world);
    expect(state).toBe('failed');
    expect(error).toMatchObject({ code: 'CHECK_FAILED' });
    expect(error?.message).toBe(
      'orders failed a check: row "amount > 0": 3 of 200 rows (1.5%) fail. Stored rows are unchanged. See some of the rows with "millrace runs show 2" and the values with "millrace profile orders --run 2", then fix the source, or change the check and run "millrace retry 2". If the values are right, store them with "millrace retry 2 --accept-checks".',
    );
    expect(checks).toEqual([
      {
        check: POSITIVE,
        state: 'broken',
        facts: { kind: 'rows', broken: 3, rows: 200 },
        examples: [1, 2, 3].map((n) => ({
          entityId: `c${n}`,
          timestamp: `2026-01-01T00:${String(n * 5).padStart(2, '0')}:00Z`,
          values: { amount: `-${n}` },
        })),
      },
    ]);
    const [stored] = await world.sql('select count(*) as rows, min(amount) as least from features.orders');
    expect(stored).toEqual({ rows: 200, least: '1' });
  });

  test('shows no rows of a redacted view, also of one that was not redacted at the time', async () => {
    const warning: Check = { ...POSITIVE, onFailure: 'warn' };
    await using world = await openShop([warning], one);
    await world.sql('update orders set amount = -777 where amount <= 3');
    await world.materialize('orders');
    const shown = async () => JSON.stringify(await runOverviews(world.app.database, { view: 'orders' }));
    expect(await shown()).toContain('-777');
    await world.sql('update millrace.view set redacted = true');
    expect(await shown()).not.toContain('-777');
    await using redacted = await openShop([warning], { ...one, redacted: true });
    await redacted.sql('update orders set amount = -777 where amount <= 3');
    await redacted.materialize('orders');
    expect(JSON.stringify(await redacted.sql('select checks, error, profile from millrace.run'))).not.toContain('777');
  });

  test('is accepted once: the run that retries a failed one stores its rows, and the next one fails again', async () => {
    await using world = await openShop([POSITIVE], one);
    await world.sql('update orders set amount = -amount where amount <= 3');
    await world.materialize('orders');
    const { database } = world.app;
    const [accepted = 0] = await retryRuns(database, [1], { acceptChecks: true });
    await world.perform(accepted);
    expect(await newest(world)).toMatchObject({ state: 'done', checks: [{ state: 'broken', isAccepted: true }] });
    await world.sql('update orders set amount = -amount where amount = 4');
    await world.sql('update millrace.coverage set stale = covered');
    await world.materialize('orders');
    const [third = 0] = await retryRuns(database, [3]);
    await world.perform(third);
    const runs = await world.sql(`select state, options->'acceptedChecks' as accepted from millrace.run order by id`);
    expect(runs).toEqual([
      { state: 'failed', accepted: null },
      { state: 'done', accepted: [POSITIVE] },
      { state: 'failed', accepted: null },
      { state: 'failed', accepted: null },
    ]);
  });

  test('is not accepted by a later retry of all failed runs', async () => {
    await using world = await openShop([POSITIVE], one);
    await world.sql('update orders set amount = -amount where amount <= 3');
    await world.materialize('orders');
    const { database } = world.app;
    const [accepted = 0] = await retryRuns(database, [1], { acceptChecks: true });
    await world.sql('alter table orders rename to moved');
    await world.perform(accepted);
    await world.sql('alter table moved rename to orders');
    const all = { codes: [], sinceMs: null };
    const applied = await requireAppliedView(database, 'orders');
    const { runs } = await database.transaction((session) => retryFailedRuns(session, [applied], all));
    for (const { run } of runs) await world.perform(run);
    expect(await world.sql(`select id, error->>'code' as code from millrace.run order by id`)).toEqual([
      { id: 1, code: 'CHECK_FAILED' },
      { id: 2, code: 'SOURCE_QUERY' },
      { id: 3, code: 'CHECK_FAILED' },
    ]);
  });

  test('is accepted only if it failed before', async () => {
    const small: Check = { ...POSITIVE, expression: 'amount < 1000' };
    await using world = await openShop([POSITIVE, small], one);
    await world.sql('update orders set amount = -amount where amount <= 3');
    await world.materialize('orders');
    await world.sql('update orders set amount = 5000 where amount = 200');
    const { database } = world.app;
    const [accepted = 0] = await retryRuns(database, [1], { acceptChecks: true });
    await world.perform(accepted);
    expect(await newest(world)).toMatchObject({
      state: 'failed',
      error: { message: expect.stringMatching(/^orders failed a check: row "amount < 1000": 1 of 200 rows/) },
      checks: [
        { check: POSITIVE, isAccepted: true },
        { check: small, state: 'broken' },
      ],
    });
  });

  test('cannot be accepted for a run that failed no check', async () => {
    await using world = await openShop([POSITIVE], one);
    await world.sql('alter table orders rename to moved');
    await world.materialize('orders', { attempts: 1 });
    await expect(retryRuns(world.app.database, [1], { acceptChecks: true })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      message:
        'Run 1 of orders did not fail a check, so there is nothing to accept: to retry it, run "millrace retry 1".',
    });
    expect(await world.sql('select count(*) as runs from millrace.run')).toEqual([{ runs: 1 }]);
  });

  test('passes a run whose share of passing rows is at_least, and rows for which it is null', async () => {
    await using world = await openShop(
      [
        { ...POSITIVE, atLeast: 0.98 },
        { ...POSITIVE, expression: "country = 'GB'" },
      ],
      one,
    );
    await world.sql('update orders set amount = -amount where amount <= 4');
    await world.sql('update orders set country = null where amount > 100');
    await world.materialize('orders');
    const { state, checks } = await newest(world);
    expect(state).toBe('done');
    expect(checks.map(({ state: of }) => of)).toEqual(['passed', 'passed']);
  });

  test('of a view of kind latest names a command that it accepts', async () => {
    const query =
      'select distinct on (entity_id) entity_id, ordered_at as timestamp, order_id, amount, country from orders order by entity_id, ordered_at';
    await using world = await openShop([POSITIVE], { kind: 'latest', query });
    await world.sql('update orders set amount = -amount where amount <= 3');
    await world.materialize('orders');
    const { error } = await newest(world);
    expect(error?.message).toMatch(/, then fix the source or change the check, and run "millrace run orders"\.$/);
    expect(error?.message).not.toContain('--accept-checks');
  });

  test('warns', async () => {
    await using world = await openShop([{ ...POSITIVE, onFailure: 'warn' }], one);
    await world.sql('update orders set amount = -amount where amount <= 3');
    await world.materialize('orders');
    expect(await newest(world)).toMatchObject({ state: 'done', checks: [{ state: 'broken' }] });
  });

  test('refuses the rows that fail it, which erase no stored row', async () => {
    const refusing: Check = { ...POSITIVE, onFailure: 'refuse' };
    const codes: Check = {
      kind: 'matches',
      pattern: '^[A-Z]{2}$',
      feature: 'country',
      onFailure: 'refuse',
      atLeast: 1,
    };
    await using world = await openShop([refusing, codes], { ...one, refusedMax: 0.05 });
    await world.materialize('orders');
    await world.sql('update orders set amount = -amount where amount <= 3');
    await world.sql(`update orders set country = 'Wales' where amount = 10`);
    await world.sql('update millrace.coverage set stale = covered');
    await world.materialize('orders');
    const [run] = await world.sql(
      'select state, counts, kept_refused_rows as kept from millrace.run order by id desc limit 1',
    );
    expect(run).toMatchObject({
      state: 'done',
      counts: {
        read: 200,
        accepted: 196,
        refused: 4,
        refusedBy: { check_failed: 4 },
        kept: 4,
        removed: 0,
        unchanged: 196,
      },
    });
    const rows = await world.sql('select reason, detail, row from millrace.quarantine order by id');
    expect(rows).toHaveLength(4);
    expect(rows[0]).toMatchObject({
      reason: 'check_failed',
      detail: 'the row fails the check "amount > 0"',
      row: { entity_id: 'c1', amount: '-1', country: 'GB' },
    });
    expect(rows[3]).toMatchObject({ detail: 'country does not match "^[A-Z]{2}$"', row: { country: 'Wales' } });
    const [stored] = await world.sql('select count(*) as rows, min(amount) as least from features.orders');
    expect(stored).toEqual({ rows: 200, least: '1' });
  });

  test('keeps no values of refused rows of a redacted view', async () => {
    await using world = await openShop([{ ...POSITIVE, onFailure: 'refuse' }], {
      ...one,
      redacted: true,
      refusedMax: 1,
    });
    await world.sql('update orders set amount = -777 where amount <= 3');
    await world.materialize('orders');
    const rows = await world.sql('select row from millrace.quarantine');
    expect(rows).toHaveLength(3);
    expect(JSON.stringify(rows)).not.toMatch(/777|GB/);
  });

  test.each(['1 / (amount - 5) > 0', 'country > 5'])(
    'that Postgres cannot evaluate fails the run: %s',
    async (expression) => {
      await using world = await openShop([{ ...POSITIVE, expression }], one);
      await world.materialize('orders');
      const { error } = await newest(world);
      expect(error?.code).toBe('CHECK_FAILED');
      expect(error?.message).toMatch(
        /^Postgres cannot evaluate the check row ".*" of orders \(.*\): change the check\.$/,
      );
    },
  );
});

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
