// Processes with wrong clocks, and sources with future times: only the clock of the state database decides.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { App } from '../../src/app.ts';
import { initProject } from '../../src/init/init.ts';
import { planBackfill } from '../../src/state/backfills/backfill.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/runs/run.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import { job, LEAP_DAYS } from '../queue/world.ts';
import {
  applyViews,
  freshConnections,
  openFaultApp,
  startSchedulerProcess,
  startWorkerProcess,
} from '../support/processes/fault-world.ts';
import { shiftedClock } from '../support/processes/shifted-clock.ts';
import { freshDatabase, freshRedis } from '../support/servers.ts';
import { until } from '../support/until.ts';
import { at, view } from '../support/views.ts';

const BIN = join(import.meta.dirname, '../../bin/millrace.mjs');
const HOUR_MS = 3_600_000;
const OFF = [
  ['ahead of', HOUR_MS],
  ['behind', -HOUR_MS],
] as const;
async function ended(kind: string, env: Readonly<Record<string, string>>): Promise<{ code: unknown; said: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-clock-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  await initProject(folder);
  const urls = {
    MILLRACE_OFFLINE_URL: await freshDatabase(),
    MILLRACE_ONLINE_URL: await freshRedis('online'),
    MILLRACE_QUEUE_URL: await freshRedis('queue'),
  };
  const child = spawn(process.execPath, [BIN, kind, '--project', folder], {
    env: { ...process.env, ...urls, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stderr.on('data', (chunk) => (said += chunk));
  const [code] = await once(child, 'close');
  return { code, said };
}

describe.each(['worker', 'scheduler'])('millrace %s', (kind) => {
  test.each(OFF)('refuses to start with a clock an hour %s the others', async (_, aheadMs) => {
    const { code, said } = await ended(kind, shiftedClock(aheadMs));
    const where = aheadMs > 0 ? 'behind' : 'ahead of';
    expect(said).toMatch(
      new RegExp(
        `The clock of the queue's Redis is (3600\\.0|359\\d\\.\\d) s ${where} the clock of this machine\\. A difference of more than 5 s makes runs late or early: synchronize both clocks with NTP\\.`,
      ),
    );
    expect(code).toBe(1);
  });
});

const HOURLY = view({
  name: 'visits',
  kind: 'events',
  unitMs: HOUR_MS,
  start: at('2026-01-01'),
  end: null,
  query: 'select entity_id, at as timestamp, value from visits where at >= {{start}} and at < {{end}}',
});
const STOCK = view({
  ...HOURLY,
  name: 'stock',
  kind: 'latest',
  query: 'select entity_id, at as timestamp, value from visits',
});

/** A source with a visit in each of the next hours, at 06:30 of the state database's clock. */
async function shop(): Promise<App & { setClock(time: string): Promise<void> }> {
  const app = await openFaultApp(await freshConnections());
  onTestFinished(() => app[Symbol.asyncDispose]());
  const { database } = app;
  const setClock = (time: string) =>
    database.run(
      `create or replace function millrace.now() returns timestamptz language sql volatile
         as $$ select timestamptz '2026-01-01 ${time}Z' + (clock_timestamp() - timestamptz '${new Date().toISOString()}') $$`,
    );
  await setClock('06:30');
  await database.run('create table visits (entity_id text, at timestamptz, value float8)');
  await database.run(
    `insert into visits select 'v' || n, timestamptz '2026-01-01 00:15Z' + n * interval '1 hour', n from generate_series(0, 9) n`,
  );
  return Object.assign(app, { setClock: async (time: string) => void (await setClock(time)) });
}

const unchecked = { queueSettings: { clockSkewMaxMs: Number.MAX_SAFE_INTEGER } };

const stateOf = async ({ database }: App) => ({
  covered: await database.query(
    `select v.name, c.covered::text from millrace.coverage c join millrace.view v on v.id = c.view_id order by 1`,
  ),
  visits: await database.query(
    'select max(event_timestamp)::text as newest, count(*)::int as rows from features.visits',
  ),
  stock: await database.query('select max(event_timestamp)::text as newest, count(*)::int as rows from features.stock'),
  refused: await database.query('select distinct reason from millrace.quarantine'),
});

const HOURS_UP_TO = (hour: string) => `{["2026-01-01 00:00:00+00","2026-01-01 ${hour}:00:00+00")}`;

describe('processes without the check', () => {
  test.each(OFF)(
    'do what the clock of the state database says, although theirs is an hour %s it',
    async (_, clockAheadMs) => {
      const app = await shop();
      await using queues = await app.openQueues();
      const definitions = { views: [HOURLY, STOCK], jobs: [job({ cron: LEAP_DAYS, views: ['visits', 'stock'] })] };
      startSchedulerProcess(app.connections, definitions, { clockAheadMs, ...unchecked });
      startWorkerProcess(app.connections, null, null, { clockAheadMs, ...unchecked });
      await until(async () => (await queues.tick.getJobSchedulersCount()) === 1);
      const ticked = async () => {
        const [before] = await app.database.query<{ runs: number }>('select count(*)::int as runs from millrace.run');
        await queues.tick.add('now', { job: 'nightly' });
        await until(async () => {
          const [now] = await app.database.query<{ runs: number; open: number }>(
            `select count(*)::int as runs, (count(*) filter (where state <> 'done'))::int as open from millrace.run`,
          );
          return now !== undefined && now.runs > (before?.runs ?? 0) && now.open === 0;
        });
      };
      await ticked();
      expect(await stateOf(app)).toEqual({
        covered: [
          { name: 'stock', covered: '{}' },
          { name: 'visits', covered: HOURS_UP_TO('06') },
        ],
        visits: [{ newest: '2026-01-01 05:15:00+00', rows: 6 }],
        // Times after the state database's clock are in the future, even for a worker that is ahead.
        stock: [{ newest: '2026-01-01 06:15:00+00', rows: 7 }],
        refused: [{ reason: 'timestamp_in_future' }],
      });
      await app.setClock('07:30');
      await ticked();
      expect(await stateOf(app)).toMatchObject({
        covered: [{ name: 'stock' }, { name: 'visits', covered: HOURS_UP_TO('07') }],
        visits: [{ newest: '2026-01-01 06:15:00+00', rows: 7 }],
        stock: [{ newest: '2026-01-01 07:15:00+00', rows: 8 }],
      });
    },
  );
});

describe('planBackfill', () => {
  test('limits a range that ends in 2030 to settled time, and reports the rest', async () => {
    const app = await shop();
    const { database } = app;
    await applyViews(app, HOURLY);
    const plan = await planBackfill(database, await requireAppliedView(database, 'visits'), {
      range: { from: null, to: at('2030-01-01') },
      mode: 'missing',
      order: 'oldest',
      chunkUnits: null,
      parallel: 1,
      options: DEFAULT_RUN_OPTIONS,
      askedBy: 'test',
    });
    const settled = { start: at('2026-01-01'), end: at('2026-01-01T06:00Z') };
    expect(plan).toMatchObject({
      range: settled,
      chunks: [settled],
      units: 6,
      skipped: [{ reason: 'not settled', spans: [{ start: settled.end, end: at('2030-01-01') }] }],
    });
  });
});
