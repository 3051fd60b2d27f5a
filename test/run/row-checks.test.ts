import { describe, expect, test } from 'vitest';
import type { Check } from '../../src/definition/check.ts';
import { runOverviews } from '../../src/state/queries/run-overview.ts';
import { retryRuns } from '../../src/state/runs/retry.ts';
import { retryFailedRuns } from '../../src/state/runs/retry-failed.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import { newest, one, openShop, POSITIVE } from './checked-shop.ts';

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
      expect(error).toMatchObject({
        code: 'CHECK_FAILED',
        message: expect.stringMatching(
          /^Postgres cannot evaluate the check `row ".*"` of orders \(.*\): change the check\.$/,
        ),
      });
    },
  );
});
