// A commit that takes many times as long as a silent connection is given: it is waited for, and begun again if the connection
// is lost. MILLRACE_TEST_COMMIT_ROWS sets its size.

import { describe, expect, onTestFinished, test } from 'vitest';
import type { App } from '../../src/app.ts';
import { planDue } from '../../src/state/planning/planning.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/runs/run.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import { type Forwarder, startForwarder } from '../support/forwarder.ts';
import {
  applyViews,
  FAULT_SETTINGS,
  freshConnections,
  openFaultApp,
  runState,
  startFaultScheduler,
  startWorkerProcess,
  untilClosed,
} from '../support/processes/fault-world.ts';
import { until } from '../support/until.ts';
import { at, feature, view } from '../support/views.ts';

const ROWS = Number(process.env['MILLRACE_TEST_COMMIT_ROWS'] ?? 400_000);
const PATIENCE_MS = 300_000 + ROWS / 2;

/** The rows of the source, without a table. */
const ORDERS = `select 'customer-' || i as entity_id, timestamptz '2026-01-01Z' + i * interval '1 millisecond' as at, i * 7 % 1009 as amount
                  from generate_series(1, ${ROWS}) i`;

const VIEW = view({
  name: 'orders',
  kind: 'events',
  start: at('2026-01-01'),
  end: at('2026-01-02'),
  features: [feature('amount', 'int')],
  query: `select entity_id, at as timestamp, amount from (${ORDERS}) orders where at >= {{start}} and at < {{end}}`,
});

async function openWorld(): Promise<{ app: App; network: Forwarder }> {
  const { sources, ...stores } = await freshConnections();
  const limits = { statementTimeoutMs: PATIENCE_MS };
  const connections = {
    ...stores,
    sources: Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, { ...source, ...limits }])),
  };
  const app = await openFaultApp(connections);
  onTestFinished(() => app[Symbol.asyncDispose]());
  await applyViews(app, VIEW);
  const scheduler = await startFaultScheduler(app, [VIEW]);
  onTestFinished(() => scheduler[Symbol.asyncDispose]());
  const network = await startForwarder(connections.offline.url);
  const worker = startWorkerProcess({ ...connections, offline: { url: network.url } }, null);
  await worker.ready;
  return { app, network };
}

async function deliverRun(app: App): Promise<number> {
  const [run = 0] = await planDue(app.database, await requireAppliedView(app.database, VIEW.name), 'manual', {
    ...DEFAULT_RUN_OPTIONS,
    timeoutMs: PATIENCE_MS,
    backoffMs: 100,
  });
  await app.deliver([run]);
  return run;
}

/** How long the server has worked on storing the rows; 0 if it does not. */
async function insertingMs({ database }: App): Promise<number> {
  const [row] = await database.query<{ ms: number }>(
    `select coalesce(max(extract(epoch from clock_timestamp() - query_start) * 1000), 0)::float8 as ms
       from pg_stat_activity where datname = current_database() and state = 'active' and query like 'insert into features.%'`,
  );
  return row?.ms ?? 0;
}

async function done(app: App, run: number): Promise<void> {
  await untilClosed(app, run, PATIENCE_MS);
  expect(await runState(app, run)).toMatchObject({ state: 'done' });
}

/** Both stores hold each row of the source, and nothing else; the run has committed once. */
async function expectStoredOnce({ database, online }: App, run: number): Promise<void> {
  const [offline] = await database.query(
    `select count(*)::int as rows, count(*) filter (where s.amount is distinct from f.amount or s.at <> f.event_timestamp)::int as wrong
       from (${ORDERS}) s full join features.orders f on f.entity_id = s.entity_id`,
  );
  expect(offline).toEqual({ rows: ROWS, wrong: 0 });
  const [committed] = await database.query(
    `select count(*)::int as times from millrace.event where kind = 'covered' and run_id = $1`,
    [run],
  );
  expect(committed).toEqual({ times: 1 });
  expect(await keysOf(online)).toBe(ROWS);
}

/** What a run's history says besides what each run goes through. */
async function troubles({ database }: App, run: number): Promise<unknown[]> {
  const rows = await database.query<{ entry: unknown }>(
    `select e as entry from millrace.run r, jsonb_array_elements(r.history) e
      where r.id = $1 and e->>'what' in ('failed', 'snoozed', 'interrupted')`,
    [run],
  );
  return rows.map(({ entry }) => entry);
}

/** The number of entities online; each has its row. */
async function keysOf({ redis }: App['online']): Promise<number> {
  let found = 0;
  let cursor = '0';
  do {
    const [[next, keys]] = (await redis.send([['SCAN', cursor, 'MATCH', 'mr:orders:*', 'COUNT', '10000']])) as [
      [string, string[]],
    ];
    const amounts = (await redis.send(keys.map((key) => ['HGET', key, 'amount'] as const))) as string[];
    found += keys.filter(
      (key, i) => amounts[i] === String((Number(key.slice('mr:orders:customer-'.length)) * 7) % 1009),
    ).length;
    cursor = next;
  } while (cursor !== '0');
  return found;
}

describe(`a commit of ${ROWS} rows`, { timeout: 2 * PATIENCE_MS }, () => {
  test('is waited for, however long its connection is silent', async () => {
    const { app } = await openWorld();
    const run = await deliverRun(app);
    await until(async () => (await insertingMs(app)) > 2 * (FAULT_SETTINGS.silenceMs ?? 0), PATIENCE_MS);
    await done(app, run);
    expect(await troubles(app, run)).toEqual([]);
    await expectStoredOnce(app, run);
  });

  test('is begun again if its connection is lost, and stored once', async () => {
    const { app, network } = await openWorld();
    const run = await deliverRun(app);
    await until(async () => (await insertingMs(app)) > 0, PATIENCE_MS);
    network.freeze('existing');
    await done(app, run);
    await expectStoredOnce(app, run);
  });
});
