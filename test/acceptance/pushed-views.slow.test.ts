// A pushed view on every surface: commands, dashboard, alerts and metrics, with the real processes.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, test } from 'vitest';
import { hashOfToken } from '../../src/api/access/token.ts';
import { freePort } from '../../src/servers/free-port.ts';
import { ask, TOKENS } from '../api/world.ts';
import { CONFIG, type CommandWorld, openCommandWorld, type Started } from '../cli/world.ts';
import { until } from '../support/until.ts';

const score = (riskMax: number) => `name: score
description: What the risk model says
owner: risk-team
entity: customer
kind: pushed
tags: [signals]
features:
  - { name: risk, type: float, max: ${riskMax} }
  - { name: clicks, type: int, nullable: true }
`;
const SETTINGS = `api:
  tokens:
    reader: { hash: "\${READ_HASH}", role: read }
    pusher: { hash: "\${PUSH_HASH}", role: push }
    operator: { hash: "\${OPERATE_HASH}", role: operate }
alerts:
  to: { ops: { url: "\${OPS_URL}" } }
  rules: [{ when: refused_share, above: 2%, to: [ops] }]
`;
const T = '2026-01-05T10:00:00Z';

let world: CommandWorld;
let apiUrl: string;
let dashboardUrl: string;
/** The bodies that the webhook received. */
const messages: string[] = [];

const row = (entity: string, risk: number) => ({ entity_id: entity, timestamp: T, risk, clicks: 7 });

async function push(rows: readonly object[], wait: string) {
  const { status, body } = await ask(apiUrl, `/api/v1/views/score/rows?wait=${wait}`, {
    token: 'pusher',
    body: { rows },
  });
  return [status, body.status];
}

async function json(words: string) {
  const { code, stdout, stderr } = await world.millrace(`${words} --json`);
  expect({ words, code, stderr }).toEqual({ words, code: 0, stderr: '' });
  return JSON.parse(stdout);
}

async function page(path: string): Promise<string> {
  const answer = await fetch(`${dashboardUrl}${path}`);
  const text = await answer.text();
  expect({ path, status: answer.status }).toEqual({ path, status: 200 });
  return text.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
}

async function started(process: Started, event: string): Promise<void> {
  await Promise.race([
    until(() => process.output().includes(event)),
    process.ended.then(({ stderr, stdout }) => {
      throw new Error(`it ended: ${stderr}${stdout}`);
    }),
  ]);
}

async function startWebhook(): Promise<string> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    messages.push(body);
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on a port
  return `http://127.0.0.1:${port}/`;
}

beforeAll(async () => {
  const env = {
    READ_HASH: hashOfToken(TOKENS.reader),
    PUSH_HASH: hashOfToken(TOKENS.pusher),
    OPERATE_HASH: hashOfToken(TOKENS.operator),
    OPS_URL: await startWebhook(),
  };
  world = await openCommandWorld({
    'millrace.yaml': `${CONFIG}${SETTINGS}`,
    'features/score.yaml': score(100),
    '.env': Object.entries(env)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  });
  expect(await world.millrace('apply')).toMatchObject({ code: 0, stderr: '' });
  const [api, dashboard] = [await freePort(), await freePort()];
  [apiUrl, dashboardUrl] = [`http://127.0.0.1:${api}`, `http://127.0.0.1:${dashboard}`];
  const worker = world.start('worker');
  await started(worker, 'worker.started');
  await started(world.start(`api --port ${api}`), 'api.started');
  await started(world.start(`dashboard --port ${dashboard}`), 'dashboard.started');
  await started(world.start('scheduler'), 'scheduler.started');

  expect(await push([row('a', 1), row('b', 2)], 'published')).toEqual([200, 'published']);
  // These fit when they are pushed, and no longer when a worker stores them.
  worker.kill('SIGTERM');
  await worker.ended;
  const many = Array.from({ length: 12 }, (_, place) => row(`big${place}`, 50));
  expect(await push([row('c', 3), ...many], 'stored')).toEqual([200, 'stored']);
  await world.write({ 'features/score.yaml': score(10) });
  expect(await world.millrace('apply')).toMatchObject({ code: 0, stderr: '' });
  await started(world.start('worker'), 'worker.started');
  await until(async () => (await world.database.query('select from millrace.inbox')).length === 0);
  await until(async () => (await world.database.query(`select from millrace.run where state <> 'done'`)).length === 0);
}, 300_000);

describe('a pushed view', () => {
  test('is in status and runs', async () => {
    const { views } = await json('status score');
    expect(views).toMatchObject([
      { name: 'score', kind: 'pushed', state: 'ok', rows: 3, heldCauses: [], nextTick: null },
    ]);
    const { runs } = await json('runs score');
    const none = { changed: 0, unchanged: 0, duplicates: 0, removed: 0, kept: 0 };
    expect(runs.map(({ reason, state, counts }: Record<string, unknown>) => ({ reason, state, counts }))).toEqual([
      {
        reason: 'push',
        state: 'done',
        counts: { ...none, read: 13, accepted: 1, refused: 12, refusedBy: { value_out_of_limits: 12 }, inserted: 1 },
      },
      {
        reason: 'push',
        state: 'done',
        counts: { ...none, read: 2, accepted: 2, refused: 0, refusedBy: {}, inserted: 2 },
      },
    ]);
  });

  test('quarantines rows that no longer fit an edited definition', async () => {
    const { groups, rows } = await json('quarantine score');
    expect(rows[0].row).toEqual({ entity_id: 'big11', timestamp: T, risk: '50', clicks: '7' });
    expect(groups).toEqual([
      {
        reason: 'value_out_of_limits',
        field: 'risk',
        rows: 12,
        runs: 1,
        run: 2,
        examples: ['risk is "50", not at most 10'],
      },
    ]);
  });

  test('can be read, verified and rebuilt', async () => {
    const { entities } = await json('get score a c big1');
    expect(entities.map(({ values }: { values: unknown }) => values)).toEqual([
      { risk: 1, clicks: 7 },
      { risk: 3, clicks: 7 },
      null,
    ]);
    const verified = { view: 'score', comparedOffline: 3, comparedOnline: 3, total: 0 };
    expect((await json('verify score')).views).toMatchObject([verified]);
    expect((await world.millrace('rebuild score')).stdout).toBe('rebuilt  score: 0 written, 3 unchanged, 0 removed\n');
  });

  test.each([
    [
      'backfill score --yes',
      'score is a `pushed` view: it has no intervals, so it has no history to backfill. Programs push',
    ],
    [
      'restate score',
      'score is a `pushed` view, which has no past to restate. Programs push its rows: to replace a row',
    ],
    ['intervals score', 'score is a `pushed` view, which has no intervals.'],
    [
      'preview score',
      'The rows of score are pushed by other programs (kind: pushed), so there is no query to preview.',
    ],
  ])('refuses %s with a reason', async (words, reason) => {
    const { code, stderr } = await world.millrace(words);
    expect([code, stderr.slice(0, reason.length)]).toEqual([3, reason]);
  });

  test('fires alerts', async () => {
    await until(() => messages.length > 0);
    expect(JSON.parse(messages[0] ?? '')).toMatchObject({
      status: 'firing',
      rule: { when: 'refused_share' },
      summary: 'The last 2 runs of score refused 12 of 15 rows (80.0%).',
      views: [{ name: 'score' }],
    });
  });

  test.each([
    ['/', /score ok .*pushed rows/],
    [
      '/views/score',
      /score is a pushed view, so it has no intervals.*13 rows read: 1 inserted, 12 refused.*owner risk-team tags signals pauses/,
    ],
    ['/runs?view=score', /push ✓ done .* 13 rows read: 1 inserted, 12 refused/],
    ['/runs/2', /value_out_of_limits/],
    ['/quarantine?view=score', /value_out_of_limits score risk 12 1 2 risk is &quot;50&quot;, not at most 10/],
    ['/catalogue', /score What the risk model says risk-team customer risk float , clicks int pushed last stored/],
    ['/lineage', /score pushed by programs – – /],
    ['/views/score/values', /Values of score/],
    // One cell per hour of the last 24: the pushes are in the newest, or one before if the hour has ended since.
    ['/grid', /score \.{22}(\.#|#\.|##) 0/],
    ['/entities?id=c', /score run 2 .* risk: 3 clicks: 7 .* risk: 3 clicks: 7/],
    ['/audit?view=score', /pusher \(token\) push score .* rows 13/],
  ])('is on the page %s', async (path, shown) => {
    expect(await page(path)).toMatch(shown);
  });

  test('is in the views and runs of the API', async () => {
    const views = await ask(apiUrl, '/api/v1/views/score');
    expect(views.body).toMatchObject({ name: 'score', kind: 'pushed', state: 'ok', rows: 3, open_runs: 0 });
    const { body } = await ask(apiUrl, '/api/v1/runs?view=score');
    expect(body.runs.map(({ reason, span }: Record<string, unknown>) => [reason, span])).toEqual([
      ['push', null],
      ['push', null],
    ]);
  });
});
