// Races between processes over a run, and lost responses of servers, at the worst moment.

import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import { verifyView } from '../../src/online/verify.ts';
import { type Database, openDatabase } from '../../src/postgres/database.ts';
import { performRun } from '../../src/run/perform.ts';
import type { Stage } from '../../src/run/stage.ts';
import { claimRun, renewLease } from '../../src/state/runs/claim.ts';
import { findRun, type Run } from '../../src/state/runs/run.ts';
import { slowTest } from '../support/sample.ts';
import { until } from '../support/until.ts';
import { at, view } from '../support/views.ts';
import { openWorld, type World, type WorldOptions } from '../support/world.ts';

const NEVER = new AbortController().signal;
const ONE_DAY = view({ end: at('2026-01-02') });
const LATEST = view({ kind: 'latest', end: null, query: 'select entity_id, value, now() as timestamp from spend' });
const CLOCK_STOPS = `create or replace function millrace.now() returns timestamptz language sql as $$ select timestamptz '2026-02-01Z' $$`;

async function shop(options: WorldOptions = {}): Promise<World> {
  const world = await openWorld(options);
  await world.sql('create table spend (entity_id text, value float8)');
  await world.sql(`insert into spend values ('ada', 1)`);
  return world;
}

/** Replaces a stage; `perform` is the original. */
function changed(
  name: string,
  change: (perform: () => Promise<Run>, signal: AbortSignal) => Promise<Run>,
): (stages: readonly Stage[]) => readonly Stage[] {
  return (stages) =>
    stages.map((stage) => {
      if (stage.name !== name) return stage;
      return { name, perform: (run, signal) => change(() => stage.perform(run, signal), signal) };
    });
}

/** Another client of the same server, whose transactions may stay open and idle. */
function bystander(world: World): Database {
  return openDatabase({
    url: world.app.connections.offline.url,
    role: { label: 'The bystander', unavailable: 'OFFLINE_UNAVAILABLE', denied: 'OFFLINE_DENIED' },
    poolMax: 2,
    connectTimeoutMs: 30_000,
    idleInTransactionMs: 0,
    applicationName: 'bystander',
  });
}

/** Long enough for a busy machine to renew it in time. */
const LEASE_MS = 2_000;

/**
 * Performs runs while the bystander holds a lock, until at least `count` of them have kept their lease for two lease
 * lengths.
 */
async function performBehind(world: World, lock: string, runs: readonly number[], count: number): Promise<string[]> {
  await using other = bystander(world);
  const isKept = async () => {
    const [row] = await other.query<{ kept: number }>(
      `select count(*) as kept from millrace.run where lease_until > started_at + interval '${3 * LEASE_MS} ms'`,
    );
    return (row?.kept ?? 0) >= count;
  };
  const { performing } = await other.transaction(async (session) => {
    await session.run(lock);
    const performing = Promise.all(runs.map((run) => world.perform(run)));
    await until(isKept);
    return { performing };
  });
  return (await performing).map((outcome) => outcome.kind);
}

describe('claimRun', () => {
  test('returns the run as it was claimed, which is lost if another process has claimed it since', async () => {
    await using world = await shop();
    await world.sql(CLOCK_STOPS);
    await world.apply(ONE_DAY);
    const [id = 0] = await world.plan('spend');
    const { database } = world.app;
    const overtaken: Database = {
      ...database,
      query: async <R>(text: string, values?: readonly unknown[]) => {
        const claimed = await database.query<R>(text, values);
        await world.sql(`update millrace.run set lease_until = millrace.now() - interval '1 second'`);
        await claimRun(database, id, 'B', 30_000);
        return claimed;
      },
    };
    const claim = await claimRun(overtaken, id, 'A', 30_000);
    if (!('claimed' in claim)) throw new Error(`the claim was refused: ${claim.refused}`);
    expect(claim.claimed).toMatchObject({ owner: 'A', epoch: 1 });
    await expect(renewLease(database, claim.claimed, 30_000)).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(await world.sql('select owner, epoch from millrace.run')).toEqual([{ owner: 'B', epoch: 2 }]);
  });
});

describe('commitStage', () => {
  test('commits once for two workers with the same epoch, and the run finishes', async () => {
    await using world = await shop();
    await world.apply(ONE_DAY);
    const [id = 0] = await world.plan('spend');
    await claimRun(world.app.database, id, 'A', 30_000);
    const stage = (name: string) => world.app.engine.stages.find((one) => one.name === name);
    let run = await findRun(world.app.database, id);
    for (const name of ['extract', 'check']) run = run && ((await stage(name)?.perform(run, NEVER)) ?? null);
    const commit = async () => run && stage('commit')?.perform(run, NEVER);
    await commit();
    await expect(commit()).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await world.sql('update millrace.run set lease_until = null');
    expect(await world.perform(id)).toMatchObject({ kind: 'completed', value: { state: 'done', attempt: 2 } });
  });
});

describe('performRun', () => {
  test.each([
    ['latest', LATEST],
    ['events', { ...ONE_DAY, kind: 'events', query: 'select entity_id, value, {{start}} as timestamp from spend' }],
  ] as const)('publishes and closes a run of kind %s whose commit was never answered', async (_kind, defined) => {
    const unanswered = changed('commit', async (perform) => {
      await perform();
      throw new Failure('OFFLINE_UNAVAILABLE', 'The connection ended after commit was sent.');
    });
    await using world = await shop({ settings: { retries: { publishMs: 0 } }, changeStages: unanswered });
    await world.apply(defined);
    const [id = 0] = await world.plan('spend', { attempts: 1 });
    expect(await world.perform(id)).toEqual({ kind: 'snoozed', delayMs: 0, why: 'publish' });
    expect(await world.perform(id)).toMatchObject({ kind: 'completed', value: { state: 'done' } });
    const verified = await verifyView({ ...world.app, view: defined, signal: NEVER });
    expect(verified).toEqual({ comparedOffline: 1, comparedOnline: 1, total: 0, differences: [] });
    expect(await world.sql('select covered = published as published, held::text from millrace.coverage')).toEqual([
      { published: true, held: '{}' },
    ]);
  });

  slowTest('waits for a source that takes longer than the lease to describe its columns', async () => {
    await using world = await shop({ settings: { leaseMs: LEASE_MS } });
    await world.apply(ONE_DAY);
    const runs = await world.plan('spend', { attempts: 1 });
    expect(await performBehind(world, 'lock table spend', runs, 1)).toEqual(['completed']);
  });

  slowTest('keeps its lease although runs use all connections of the process', async () => {
    await using world = await shop({ settings: { leaseMs: LEASE_MS, statePoolMax: 2 } });
    const query = `select entity_id, value, {{end}} as timestamp from spend, pg_advisory_xact_lock_shared(1)`;
    await world.apply(view({ end: at('2026-01-04'), query }));
    const runs = await world.plan('spend', { attempts: 1 });
    const kinds = await performBehind(world, 'select pg_advisory_xact_lock(1)', runs, 2);
    expect(kinds).toEqual(['completed', 'completed', 'completed']);
  });

  test('gives up a run if the renewal of its lease gets no response', async () => {
    const waits = changed(
      'extract',
      (_, signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    await using world = await shop({ settings: { leaseMs: 500 }, changeStages: waits });
    await world.apply(ONE_DAY);
    const [id = 0] = await world.plan('spend');
    const leases: Database = { ...world.app.database, run: () => new Promise(() => undefined) };
    const outcome = await performRun({ ...world.app.engine, leases }, id, NEVER);
    expect(outcome).toEqual({ kind: 'interrupted', why: 'lease_lost' });
  });

  test('applies the timeout of a job only until the rows are stored', async () => {
    const timers = new Set<() => void>();
    let tries = 0;
    const late = changed('publish', async (perform) => {
      for (const ring of timers) ring();
      tries += 1;
      if (tries === 1) throw new Failure('ONLINE_UNAVAILABLE', 'The online store is away.');
      return perform();
    });
    await using world = await shop({ settings: { retries: { publishMs: 0 } }, changeStages: late });
    await world.apply(ONE_DAY);
    const [id = 0] = await world.plan('spend');
    const after: Clock['after'] = (_milliseconds, work) => {
      timers.add(work);
      return { [Symbol.dispose]: () => void timers.delete(work) };
    };
    const engine = { ...world.app.engine, clock: { ...world.app.clock, after } };
    const first = await performRun(engine, id, NEVER);
    expect(first).toMatchObject({ kind: 'snoozed', why: 'publish' });
    expect((await performRun(engine, id, NEVER)).kind).toBe('completed');
  });

  test('is interrupted if it has lost the run that it is about to close as superseded', async () => {
    await using world = await shop();
    await world.apply(ONE_DAY);
    const [id = 0] = await world.plan('spend');
    await world.sql(`update millrace.view set data_fingerprint = 'another'`);
    // Another session was faster: nothing is updated.
    await world.sql(`create function lose() returns trigger language plpgsql as 'begin return null; end'`);
    await world.sql(
      `create trigger lost before update on millrace.run for each row when (new.state = 'superseded') execute function lose()`,
    );
    expect(await world.perform(id)).toEqual({ kind: 'interrupted', why: 'lease_lost' });
  });

  test('is interrupted if it has lost the run that it is about to close as failed', async () => {
    let world: World | null = null;
    const lost = changed('extract', async () => {
      await world?.sql('update millrace.run set epoch = epoch + 1');
      throw new Failure('SOURCE_SHAPE', 'The query lacks a column.');
    });
    await using opened = await shop({ changeStages: lost });
    world = opened;
    await world.apply(ONE_DAY);
    const [outcome] = await world.materialize('spend');
    expect(outcome).toEqual({ kind: 'interrupted', why: 'lease_lost' });
    expect(await world.sql('select state, held::text from millrace.run, millrace.coverage')).toEqual([
      { state: 'active', held: '{}' },
    ]);
  });
});
