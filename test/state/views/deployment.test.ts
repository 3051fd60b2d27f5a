import { describe, expect, test } from 'vitest';
import { epochMsOf } from '../../../src/core/instant.ts';
import type { Job } from '../../../src/definition/job.ts';
import { databaseNow } from '../../../src/state/queries/view-overview.ts';
import { deploy, deployUnlessKnown } from '../../../src/state/views/deploy.ts';
import { deployedJob, newestDeployment } from '../../../src/state/views/deployment.ts';
import { job } from '../../queue/world.ts';
import { fingerprinted, view } from '../../support/views.ts';
import { openWorld, type World } from '../../support/world.ts';

const deploying = (jobs: readonly Job[], views = [view()]) => ({
  views: views.map(fingerprinted),
  jobs,
  program: '1.2.3',
  by: 'test',
});

/** Later than any deployment here, by any clock. */
const NOW = epochMsOf(Date.parse('2190-01-01'));

const setNow = ({ sql }: World, text: string) =>
  sql(`create or replace function millrace.now() returns timestamptz language sql volatile
         as $$ select timestamptz '${text}' $$`);

/** Job → start of its current schedule. */
async function since({ app }: World): Promise<Record<string, string>> {
  const { jobs = [] } = (await newestDeployment(app.database)) ?? {};
  return Object.fromEntries(jobs.map((one) => [one.name, new Date(one.since).toISOString().slice(0, 10)]));
}

describe('deploy', () => {
  test('records who deployed what, and nothing if nothing changed', async () => {
    await using world = await openWorld();
    const { database } = world.app;
    await setNow(world, '2026-01-05 12:00Z');
    expect(await deploy(database, deploying([job()]))).toEqual({
      generation: 1,
      changes: [{ name: 'spend', change: 'added' }],
    });
    expect((await deploy(database, deploying([job()]))).generation).toBe(1);
    expect(await newestDeployment(database)).toEqual({
      generation: 1,
      fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
      jobs: [{ ...job(), since: 0 }],
      complete: true,
      program: '1.2.3',
      by: 'test',
      at: Date.parse('2026-01-05T12:00Z'),
    });
  });

  test("keeps the start of a job's schedule, which a new cron, a pause and a new name reset", async () => {
    await using world = await openWorld();
    const { database } = world.app;
    const jobs = ['kept', 'moved', 'paused', 'relaxed'].map((name) => job({ name }));
    await setNow(world, '2026-01-05 12:00Z');
    await deploy(database, deploying(jobs));
    await setNow(world, '2026-01-06 12:00Z');
    const [kept = job(), moved = job(), paused = job(), relaxed = job()] = jobs;
    await deploy(
      database,
      deploying([
        kept,
        { ...moved, cron: '0 4 * * *' },
        { ...paused, paused: true },
        { ...relaxed, priority: 9 },
        job({ name: 'young' }),
      ]),
    );
    const second = '2026-01-06';
    const first = '1970-01-01';
    expect(await since(world)).toEqual({ kept: first, moved: second, paused: second, relaxed: first, young: second });
  });

  test('reads jobs of an earlier release, with defaults for missing fields', async () => {
    await using world = await openWorld();
    await deploy(world.app.database, deploying([job({ priority: 3 })]));
    await world.sql(`update millrace.deployment set jobs = jobs #- '{nightly,priority}' #- '{nightly,paused}'`);
    const expected = { ...job({ priority: 5, paused: false }), since: 0 };
    expect((await newestDeployment(world.app.database))?.jobs).toEqual([expected]);
    expect(await deployedJob(world.app.database, 'nightly')).toEqual(expected);
    expect(await deployedJob(world.app.database, 'gone')).toBeNull();
  });

  test('serializes two simultaneous deployments', async () => {
    await using world = await openWorld();
    const { database } = world.app;
    const [ones, twos] = ['one', 'two'].map((tag) =>
      Array.from({ length: 12 }, (_, index) => view({ name: `v${index}`, tags: [tag] })),
    );
    // In opposite order: in parallel they would leave half of each.
    await Promise.all([deploy(database, deploying([], ones)), deploy(database, deploying([], twos?.reverse()))]);
    expect(await world.sql(`select distinct tags from millrace.view`)).toHaveLength(1);
    expect(await world.sql('select complete from millrace.deployment')).toEqual([
      { complete: true },
      { complete: true },
    ]);
  });
});

describe('deployUnlessKnown', () => {
  test('deploys new definitions, and keeps newer ones', async () => {
    await using world = await openWorld();
    const { database } = world.app;
    const kinds: unknown[] = [];
    for (const cron of ['0 3 * * *', '0 3 * * *', '0 4 * * *', '0 3 * * *', '0 4 * * *']) {
      kinds.push((await deployUnlessKnown(database, deploying([job({ cron })]), NOW)).kind);
    }
    expect(kinds).toEqual(['deployed', 'current', 'deployed', 'outdated', 'current']);
  });

  test('treats a deliberate rollback as the newest', async () => {
    await using world = await openWorld();
    const { database } = world.app;
    const [old, young] = ['0 3 * * *', '0 4 * * *'].map((cron) => deploying([job({ cron })]));
    if (old === undefined || young === undefined) throw new Error('never');
    for (const one of [old, young, old]) await deploy(database, one);
    expect(await deployUnlessKnown(database, old, NOW)).toEqual({ kind: 'current', generation: 3 });
    expect(await deployUnlessKnown(database, young, NOW)).toMatchObject({ kind: 'outdated', generation: 2 });
  });

  test('keeps what was deployed after the process started', async () => {
    await using world = await openWorld();
    const { database } = world.app;
    const startedAt = await databaseNow(database);
    await deploy(database, deploying([job({ cron: '0 4 * * *' })]));
    const outcome = await deployUnlessKnown(database, deploying([job({ cron: '0 3 * * *' })]), startedAt);
    expect(outcome).toMatchObject({ kind: 'outdated', generation: null, newest: { generation: 1 } });
  });
});
