// The operator's actions on a page, and the notice on the next page.

import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { openNotices } from '../../src/dashboard/notices.ts';
import { reportAlive } from '../../src/state/processes.ts';
import { openShop, PARTS, VIEW } from '../declared/incremental.ts';
import { type BackfillWorld, backfillWorld } from '../state/backfills/backfill-world.ts';
import { deployedFailure, type FailedRun } from './failed-run.ts';
import { ADA, type Answer, basic, type DashboardWorld, loginOfTwo, openDashboardWorld } from './server-world.ts';

type Operated = DashboardWorld & {
  post(path: string, body?: string): Promise<Answer>;
  noticeOf(answer: Answer): Promise<string>;
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
    noticeOf: async ({ headers: { location } }) => {
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
  test('plans a new run, queues it, and redirects to its page', async () => {
    await using failed = await deployedFailure();
    const dashboard = await operated(failed);
    const answer = await dashboard.post(`/runs/${failed.run}/retry`);
    const next = failed.run + 1;
    expect([answer.status, answer.headers['location']]).toEqual([
      303,
      expect.stringMatching(`^/runs/${next}\\?notice=`),
    ]);
    expect(await dashboard.noticeOf(answer)).toBe(`Run ${next} retries run ${failed.run}.`);
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

  test('is refused with the sentence that the command prints', async () => {
    await using failed = await deployedFailure();
    const dashboard = await operated(failed);
    await dashboard.post(`/runs/${failed.run}/retry`);
    const again = await dashboard.post(`/runs/${failed.run}/retry`);
    expect([again.status, again.body]).toEqual([409, expect.stringContaining('does not need to be retried')]);
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
      expect.stringContaining('No worker is running, so the run would wait forever'),
    ]);
    expect(await failed.database.query('select id from millrace.run')).toEqual([{ id: failed.run }]);
  });

  test('is recorded while the queue is unavailable', async () => {
    await using failed = await deployedFailure();
    const dashboard = await operated(failed, 'redis://127.0.0.1:1');
    const answer = await dashboard.post(`/runs/${failed.run}/retry`);
    expect(await dashboard.noticeOf(answer)).toContain('The queue is not responding. The request is recorded');
    expect(await failed.database.query(`select state from millrace.run where id = $1`, [failed.run + 1])).toEqual([
      { state: 'planned' },
    ]);
  });
});

describe('pausing a view', () => {
  test('stores the reason, and resuming clears it', async () => {
    await using failed = await deployedFailure();
    const dashboard = await operated(failed);
    const paused = await dashboard.post('/views/spend/pause', 'reason=the+shop%0Ais+<b>moved</b>');
    expect(paused.headers['location']).toMatch(/^\/views\/spend\?notice=/);
    expect(await dashboard.noticeOf(paused)).toBe('spend is paused: no new runs start until you resume it.');
    expect(await failed.database.query('select paused_reason as reason from millrace.view')).toEqual([
      { reason: 'the shop is <b>moved</b>' },
    ]);
    expect(await failed.database.query(`select note from millrace.event where kind = 'paused'`)).toEqual([
      { note: { kind: 'paused', facts: { by: 'ada', reason: 'the shop is <b>moved</b>' } } },
    ]);
    const { body } = await dashboard.ask('/views/spend', { headers: basic(ADA) });
    expect(body.replaceAll(/<[^>]*>/g, '')).toMatch(
      /spend has been paused since \S+ \S+ UTC by ada: the shop is &lt;b&gt;moved/,
    );
    const again = await dashboard.post('/views/spend/pause');
    expect(await dashboard.noticeOf(again)).toBe('spend is already paused.');
    const resumed = await dashboard.post('/views/spend/resume');
    expect(await dashboard.noticeOf(resumed)).toBe(
      'spend has been resumed. Nothing is due now. 1 unit stays held; to run it: millrace backfill spend --mode failed --from 2026-01-01 --to 2026-01-02',
    );
    expect(await failed.database.query('select paused_reason as reason from millrace.view')).toEqual([
      { reason: null },
    ]);
  });

  test('says what happened to an incremental view, although its parts were in another state', async () => {
    await using world = await openShop();
    await world.apply(VIEW);
    const { database } = world.app;
    const dashboard = await operated({ database });
    await database.run(
      `update millrace.view set paused_kind = 'person', paused_by = 'bob', paused_reason = 'moving',
                               paused_at = millrace.now() where name = $1`,
      [VIEW.name],
    );
    const noticeAfter = async (verb: string) => dashboard.noticeOf(await dashboard.post(`/views/${VIEW.name}/${verb}`));
    expect(await noticeAfter('resume')).toMatch(/^activity has been resumed\. 3 runs will start/);
    expect(await noticeAfter('resume')).toMatch(/^activity is not paused\./);
    await database.run(
      `update millrace.view set paused_kind = 'person', paused_by = 'bob', paused_reason = 'moving',
                               paused_at = millrace.now() where name = $1`,
      [PARTS],
    );
    expect(await noticeAfter('pause')).toBe('activity is paused: no new runs start until you resume it.');
    expect(await noticeAfter('pause')).toBe('activity is already paused.');
  });

  test('is refused for one that is retired', async () => {
    await using failed = await deployedFailure();
    await failed.database.run('update millrace.view set retired_at = millrace.now()');
    const answer = await (await operated(failed)).post('/views/spend/pause');
    expect([answer.status, answer.body]).toEqual([409, expect.stringContaining('spend is retired')]);
  });

  test('limits the size of a form', async () => {
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
    expect(await dashboard.noticeOf(paused)).toMatch(
      /^Backfill \d+ is paused; no new chunks start until you resume it\./,
    );
    expect((await world.overview(id)).state).toBe('paused');
    const resumed = await dashboard.post(`/backfills/${id}/resume`);
    expect(await dashboard.noticeOf(resumed)).toBe(`Backfill ${id} has been resumed: 4 chunks to do.`);
    expect((await world.overview(id)).state).toBe('running');
    const queues = await dashboard.openQueues();
    expect((await queues.backfill.getJobs(['waiting'])).length).toBeGreaterThan(0);
    const cancelled = await dashboard.post(`/backfills/${id}/cancel`);
    expect(await dashboard.noticeOf(cancelled)).toMatch(/^Backfill \d+ is cancelled\. Stored rows are kept\./);
    expect((await world.overview(id)).state).toBe('cancelled');
    expect(await dashboard.noticeOf(await dashboard.post(`/backfills/${id}/cancel`))).toBe(
      `Backfill ${id} is already cancelled.`,
    );
    const refused = await dashboard.post(`/backfills/${id}/pause`);
    expect([refused.status, refused.body]).toEqual([409, expect.stringContaining('cannot be paused')]);
    expect(refused.body).toContain(`<a href="/backfills/${id}">Back</a>`);
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
      `Cancel backfill ${id}? Its running chunks will stop, and 4 chunks will not be completed. Stored rows are kept.`,
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

  test('shows only notices of this dashboard', async () => {
    await using failed = await deployedFailure();
    const dashboard = await operated(failed);
    const made = { status: 303, body: '', headers: { location: `/runs/${failed.run}?notice=You+are+hacked` } };
    expect(await dashboard.noticeOf(made)).toBe('nothing');
  });
});

describe('operations on many views', () => {
  test('retry, pause and resume the views of a source, a tag, or all', async () => {
    await using failed = await deployedFailure();
    const dashboard = await operated(failed);
    const did = async (verb: string, body: string) => dashboard.noticeOf(await dashboard.post(`/bulk/${verb}`, body));
    expect(await did('retry', 'target=source%3Ashop&code=')).toBe('1 run planned in 1 view.');
    expect(await did('retry', 'target=all&code=FILE_BROKEN')).toBe('There are no failed runs to retry.');
    expect(await did('pause', 'target=source%3Ashop&reason=moving')).toBe('Paused 1 view: spend.');
    expect(await did('pause', 'target=all')).toBe('All of these views are already paused.');
    expect(await did('resume', 'target=all')).toBe('Resumed 1 view: spend.');
    expect(await did('resume', 'target=all')).toBe('None of these views is paused.');
    const wrong = await dashboard.post('/bulk/pause', 'target=everything');
    expect([wrong.status, wrong.body]).toEqual([409, expect.stringContaining('selects no views')]);
    const rows = await dashboard.database.query(
      `select verb, request from millrace.audit where verb = 'pause' order by id`,
    );
    expect(rows[0]).toEqual({ verb: 'pause', request: { views: [], source: 'shop', all: false, reason: 'moving' } });
  });

  test('are not offered to viewers, and refused', async () => {
    await using failed = await deployedFailure();
    const viewers = await openDashboardWorld({ database: failed.database });
    expect((await viewers.ask('/')).body).not.toContain('/bulk/');
    const asked = {
      method: 'POST',
      body: 'target=all',
      headers: {
        host: new URL(viewers.url).host,
        origin: viewers.url,
        'content-type': 'application/x-www-form-urlencoded',
      },
    };
    expect((await viewers.ask('/bulk/pause', asked)).status).toBe(403);
  });
});
