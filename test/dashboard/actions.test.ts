// What operators do from a page, and what is told of it on the next.

import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { openNotices } from '../../src/dashboard/notices.ts';
import { reportAlive } from '../../src/state/processes.ts';
import { type BackfillWorld, backfillWorld } from '../state/backfill-world.ts';
import { deployedFailure, type FailedRun } from './failed-run.ts';
import { ADA, type Answer, basic, type DashboardWorld, loginOfTwo, openDashboardWorld } from './server-world.ts';

type Operated = DashboardWorld & {
  post(path: string, body?: string): Promise<Answer>;
  told(answer: Answer): Promise<string>;
};

/** A dashboard that Ada, an operator, uses. */
async function operated({ database }: Pick<FailedRun, 'database'>, queueUrl?: string): Promise<Operated> {
  await reportAlive(database, { id: 'test', kind: 'worker', host: 'test', pid: 1, version: '0.0.0' });
  const login = await loginOfTwo();
  const world = await openDashboardWorld({ database, login, ...(queueUrl === undefined ? {} : { queueUrl }) });
  const headers = {
    host: new URL(world.url).host,
    origin: world.url,
    'content-type': 'application/x-www-form-urlencoded',
    ...basic(ADA),
  };
  return {
    ...world,
    post: (path, body = '') => world.ask(path, { method: 'POST', headers, body }),
    told: async ({ headers: { location } }) => {
      const { body } = await world.ask(String(location), { headers: basic(ADA) });
      return /<p class="notice"[^>]*>(.*?)<\/p>/s.exec(body)?.[1] ?? 'nothing';
    },
  };
}

async function backfilled(): Promise<{ world: BackfillWorld; dashboard: Operated; id: number }> {
  const world = await backfillWorld();
  const id = await world.start();
  return { world, dashboard: await operated({ database: world.app.database }), id };
}

describe('retrying a run', () => {
  test('plans a new one, hands it over, and leads to its page', async () => {
    await using failed = await deployedFailure();
    const dashboard = await operated(failed);
    const answer = await dashboard.post(`/runs/${failed.run}/retry`);
    const next = failed.run + 1;
    expect([answer.status, answer.headers['location']]).toEqual([
      303,
      expect.stringMatching(`^/runs/${next}\\?notice=`),
    ]);
    expect(await dashboard.told(answer)).toBe(`Run ${next} does what run ${failed.run} left undone.`);
    const queues = await dashboard.openQueues();
    expect((await queues.run.getJobs(['waiting', 'prioritized'])).map(({ data }) => data)).toEqual([
      { run: next, delivery: 1 },
    ]);
    expect(dashboard.logged).toContainEqual({
      event: 'operation.done',
      verb: 'retry',
      actor: 'ada',
      kind: 'dashboard',
    });
  });

  test('is refused with the sentence that the command says', async () => {
    await using failed = await deployedFailure();
    const dashboard = await operated(failed);
    await dashboard.post(`/runs/${failed.run}/retry`);
    const again = await dashboard.post(`/runs/${failed.run}/retry`);
    expect([again.status, again.body]).toEqual([409, expect.stringContaining('need not be retried')]);
    for (const id of ['0', '-1', '1e3', '99999999999999999999', 'x']) {
      expect((await dashboard.post(`/runs/${id}/retry`)).status).toBe(404);
    }
  });

  test('is refused while no worker is alive, as on the command line', async () => {
    await using failed = await deployedFailure();
    const dashboard = await operated(failed);
    await failed.database.run('delete from millrace.process');
    const answer = await dashboard.post(`/runs/${failed.run}/retry`);
    expect([answer.status, answer.body]).toEqual([
      409,
      expect.stringContaining('No worker is alive to perform the run'),
    ]);
    expect(await failed.database.query('select id from millrace.run')).toEqual([{ id: failed.run }]);
  });

  test('is recorded while the queue is away', async () => {
    await using failed = await deployedFailure();
    const dashboard = await operated(failed, 'redis://127.0.0.1:1');
    const answer = await dashboard.post(`/runs/${failed.run}/retry`);
    expect(await dashboard.told(answer)).toContain('The queue does not answer: it is recorded');
    expect(await failed.database.query(`select state from millrace.run where id = $1`, [failed.run + 1])).toEqual([
      { state: 'planned' },
    ]);
  });
});

describe('pausing a view', () => {
  test('lets it rest for the reason given, and resuming lets it go on', async () => {
    await using failed = await deployedFailure();
    const dashboard = await operated(failed);
    const paused = await dashboard.post('/views/spend/pause', 'reason=the+shop%0Ais+<b>moved</b>');
    expect(paused.headers['location']).toMatch(/^\/views\/spend\?notice=/);
    expect(await dashboard.told(paused)).toBe('spend is paused: nothing of it runs until it is resumed.');
    expect(await failed.database.query('select paused_reason as reason from millrace.view')).toEqual([
      { reason: 'the shop is <b>moved</b>' },
    ]);
    expect(await failed.database.query(`select note from millrace.event where kind = 'paused'`)).toEqual([
      { note: { kind: 'paused', facts: { by: 'ada', reason: 'the shop is <b>moved</b>' } } },
    ]);
    const { body } = await dashboard.ask('/views/spend', { headers: basic(ADA) });
    expect(body.replaceAll(/<[^>]*>/g, '')).toMatch(
      /spend is paused since \S+ \S+ UTC by ada: the shop is &lt;b&gt;moved/,
    );
    const again = await dashboard.post('/views/spend/pause');
    expect(await dashboard.told(again)).toBe('spend is paused already.');
    const resumed = await dashboard.post('/views/spend/resume');
    expect(await dashboard.told(resumed)).toBe(
      'spend goes on. Nothing of it is due now. 1 unit is held, and stays so until: millrace backfill spend --mode failed --from 2026-01-01 --to 2026-01-02',
    );
    expect(await failed.database.query('select paused_reason as reason from millrace.view')).toEqual([
      { reason: null },
    ]);
  });

  test('is refused for one that is retired', async () => {
    await using failed = await deployedFailure();
    await failed.database.run('update millrace.view set retired_at = millrace.now()');
    const answer = await (await operated(failed)).post('/views/spend/pause');
    expect([answer.status, answer.body]).toEqual([409, expect.stringContaining('spend is retired')]);
  });

  test('takes a form of a few words only', async () => {
    await using failed = await deployedFailure();
    const dashboard = await operated(failed);
    expect((await dashboard.post('/views/spend/pause', `reason=${'x'.repeat(20_000)}`)).status).toBe(413);
    await dashboard.post('/views/spend/pause', `reason=${'x'.repeat(10_000)}`);
    expect(await failed.database.query('select length(paused_reason) as length from millrace.view')).toEqual([
      { length: 500 },
    ]);
  });
});

describe('a backfill', () => {
  test('is paused, resumed and cancelled', async () => {
    const { world, dashboard, id } = await backfilled();
    await using _ = world;
    const paused = await dashboard.post(`/backfills/${id}/pause`);
    expect(await dashboard.told(paused)).toMatch(/^Backfill \d+ begins nothing more until it is resumed\./);
    expect((await world.overview(id)).state).toBe('paused');
    const resumed = await dashboard.post(`/backfills/${id}/resume`);
    expect(await dashboard.told(resumed)).toBe(`Backfill ${id} goes on: 4 chunks to do.`);
    expect((await world.overview(id)).state).toBe('running');
    const queues = await dashboard.openQueues();
    expect((await queues.backfill.getJobs(['waiting'])).length).toBeGreaterThan(0);
    const cancelled = await dashboard.post(`/backfills/${id}/cancel`);
    expect(await dashboard.told(cancelled)).toMatch(/^Backfill \d+ is cancelled; what it has stored stays\./);
    expect((await world.overview(id)).state).toBe('cancelled');
    expect(await dashboard.told(await dashboard.post(`/backfills/${id}/cancel`))).toBe(
      `Backfill ${id} is cancelled already.`,
    );
    const refused = await dashboard.post(`/backfills/${id}/pause`);
    expect([refused.status, refused.body]).toEqual([409, expect.stringContaining('cannot be paused')]);
    expect(refused.body).toContain(`<a href="/backfills/${id}">Back to what it was about</a>`);
  });
});

describe('the page of a backfill', () => {
  test('asks before it is cancelled, and not before it is paused', async () => {
    const { world, dashboard, id } = await backfilled();
    await using _ = world;
    const { body } = await dashboard.ask(`/backfills/${id}`, { headers: basic(ADA) });
    const asked = /<details class="ask"[^>]*><summary>(.*?)<\/summary><p>(.*?)<\/p>(.*?)<\/details>/s.exec(body);
    expect(asked?.slice(1, 3)).toEqual([
      'Cancel …',
      'Cancel it? What runs now is ended, and 4 chunks stay undone; what is stored stays stored.',
    ]);
    expect(asked?.[3]).toContain(`action="/backfills/${id}/cancel"`);
    expect(body.replace(asked?.[0] ?? '', '')).not.toContain('/cancel"');
    expect(body.replace(asked?.[0] ?? '', '')).toContain(`action="/backfills/${id}/pause"`);
  });
});

describe('a notice', () => {
  test('is forgotten after a minute', () => {
    let nowMs = 0;
    const notices = openNotices({ ...systemClock, monotonicMs: () => nowMs });
    const token = new URL(notices.pathWith('/runs/2', 'done'), 'http://h').searchParams.get('notice') ?? '';
    nowMs = 59_999;
    expect(notices.of(token)).toBe('done');
    nowMs = 60_000;
    expect(notices.of(token)).toBeNull();
  });

  test('is only what this dashboard has said', async () => {
    await using failed = await deployedFailure();
    const dashboard = await operated(failed);
    const made = { status: 303, body: '', headers: { location: `/runs/${failed.run}?notice=You+are+hacked` } };
    expect(await dashboard.told(made)).toBe('nothing');
  });
});
