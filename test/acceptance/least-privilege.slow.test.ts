// docs/guides/least-privilege.md: runs its code blocks unchanged, and then Millrace with the roles that they create.

import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashOfToken } from '../../src/api/access/token.ts';
import { epochMicrosOf } from '../../src/core/instant.ts';
import { hashPassword } from '../../src/dashboard/access/password.ts';
import { openReader } from '../../src/reader.ts';
import { freePort } from '../../src/servers/free-port.ts';
import { askRedis } from '../../src/servers/redis-inline.ts';
import { type PostgresServer, startPostgres, startRedis } from '../../src/servers/servers.ts';
import { ask, TOKENS } from '../api/world.ts';
import { CONFIG, NIGHTLY, performMillrace, projectFolder, SPEND, type Started, startMillrace } from '../cli/world.ts';
import { openTestDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';

const PASSWORD = 'password-of-a-role';
const MIGRATOR = 'millrace_migrator';
const WORKER = 'millrace_worker';
const DASHBOARD = 'millrace_dashboard';
const API = 'millrace_api';
const READER = 'feature_reader';

/** The blocks of a language in a page of docs/, in order, with a password where the page omits it. */
function blocks(page: string, language: string): string[] {
  const text = readFileSync(join(import.meta.dirname, '../../docs', page), 'utf8');
  const found = [...text.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'gm'))];
  return found.map(([, block = '']) => block.replaceAll(/…|(?<=>)PASSWORD/g, PASSWORD));
}

const SOURCE_ROLE = 'millrace_reader';
const LOGIN = `dashboard:
  users:
    ada: { role: operator, password: "\${ADA}" }
`;
/** A token of each role. */
const API_TOKENS = `api:
  tokens:
    reader: { hash: "\${READ_HASH}", role: read }
    pusher: { hash: "\${PUSH_HASH}", role: push }
    operator: { hash: "\${OPERATE_HASH}", role: operate }
`;
const TOKEN_HASHES = {
  READ_HASH: hashOfToken(TOKENS.reader),
  PUSH_HASH: hashOfToken(TOKENS.pusher),
  OPERATE_HASH: hashOfToken(TOKENS.operator),
};
const PROJECT = {
  'millrace.yaml': `${CONFIG}${LOGIN}${API_TOKENS}`,
  'features/spend.yaml': view('spend', 'sum(amount)'),
  'features/score.yaml': 'name: score\nentity: customer\nkind: pushed\ntype: float\n',
  'jobs/nightly.yaml': NIGHTLY,
};

function view(name: string, value: string): string {
  const query = `select customer as entity_id, ${value} as value, {{end}} as timestamp from orders where at < {{end}} group by 1`;
  return SPEND.replace('name: spend', `name: ${name}`).replace(/^query: .*$/m, `query: ${query}`);
}

function as(url: string, user: string): string {
  const parsed = new URL(url);
  parsed.username = user;
  parsed.password = PASSWORD;
  return parsed.href;
}

async function runSql(url: string, ...texts: readonly string[]): Promise<void> {
  await using database = openTestDatabase(url);
  for (const text of texts) await database.run(text);
}

/** @throws Error with its output if it ends instead. */
async function started({ output, ended }: Started): Promise<void> {
  const early = ended.then(({ code, stdout, stderr }) => {
    throw new Error(`it ended with ${code}: ${stderr}${stdout}`);
  });
  await Promise.race([early, until(() => output().includes('.started'))]).catch((error) => {
    throw new Error(output(), { cause: error });
  });
}

describe('docs/guides/least-privilege.md', () => {
  const held = new AsyncDisposableStack();
  let folder: string;
  let postgres: PostgresServer;
  let [offline, online, queue, shop] = ['', '', '', ''];
  let common: Record<string, string>;
  /** Grants what only the operations of the API need. */
  let letOperate: () => Promise<void>;

  /** The variables of a process of a role. */
  const envOf = (role: string) => ({
    ...common,
    MILLRACE_OFFLINE_URL: as(offline, role),
    MILLRACE_ONLINE_URL: as(online, role),
    MILLRACE_QUEUE_URL: as(queue, role),
  });
  const millrace = (role: string, words: string) => performMillrace(folder, words, envOf(role));

  beforeAll(async () => {
    postgres = held.use(await startPostgres());
    const redis = [held.use(await startRedis()), held.use(await startRedis())] as const;
    [online, queue] = [redis[0].url, redis[1].url];
    offline = await postgres.createDatabase('millrace');
    shop = await postgres.createDatabase('shop');
    await runSql(
      shop,
      `create table orders as select 'ada' as customer, 2.5 as amount, timestamptz '2026-01-01 12:00Z' as at`,
      'create table reviews (review text)',
      ...blocks('reference/sources/postgres.md', 'sql').slice(0, 1),
    );
    const acls = blocks('guides/least-privilege.md', 'acl').map((block) => block.trim().split('\n'));
    for (const [index, lines] of acls.entries()) {
      const said = await askRedis(
        redis[index]?.url ?? '',
        lines.map((line) => `acl setuser ${line.replace(/^user /, '')}`),
      );
      expect(said).toEqual(lines.map(() => '+OK'));
    }
    common = { SHOP_DATABASE_URL: as(shop, SOURCE_ROLE), ADA: await hashPassword(PASSWORD), ...TOKEN_HASHES };
    folder = await projectFolder(PROJECT);
    const [before = '', after = '', operating = ''] = blocks('guides/least-privilege.md', 'sql');
    await runSql(offline, before);
    expect(await millrace(MIGRATOR, 'migrate')).toMatchObject({ code: 0 });
    await runSql(offline, after);
    letOperate = () => runSql(offline, operating);
  }, 300_000);

  afterAll(() => held.disposeAsync());

  test('lets scheduler, worker and operators do all their work', async () => {
    const services = [
      startMillrace(folder, 'scheduler', envOf(WORKER)),
      startMillrace(folder, 'worker', envOf(WORKER)),
    ];
    for (const service of services) await started(service);

    expect(await millrace(WORKER, 'run spend')).toMatchObject({ code: 0, stdout: expect.stringContaining('2 runs') });
    for (const words of [
      'restate spend --from 2026-01-01 --to 2026-01-02',
      'rebuild spend',
      'verify spend',
      'pause spend',
      'resume spend',
      'status',
      'plan',
      'apply',
      'backfill spend --from 2026-01-01 --to 2026-01-03 --mode all --yes',
    ]) {
      expect({ words, ...(await millrace(WORKER, words)) }).toMatchObject({ words, code: 0 });
    }
    for (const { kill } of services) kill('SIGTERM');
    expect((await Promise.all(services.map(({ ended }) => ended))).map(({ code }) => code)).toEqual([0, 0]);
  }, 300_000);

  test('lets the dashboard show and act', async () => {
    const port = await freePort();
    const dashboard = startMillrace(folder, `dashboard --port ${port}`, envOf(DASHBOARD));
    await started(dashboard);
    const url = `http://127.0.0.1:${port}`;
    const headers = { authorization: `Basic ${Buffer.from(`ada:${PASSWORD}`).toString('base64')}` };
    const pages = [
      '/',
      '/views/spend',
      '/runs',
      '/runs/1',
      '/backfills',
      '/backfills/1',
      '/audit',
      '/queues/',
      '/queues/api/queues',
    ];
    for (const page of pages) {
      expect({ page, status: (await fetch(`${url}${page}`, { headers })).status }).toEqual({ page, status: 200 });
    }

    // The workers were stopped above, so requests for them are refused.
    await runSql(
      offline,
      `insert into millrace.process (id, kind, host, pid, version) values ('test', 'worker', 'test', 1, '0')`,
    );
    const act = async (path: string) => {
      const ours = { ...headers, origin: url, 'sec-fetch-site': 'same-origin' };
      const answer = await fetch(`${url}${path}`, { method: 'POST', headers: ours, redirect: 'manual' });
      return { path, status: answer.status, body: await answer.text() };
    };
    await runSql(offline, `update millrace.run set state = 'failed' where id = 1`);
    await runSql(
      offline,
      `update millrace.coverage set held = tstzmultirange(span), covered = covered - tstzmultirange(span) from millrace.run where id = 1`,
    );
    const backfill = ['pause', 'resume', 'cancel'].map((verb) => `/backfills/1/${verb}`);
    await runSql(offline, `update millrace.backfill set state = 'running', closed_at = null where id = 1`);
    await runSql(offline, 'update millrace.backfill_chunk set run_id = null where backfill_id = 1');
    const view = ['pause', 'resume', 'rebuild'].map((verb) => `/views/spend/${verb}`);
    const again = ['restate', 'backfill'].map((verb) => `/views/spend/${verb}`);
    for (const path of [...view, '/runs/1/retry', ...backfill, ...again]) {
      expect(await act(path)).toEqual({ path, status: 303, body: '' });
    }
    dashboard.kill('SIGTERM');
    expect((await dashboard.ended).code).toBe(0);
    // It failed without an error, as no real run does.
    await runSql(offline, `update millrace.run set state = 'done' where id = 1`);
  }, 300_000);

  test('lets the API read, take pushed rows and, if allowed, operate', async () => {
    const worker = startMillrace(folder, 'worker', envOf(WORKER));
    const port = await freePort();
    const api = startMillrace(folder, `api --port ${port}`, envOf(API));
    for (const service of [worker, api]) await started(service);
    const call = async (token: keyof typeof TOKENS, path: string, body?: object) => {
      const answer = await ask(`http://127.0.0.1:${port}`, path, { token, ...(body === undefined ? {} : { body }) });
      return { path, status: answer.status, body: answer.body };
    };
    const rows = [{ entity_id: 'ada', timestamp: '2026-01-02T10:00:00Z', score: 0.5 }];
    expect(await call('pusher', '/api/v1/views/score/rows?wait=published', { rows })).toMatchObject({
      status: 200,
      body: { accepted: 1, status: 'published' },
    });
    const keyed = { token: 'pusher', body: { rows }, headers: { 'idempotency-key': 'once' } } as const;
    for (const _ of [1, 2]) {
      expect((await ask(`http://127.0.0.1:${port}`, '/api/v1/views/score/rows', keyed)).status).toBe(200);
    }
    const features = ['spend', 'score'];
    const pairs = [{ entity_id: 'ada', at: '2026-01-02T12:00:00Z' }];
    expect(await call('reader', '/api/v1/online', { features, entities: { customer: ['ada'] } })).toMatchObject({
      body: { rows: [{ features: { spend: { value: 2.5 }, score: { value: 0.5 } } }] },
    });
    expect(await call('reader', '/api/v1/as-of', { features, pairs })).toMatchObject({
      body: { rows: [{ features: { spend: { value: 2.5 }, score: { value: 0.5 } } }] },
    });
    for (const path of ['views', 'views/spend', 'runs', 'runs/1', 'backfills', 'backfills/1', 'intervals?view=spend']) {
      const { status, body } = await call('reader', `/api/v1/${path}`);
      expect({ path, status, detail: body.detail }).toEqual({ path, status: 200, detail: undefined });
    }

    const operations = ['pause', 'resume', 'run', 'restate', 'backfill'].map((verb) => `/api/v1/views/spend/${verb}`);
    // The others change nothing here.
    for (const path of operations.filter((one) => /pause|restate/.test(one))) {
      expect(await call('operator', path, {})).toMatchObject({ path, status: 503, body: { code: 'OFFLINE_DENIED' } });
    }
    await letOperate();
    for (const path of operations) {
      const { status, body } = await call('operator', path, {});
      expect({ path, status, detail: body.detail }).toEqual({
        path,
        status: status === 202 ? 202 : 200,
        detail: undefined,
      });
    }
    for (const { kill } of [worker, api]) kill('SIGTERM');
    expect((await Promise.all([worker.ended, api.ended])).map(({ code }) => code)).toEqual([0, 0]);
    await runSql(offline, `revoke ${DASHBOARD} from ${API}`);
  }, 300_000);

  test('lets programs and users read features, including those of new views', async () => {
    await writeFile(join(folder, 'features/newer.yaml'), view('newer', 'max(amount)'));
    expect(await millrace(WORKER, 'run newer --here')).toMatchObject({ code: 0 });

    expect(await millrace(READER, 'get newer ada')).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('2.5'),
    });
    await using reader = openReader({ offlineUrl: as(offline, READER), onlineUrl: as(online, READER) });
    expect((await reader.readOnline(['spend', 'newer'], ['ada'])).get('ada')).toMatchObject({
      spend: { values: { spend: 2.5 } },
      newer: { values: { newer: 2.5 } },
    });
    expect(
      await reader.readAsOf('newer', [
        { entityId: 'ada', at: epochMicrosOf(Date.parse('2026-01-02T12:00:00Z') * 1_000) },
      ]),
    ).toMatchObject([{ values: { newer: 2.5 } }]);
    await runSql(as(offline, READER), 'select newer from features.newer');
  });

  test.each([
    [READER, 'select 1 from millrace.run'],
    [READER, 'select 1 from millrace.quarantine'],
    [READER, 'delete from features.spend'],
    [READER, 'update millrace.view set paused_kind = null'],
    [READER, 'create table features.mine (a int)'],
    [READER, 'create table public.mine (a int)'],
    [READER, 'create temporary table mine (a int)'],
    [API, 'delete from features.spend'],
    [API, 'delete from millrace.inbox'],
    [API, 'select data from millrace.inbox'],
    [API, 'update millrace.inbox set rows = 0'],
    [API, 'select 1 from millrace.quarantine'],
    [API, 'select 1 from millrace.audit'],
    [API, `update millrace.run set state = 'done'`],
    [API, 'update millrace.view set paused_kind = null'],
    [API, 'update millrace.coverage set covered = default'],
    [API, 'create table features.mine (a int)'],
    [API, 'create temporary table mine (a int)'],
    [DASHBOARD, 'select 1 from features.spend'],
    [DASHBOARD, 'delete from millrace.run'],
    [DASHBOARD, 'update millrace.migration set name = name'],
    [DASHBOARD, 'create table staging.mine (a int)'],
    [DASHBOARD, 'truncate millrace.event'],
    [WORKER, 'create schema mine'],
    [WORKER, 'create table millrace.mine (a int)'],
    [WORKER, 'alter table millrace.run add column mine int'],
    [WORKER, 'drop table millrace.event'],
    [WORKER, 'create role mine'],
    [MIGRATOR, 'create role mine'],
    [MIGRATOR, 'select 1 from pg_authid'],
    [MIGRATOR, 'create database mine'],
  ])('does not let %s do: %s', async (role, text) => {
    await expect(runSql(as(offline, role), text)).rejects.toThrow(/permission denied|must be owner/);
  });

  test.each([
    [READER, 'online', 'hset mr:spend:ada spend 1'],
    [READER, 'online', 'get other'],
    [READER, 'online', 'scan 0'],
    [READER, 'online', 'eval "return 1" 0'],
    [API, 'online', 'hset mr:spend:ada spend 1'],
    [API, 'online', 'del mr:spend:ada'],
    [API, 'online', 'get other'],
    [API, 'queue', 'set other 1'],
    [API, 'queue', 'flushall'],
    [WORKER, 'online', 'set other 1'],
    [WORKER, 'online', 'flushall'],
    [WORKER, 'online', 'config get requirepass'],
    [WORKER, 'online', 'keys mr:*'],
    [WORKER, 'queue', 'set other 1'],
    [WORKER, 'queue', 'flushdb'],
    [WORKER, 'queue', 'acl list'],
    [DASHBOARD, 'queue', 'get mr:spend:ada'],
    [DASHBOARD, 'queue', 'shutdown'],
    [DASHBOARD, 'queue', 'publish other x'],
  ])('does not let %s do in the Redis of %s: %s', async (role, store, command) => {
    const url = as(store === 'online' ? online : queue, role);
    expect(await askRedis(url, [command])).toEqual([expect.stringMatching(/^-NOPERM/)]);
  });

  test.each([
    "select pg_notify('a', 'b')",
    'select lo_creat(-1)',
    'select lo_create(0)',
    "select lo_from_bytea(0, 'x')",
    'create temporary table mine (a int)',
    'insert into orders select * from orders',
  ])('does not let the role of a source do: %s', async (text) => {
    await expect(runSql(as(shop, SOURCE_ROLE), `begin read write; ${text}; commit`)).rejects.toThrow(
      /permission denied/,
    );
  });
});
