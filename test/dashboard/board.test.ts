// Bull Board below /queues: it hides job data that may be secret, and allows one action.

import { describe, expect, test } from 'vitest';
import type { Queues } from '../../src/queue/queues.ts';
import { reportAlive } from '../../src/state/processes.ts';
import { deployedFailure } from './failed-run.ts';
import { ADA, basic, type DashboardWorld, loginOfTwo, openDashboardWorld, VIC } from './server-world.ts';

const CANARY = 'canary-5f3a';
const RUN_JOB = 'spend.20260101T000000Z-20260102T000000Z.r17.d1';

/** A failed job of run 17 with secrets in every field. */
async function addSecretJob(queues: Queues, id = RUN_JOB, run = 17): Promise<void> {
  await queues.run.add('spend', { run, delivery: 1 }, { jobId: id });
  await queues.exchange(async (connection) => {
    await connection.hset(`millrace:run:${id}`, {
      failedReason: `value ${CANARY} is no number`,
      stacktrace: JSON.stringify([`Failure: value ${CANARY}\n  at postgres://ada:${CANARY}@host/shop`]),
      returnvalue: JSON.stringify({ run: 17, state: CANARY, snoozed: CANARY, rows: [CANARY] }),
      progress: JSON.stringify(CANARY),
      finishedOn: '1767225600000',
      atm: '1',
      pb: CANARY,
    });
    await connection.lrem('millrace:run:wait', 0, id);
    await connection.zadd('millrace:run:failed', 1_767_225_600_000, id);
    await connection.rpush(`millrace:run:${id}:logs`, CANARY);
  });
}

async function openTellingWorld(): Promise<DashboardWorld> {
  const world = await openDashboardWorld({ login: await loginOfTwo() });
  const queues = await world.openQueues();
  await addSecretJob(queues);
  const stranger = { password: CANARY, run: CANARY } as unknown as { run: number; delivery: number }; // not ours
  await queues.run.add(CANARY, stranger, { jobId: 'stranger' });
  await queues.tick.upsertJobScheduler(
    'nightly',
    { pattern: '0 0 1 1 *' },
    { name: CANARY, data: { job: 'nightly', secret: CANARY } as { job: string } },
  );
  return world;
}

const READS = [
  '/',
  '/api/queues?activeQueue=run&status=failed&page=1&jobsPerPage=10',
  '/api/queues?activeQueue=run&status=latest&page=1&jobsPerPage=10',
  '/api/queues?activeQueue=tick&status=delayed&page=1&jobsPerPage=10',
  `/api/queues/run/${RUN_JOB}`,
  `/api/queues/run/${RUN_JOB}/logs`,
  `/api/queues/run/${RUN_JOB}/flow`,
  '/api/queues/run/stranger',
  '/api/job-schedulers',
  '/api/queues/run/workers',
  '/api/queues/run/default-job-options',
  '/api/redis/stats',
];

describe('Bull Board', () => {
  test('shows ids and nothing else of a job', async () => {
    const world = await openTellingWorld();
    for (const path of READS) {
      for (const who of [ADA, VIC]) {
        const { status, body } = await world.ask(`/queues${path}`, { headers: basic(who) });
        expect([path, status]).toEqual([path, 200]);
        expect(body).not.toContain(CANARY);
      }
    }
    const { body } = await world.ask(`/queues/api/queues/run/${RUN_JOB}`, { headers: basic(VIC) });
    expect(JSON.parse(body)).toEqual({
      status: 'failed',
      job: expect.objectContaining({
        id: RUN_JOB,
        name: 'spend',
        data: { run: 17, delivery: 1 },
        returnValue: { run: 17, snoozed: true },
        failedReason: 'The job failed: see the page of its run.',
        stacktrace: [],
        isFailed: true,
        externalUrl: { displayText: 'Run 17', href: '/runs/17' },
      }),
    });
  });

  test('loads nothing from elsewhere, and has no style in its page', async () => {
    const world = await openDashboardWorld();
    const { body } = await world.ask('/queues/');
    expect(body).not.toMatch(/https?:|<style|style=/);
    const scripts = [...body.matchAll(/(?:src|href)="(static\/[^"]+)"/g)].map(([, path]) => path ?? '');
    expect(scripts.length).toBeGreaterThan(3);
    expect(body).toMatch(/<body[^>]*><a class="millrace-back" href="\/">← Millrace<\/a>/);
    for (const path of scripts) expect((await world.ask(`/queues/${path}`)).status).toBe(200);
  });

  test('is read-only for viewers, and lets operators retry runs but no ticks', async () => {
    const world = await openTellingWorld();
    const modes = async (who: typeof ADA) => {
      const { body } = await world.ask('/queues/api/queues', { headers: basic(who) });
      const { queues } = JSON.parse(body) as { queues: { name: string; readOnlyMode: boolean }[] }; // Bull Board's
      return queues.map(({ name, readOnlyMode }) => [name, readOnlyMode]);
    };
    const closed = [
      ['run', true],
      ['backfill', true],
      ['tick', true],
    ];
    expect(await modes(VIC)).toEqual(closed);
    expect(await modes(ADA)).toEqual([
      ['run', false],
      ['backfill', false],
      ['tick', true],
    ]);
  });

  test('retries the run, not the job', async () => {
    await using failed = await deployedFailure();
    await reportAlive(failed.database, { id: 'test', kind: 'worker', host: 'test', pid: 1, version: '0.0.0' });
    const world = await openDashboardWorld({ database: failed.database, login: await loginOfTwo() });
    const queues = await world.openQueues();
    await addSecretJob(queues, RUN_JOB, failed.run);
    const ours = { host: new URL(world.url).host, origin: world.url, ...basic(ADA) };
    const path = `/queues/api/queues/run/${RUN_JOB}/retry`;
    expect((await world.ask(path, { method: 'PUT', headers: ours })).status).toBe(204);
    const next = failed.run + 1;
    expect(await failed.database.query('select id, state from millrace.run order by id')).toEqual([
      { id: failed.run, state: 'failed' },
      { id: next, state: 'planned' },
    ]);
    expect((await queues.run.getJobs(['waiting', 'prioritized'])).map(({ data }) => data)).toEqual([
      { run: next, delivery: 1 },
    ]);
    const again = await world.ask(path, { method: 'PUT', headers: ours });
    expect([again.status, again.body]).toEqual([409, expect.stringContaining(`run ${next} is already planned for`)]);
    expect(world.logged).toContainEqual({
      event: 'operation.done',
      verb: 'retry',
      actor: 'ada',
      kind: 'dashboard',
    });
  });

  test('reports that its Redis is unavailable, while other pages keep working', async () => {
    const world = await openDashboardWorld({ queueUrl: 'redis://:canary-5f3a@127.0.0.1:1' });
    const shown = await world.ask('/queues/');
    expect([shown.status, shown.body]).toEqual([503, expect.stringContaining('The queue (redis://127.0.0.1:1)')]);
    const api = await world.ask('/queues/api/queues');
    expect([api.status, JSON.parse(api.body)]).toEqual([503, { error: expect.stringContaining('127.0.0.1:1') }]);
    expect(shown.body + api.body).not.toContain(CANARY);
    expect((await world.ask('/health/ready')).status).toBe(200);
    expect((await world.ask('/runs')).status).toBe(200);
  });
});
