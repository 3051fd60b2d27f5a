import { describe, expect, test } from 'vitest';
import { Failure } from '../../../src/core/failure.ts';
import { claimRun, releaseRun, renewLease } from '../../../src/state/runs/claim.ts';
import { findRun, type Run } from '../../../src/state/runs/run.ts';
import { at, view } from '../../support/views.ts';
import { openWorld, type World } from '../../support/world.ts';

const LEASE_MS = 60_000;

/** One planned run. */
async function planned(): Promise<World & { readonly run: number }> {
  const world = await openWorld();
  await world.apply(view({ end: at('2026-01-02') }));
  const [run] = await world.plan('spend');
  return Object.assign(world, { run: run ?? 0 });
}

async function claimed({ app, run }: World & { readonly run: number }, owner: string): Promise<Run> {
  const claim = await claimRun(app.database, run, owner, LEASE_MS);
  if ('refused' in claim) throw new Error(claim.refused);
  return claim.claimed;
}

const row = async ({ sql }: World) => {
  const [found] = await sql(
    `select state, owner, epoch, attempt, ceil(extract(epoch from lease_until - millrace.now()) / 60)::int as minutes from millrace.run`,
  );
  return found;
};

const lost = expect.objectContaining({ code: 'LEASE_LOST' });
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

describe('claimRun', () => {
  test('raises the epoch, counts the attempt, and gives the owner the lease', async () => {
    await using world = await planned();
    const run = await claimed(world, 'one');
    expect(run).toMatchObject({ state: 'active', stage: 'extract', owner: 'one', epoch: 1, attempt: 1 });
    expect(await row(world)).toEqual({ state: 'active', owner: 'one', epoch: 1, attempt: 1, minutes: 1 });
  });

  test('refuses a run while its lease is valid, and reclaims it afterwards with a new epoch', async () => {
    await using world = await planned();
    await claimed(world, 'one');
    const refused = await claimRun(world.app.database, world.run, 'other', LEASE_MS);
    expect(refused).toEqual({ refused: 'leased', waitMs: expect.closeTo(LEASE_MS, -4) });
    await world.sql(`update millrace.run set lease_until = millrace.now() - interval '1 ms'`);
    expect(await claimed(world, 'other')).toMatchObject({ owner: 'other', epoch: 2, attempt: 2 });
  });

  test('refuses a run whose time has not come, a closed one, and one whose span another active run holds', async () => {
    await using world = await planned();
    const { database } = world.app;
    await world.sql(`update millrace.run set not_before = millrace.now() + interval '30 seconds'`);
    expect(await claimRun(database, world.run, 'one', LEASE_MS)).toEqual({
      refused: 'waiting',
      waitMs: expect.closeTo(30_000, -4),
    });
    await world.sql(`update millrace.run set not_before = null`);
    await world.sql(
      `insert into millrace.run (view_id, span, reason, fingerprint, options, state, owner)
       select view_id, span, reason, fingerprint, options, 'active', 'another' from millrace.run`,
    );
    expect(await claimRun(database, world.run, 'one', LEASE_MS)).toEqual({ refused: 'overlap', waitMs: LEASE_MS });
    await world.sql(`update millrace.run set state = 'failed'`);
    expect(await claimRun(database, world.run, 'one', LEASE_MS)).toEqual({ refused: 'closed', waitMs: 0 });
  });
});

describe('renewLease', () => {
  test('extends the lease of the epoch that holds the run, from now', async () => {
    await using world = await planned();
    const run = await claimed(world, 'one');
    await renewLease(world.app.database, run, 10 * LEASE_MS);
    expect(await row(world)).toMatchObject({ owner: 'one', epoch: 1, minutes: 10 });
  });

  test('renews nothing for an earlier epoch', async () => {
    await using world = await planned();
    const earlier = await claimed(world, 'one');
    await world.sql(`update millrace.run set lease_until = millrace.now() - interval '1 ms'`);
    await claimed(world, 'other');
    expect(await codeOf(renewLease(world.app.database, earlier, 10 * LEASE_MS))).toEqual(lost);
    expect(await row(world)).toMatchObject({ owner: 'other', epoch: 2, minutes: 1 });
  });

  test('renews a committed run, and none that is planned or closed', async () => {
    await using world = await planned();
    const run = await claimed(world, 'one');
    await world.sql(`update millrace.run set state = 'committed'`);
    await renewLease(world.app.database, run, 10 * LEASE_MS);
    for (const state of ['planned', 'done', 'failed', 'cancelled', 'superseded']) {
      await world.sql(`update millrace.run set state = '${state}'`);
      expect(await codeOf(renewLease(world.app.database, run, 20 * LEASE_MS))).toEqual(lost);
    }
    expect(await row(world)).toMatchObject({ minutes: 10 });
  });

  test('renews the lease of its run alone', async () => {
    await using world = await openWorld();
    await world.apply(view());
    const [first = 0, second = 0] = await world.plan('spend');
    const runs = [await claimed({ ...world, run: first }, 'one'), await claimed({ ...world, run: second }, 'one')];
    await renewLease(world.app.database, runs[0] as Run, 10 * LEASE_MS);
    expect(
      await world.sql(
        `select ceil(extract(epoch from lease_until - millrace.now()) / 60)::int as minutes from millrace.run order by id`,
      ),
    ).toEqual([{ minutes: 10 }, { minutes: 1 }]);
  });
});

describe('releaseRun', () => {
  const RELEASE = {
    as: 'interrupt',
    delayMs: 0,
    wait: { kind: 'stopped', facts: { reason: 'worker_stopped' } },
  } as const;

  test('releases the run with a new epoch, for free or for an attempt', async () => {
    await using world = await planned();
    await releaseRun(world.app.database, await claimed(world, 'one'), RELEASE);
    expect(await row(world)).toEqual({ state: 'planned', owner: null, epoch: 2, attempt: 0, minutes: null });
    await releaseRun(world.app.database, await claimed(world, 'one'), {
      as: 'failAttempt',
      delayMs: 60_000,
      wait: { kind: 'retry', facts: { code: 'BUG' } },
      error: { code: 'BUG', message: 'it broke', owner: 'operator' },
    });
    expect(await row(world)).toEqual({ state: 'planned', owner: null, epoch: 4, attempt: 1, minutes: null });
    expect(await claimRun(world.app.database, world.run, 'one', LEASE_MS)).toMatchObject({ refused: 'waiting' });
  });

  test('changes nothing for another epoch, and keeps a committed run committed', async () => {
    await using world = await planned();
    const run = await claimed(world, 'one');
    await world.sql(`update millrace.run set epoch = 2, owner = 'other'`);
    await releaseRun(world.app.database, run, RELEASE);
    expect(await row(world)).toMatchObject({ state: 'active', owner: 'other', epoch: 2, attempt: 1 });
    await world.sql(`update millrace.run set state = 'committed'`);
    const now = await findRun(world.app.database, world.run);
    if (now === null) throw new Failure('BUG', 'the run is gone');
    await releaseRun(world.app.database, now, RELEASE);
    expect(await row(world)).toMatchObject({ state: 'committed', owner: null, epoch: 3 });
  });
});
