import { beforeAll, describe, expect, test } from 'vitest';
import type { Check } from '../../src/definition/check.ts';
import { auditPage } from '../../src/state/audit.ts';
import { reportAlive } from '../../src/state/processes.ts';
import { identity } from '../queue/world.ts';
import { at, feature, view } from '../support/views.ts';
import { type ApiWorld, openApiWorld } from './world.ts';

let world: ApiWorld;

beforeAll(async () => {
  world = await openApiWorld();
  const query = `select '1' as entity_id, 1::float8 as value, {{end}} as timestamp`;
  const checks: Check[] = [{ kind: 'row', expression: 'value < 1', onFailure: 'fail', atLeast: 1 }];
  await world.apply(
    view({ query }),
    view({ name: 'bad', query: query.replace('1::', '1/0::') }),
    view({ name: 'checked', query, end: at('2026-01-02'), features: [feature('value', 'float')], checks }),
  );
});

const post = (path: string, body?: unknown) =>
  world.ask(`/api/v1${path}`, { method: 'POST', token: 'operator', ...(body === undefined ? {} : { body }) });
const get = (path: string) => world.ask(`/api/v1${path}`, { token: 'operator' });

describe('operations', () => {
  test('are refused without a worker', async () => {
    const { status, headers, body } = await post('/views/spend/run');
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'WORKER_MISSING', '2']);
  });

  test('run what is due, and tell where to look', async () => {
    await reportAlive(world.app.database, identity('worker'));
    const { status, headers, body } = await post('/views/spend/run');
    expect([status, body.backfill, body.delivered]).toEqual([202, null, true]);
    const [first] = body.runs;
    expect(headers.get('location')).toBe(`/api/v1/runs/${first}`);
    for (const run of body.runs) await world.perform(run);
    const run = await get(`/runs/${first}`);
    expect([run.body.state, run.body.error, run.body.counts]).toEqual([
      'done',
      null,
      {
        read: 1,
        accepted: 1,
        refused: 0,
        refused_by: {},
        inserted: 1,
        changed: 0,
        unchanged: 0,
        duplicates: 0,
        removed: 0,
        kept: 0,
      },
    ]);
    expect((await post('/views/spend/run')).body).toEqual({ runs: [], backfill: null, delivered: true });
  });

  test('retry a failed run', async () => {
    const { body } = await post('/views/bad/run');
    for (const run of body.runs) await world.perform(run);
    const [failed] = (await get('/runs?view=bad&state=failed')).body.runs;
    expect(failed.error.code).toBe('SOURCE_QUERY');
    const retried = await post(`/runs/${failed.id}/retry`);
    expect([retried.status, retried.body.runs.length]).toEqual([202, 1]);
    expect((await post(`/runs/${failed.id}/retry`)).status).toBe(400);
  });

  test('store rows although they fail checks', async () => {
    const [planned] = (await post('/views/checked/run')).body.runs;
    await world.perform(planned);
    const failed = (await get(`/runs/${planned}`)).body;
    expect([failed.error.code, failed.checks]).toEqual([
      'CHECK_FAILED',
      [
        {
          state: 'broken',
          on_failure: 'fail',
          accepted: false,
          detail: 'row "value < 1": 1 of 1 rows (100%) fails',
        },
      ],
    ]);
    const [accepting] = (await post(`/runs/${planned}/retry`, { accept_checks: true })).body.runs;
    await world.perform(accepting);
    const { state, checks } = (await get(`/runs/${accepting}`)).body;
    expect([state, checks[0].state, checks[0].accepted]).toEqual(['done', 'broken', true]);
    const [audited] = await auditPage(world.app.database, { view: 'checked', before: null, limit: 1 });
    expect(audited).toMatchObject({ verb: 'retry', request: { runs: [planned], acceptChecks: true } });
  });

  test.each([
    ['accepts no checks of a run that failed none', { accept_checks: true }, 400, 'ARGUMENT_INVALID'],
    ['refuses an unknown member', { acceptChecks: true }, 400, 'REQUEST_INVALID'],
    ['refuses other values than true and false', { accept_checks: 'yes' }, 400, 'REQUEST_INVALID'],
  ])('retry %s', async (_, body, status, code) => {
    const [run] = (await get('/runs?view=bad')).body.runs;
    const answer = await post(`/runs/${run.id}/retry`, body);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  test.each([
    ['application/json', '', 404, 'NOT_FOUND'],
    ['application/json', '{', 400, 'REQUEST_INVALID'],
    ['text/plain', '{}', 415, 'MEDIA_TYPE_UNKNOWN'],
  ])('answer a retry with a body of %s: %j', async (type, text, status, code) => {
    const headers = { 'content-type': type };
    const answer = await world.ask('/api/v1/runs/9999/retry', { method: 'POST', token: 'operator', text, headers });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  test.each(['backfill', 'restate', 'pause'])('answer a %s with an empty body as one without a body', async (verb) => {
    const headers = { 'content-type': 'application/json' };
    const path = `/api/v1/views/none/${verb}`;
    const answer = await world.ask(path, { method: 'POST', token: 'operator', text: '', headers });
    expect([answer.status, answer.body.code]).toEqual([404, 'NOT_FOUND']);
    expect(await post(`/views/none/${verb}`)).toMatchObject({ status: 404 });
  });

  test.each([
    ['restate', { from: '2026-01-02', to: '2026-01-01' }, 'The range is empty: from must be before to.'],
    ['backfill', { from: '2026-01-02', to: '2026-01-01' }, 'The range is empty: from must be before to.'],
    [
      'backfill',
      { allow_removals: true },
      'A backfill of missing units does not remove rows: to allow removals, use mode failed or all.',
    ],
  ])('explain a contradiction in the terms of the request: %s %j', async (verb, body, detail) => {
    expect(await post(`/views/spend/${verb}`, body)).toMatchObject({
      status: 400,
      body: { code: 'ARGUMENT_INVALID', detail },
    });
  });

  test('start, pause, resume and cancel a backfill', async () => {
    const { status, headers, body } = await post('/views/spend/backfill', {
      mode: 'all',
      from: '2026-01-01',
      to: '2026-01-02',
    });
    expect([status, headers.get('location')]).toEqual([202, `/api/v1/backfills/${body.backfill}`]);
    const stateAfter = async (control: string) => (await post(`/backfills/${body.backfill}/${control}`)).body.state;
    expect([await stateAfter('pause'), await stateAfter('resume'), await stateAfter('cancel')]).toEqual([
      'paused',
      'running',
      'cancelled',
    ]);
    expect((await get('/backfills')).body.backfills.map(({ id }: { id: number }) => id)).toEqual([body.backfill]);
  });

  test('restate a range, and plan nothing for an empty one', async () => {
    expect((await post('/views/spend/restate', { from: '2026-01-01', to: '2026-01-02' })).status).toBe(202);
    expect((await post('/views/spend/restate', { from: '2030-01-01' })).body.runs).toEqual([]);
    expect((await post('/views/spend/restate', { from: '2026-02-31' })).body.code).toBe('REQUEST_INVALID');
  });

  test('pause and resume a view', async () => {
    const changed = async (verb: string) =>
      (await post(`/views/spend/${verb}`, verb === 'pause' ? { reason: 'moving' } : undefined)).body.changed;
    expect([await changed('pause'), await changed('pause')]).toEqual([true, false]);
    const { body } = await get('/views/spend');
    expect([body.state, body.paused]).toEqual(['paused', 'moving']);
    expect((await post('/views/spend/run')).body.code).toBe('VIEW_PAUSED');
    expect([await changed('resume'), await changed('resume')]).toEqual([true, false]);
  });

  test('show the intervals of a view', async () => {
    const { body } = await get('/intervals?view=spend');
    expect([body.unit_seconds, body.watermark, body.intervals.covered]).toEqual([
      86_400,
      '2026-01-03T00:00:00.000Z',
      { units: 2, spans: [{ start: '2026-01-01T00:00:00.000Z', end: '2026-01-03T00:00:00.000Z' }], complete: true },
    ]);
  });

  test('are recorded with the name of the token', async () => {
    const rows = await auditPage(world.app.database, { view: 'spend', before: null, limit: 100 });
    expect(new Set(rows.map(({ actorKind, actorName }) => `${actorKind} ${actorName}`))).toEqual(
      new Set(['token operator']),
    );
    expect(new Set(rows.map(({ verb }) => verb))).toEqual(
      new Set([
        'run',
        'backfill.start',
        'backfill.pause',
        'backfill.resume',
        'backfill.cancel',
        'restate',
        'pause',
        'resume',
      ]),
    );
  });
});
