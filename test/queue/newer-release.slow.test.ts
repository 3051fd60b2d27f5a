// Processes that keep running while a newer release is installed and migrates their database.

import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { performRun } from '../../src/run/perform.ts';
import { settingsOf } from '../../src/settings.ts';
import { copyRelease, type LoadedRelease, type ReleaseCopy } from '../support/release-copy.ts';
import { until } from '../support/until.ts';
import { deployJobs, FAST, identity, job, type KeptLog, keptLog, openQueueWorld, type QueueWorld } from './world.ts';

const MIGRATION = '9999_new.sql';
const SQL = 'create table millrace.newer ()';
const QUICK = { lookMs: 30, sendMs: 20, timeoutMs: 5_000 };

const shared = ({ system, queue }: QueueWorld, log: KeptLog) => ({
  database: system.app.database,
  queue,
  clock: systemClock,
  log,
  settings: FAST,
});

const startWorker = (world: QueueWorld, release: LoadedRelease, log: KeptLog) =>
  release.startWorker({
    ...shared(world, log),
    process: identity('worker'),
    concurrency: 1,
    perform: (run, signal) => performRun(world.system.app.engine, run, signal),
    probeSources: (signal) => world.system.app.probeSources(signal),
  });

const startScheduler = (world: QueueWorld, release: LoadedRelease, log: KeptLog, name: string) =>
  release.startScheduler({
    ...shared(world, log),
    process: identity('scheduler'),
    deployViews: () => deployJobs(world.system.app.database, [job({ name })]),
    repairOnline: async () => {},
    lookForLateFiles: async () => {},
    deleteOld: async () => ({ runs: 0, events: 0, backfills: 0, deployments: 0, operations: 0 }),
  });

function startAlerts({ system }: QueueWorld, release: LoadedRelease, log: KeptLog) {
  const settings = settingsOf({ ...system.app.settings, queue: FAST, alerts: QUICK });
  const alerting = { sender: { project: 'shop', dashboardUrl: null }, rules: [], targets: [] };
  return release.startAlerts({ ...system.app, settings, log }, alerting, { version: '0.0.0' });
}

/** A newer release, and what replaces the files of an installation by its own and migrates the database. */
async function newerRelease({ system }: QueueWorld, installed: ReleaseCopy) {
  const copy = await copyRelease();
  await copy.addMigration(MIGRATION, SQL);
  const release = await copy.load();
  const install = async () => {
    await installed.addMigration(MIGRATION, SQL);
    expect(await release.migrate(system.app.database)).toEqual([MIGRATION]);
  };
  return { release, install };
}

const has = ({ said }: KeptLog, event: string) => said.some((one) => one.event === event);
const isRefusedElection = ({ event, facts }: KeptLog['said'][number]) =>
  event === 'election.failed' && String(facts['message']).includes(MIGRATION);
const jobs = async ({ queues }: QueueWorld) => (await queues.tick.getJobSchedulers()).map(({ key }) => key).join();

describe('a worker whose files are replaced by a newer release', () => {
  test('stops taking work once the newer release has migrated the database', async () => {
    await using world = await openQueueWorld();
    const installed = await copyRelease();
    const { install } = await newerRelease(world, installed);
    const log = keptLog();
    await using _worker = await startWorker(world, await installed.load(), log);
    await install();
    await until(() => has(log, 'process.unsafe'));
    expect(log.said.find(({ event }) => event === 'process.unsafe')?.facts).toEqual({
      code: 'OFFLINE_DENIED',
      message: expect.stringContaining(`does not recognize migration ${MIGRATION}`),
    });
  });
});

describe('a scheduler whose files are replaced by a newer release', () => {
  test('gives up both leaderships to a newer scheduler, and does not take them again', async () => {
    await using world = await openQueueWorld();
    const installed = await copyRelease();
    const before = await installed.load();
    const newer = await newerRelease(world, installed);
    const [old, young] = [keptLog(), keptLog()];
    await using _oldAlerts = startAlerts(world, before, old);
    await using _oldScheduler = await startScheduler(world, before, old, 'before');
    await until(async () => has(old, 'alerts.elected') && (await jobs(world)) === 'before');

    await newer.install();
    // Both campaigns report it once.
    await until(() => old.said.filter(isRefusedElection).length === 2);
    const elections = () => old.said.filter(({ event }) => event.endsWith('.elected')).length;
    const electionsBefore = elections();
    {
      await using _alerts = startAlerts(world, newer.release, young);
      await using _scheduler = await startScheduler(world, newer.release, young, 'after');
      await until(async () => has(young, 'alerts.elected') && (await jobs(world)) === 'after');
    }
    // Both leaderships are free again.
    const checks = () => old.said.filter(({ event }) => event === 'process.unsafe').length;
    const checksBefore = checks();
    await until(() => checks() > checksBefore + 2);
    expect(elections()).toBe(electionsBefore);
  });

  test('keeps its leadership while the servers are unsafe for another reason', async () => {
    await using world = await openQueueWorld();
    await using _scheduler = await world.scheduler({ jobs: [job()] });
    await until(async () => (await jobs(world)) === 'nightly');
    await world.system.sql(
      `create or replace function millrace.now() returns timestamptz language sql volatile
         as $$ select clock_timestamp() + interval '60 s' $$`,
    );
    await until(() => world.log.said.filter(({ event }) => event === 'process.unsafe').length > 2);
    expect(has(world.log, 'scheduler.term_over')).toBe(false);
  });
});
