// How quick the pages of the dashboard are over 2,000 views, 100,000 runs and three years of hours, how much they weigh, and
// how many rows of the large tables each of them touches: none may scan one.

import { systemClock } from '../src/core/clock.ts';
import { Failure } from '../src/core/failure.ts';
import { silentLog } from '../src/core/log.ts';
import { startDashboard } from '../src/dashboard/server.ts';
import { NO_LOGIN } from '../src/definition/dashboard-config.ts';
import type { Job } from '../src/definition/job.ts';
import { startPostgres } from '../src/dev/servers.ts';
import { type Database, openDatabase } from '../src/postgres/database.ts';
import { deploy } from '../src/state/deploy.ts';
import { migrate } from '../src/state/migrate.ts';
import { at, fingerprinted, view } from '../test/support/views.ts';
import { report } from './report.ts';

const VIEWS = 2_000;
const RUNS = 100_000;
const REFUSED = 100_000;
const HOUR_MS = 3_600_000;
const OVERVIEW_MS_MAX = 300;
const PAGE_MS_MAX = 500;
const PAGE_KB_MAX = 500;
/** Of the tables that grow with time. What is read beyond a page are the newest runs of its views, and neighbours in an index. */
const ROWS_TOUCHED_MAX = 10_000;
const TIMES = 7;

await using postgres = await startPostgres();
const url = await postgres.createDatabase();
await seed();
// One connection, so that what it has touched can be told at once.
await using database = open(1);

await using dashboard = await startDashboard({
  project: 'bench',
  version: '0.0.0',
  database,
  clock: systemClock,
  log: silentLog,
  openQueues: async () => {
    throw new Failure('QUEUE_UNAVAILABLE', 'The queue does not answer.');
  },
  login: NO_LOGIN,
  everybody: 'viewer',
  host: '127.0.0.1',
  port: 0,
});

const [run] = await database.query<{ id: number }>(`select max(id) as id from millrace.run where state = 'failed'`);
const PAGES = [
  '/',
  '/?state=held',
  '/?q=v_19&job=hourly',
  '/views/v_7',
  '/views/v_7?at=2026-06-01',
  '/runs',
  '/runs?before=50000',
  '/runs?state=failed',
  '/runs?state=superseded',
  '/runs?state=cancelled',
  '/runs?view=v_7&state=failed',
  `/runs/${run?.id}`,
  '/backfills',
  '/quarantine',
  '/quarantine?reason=value_too_long',
  '/quarantine?view=v_7&reason=value_too_long',
  '/quarantine?view=v_7',
];

for (const path of PAGES) {
  const before = await touched();
  const { bytes, ms } = await loaded(path);
  const rows = ((await touched()) - before) / TIMES;
  report(path, ms, { unit: 'ms', atMost: path === '/' ? OVERVIEW_MS_MAX : PAGE_MS_MAX });
  report(path, bytes / 1_000, { unit: 'kB', atMost: PAGE_KB_MAX });
  report(path, rows, { unit: 'rows touched', atMost: ROWS_TOUCHED_MAX });
}

function open(poolMax: number): Database {
  return openDatabase({
    url,
    role: { label: 'The offline store', unavailable: 'OFFLINE_UNAVAILABLE', denied: 'OFFLINE_DENIED' },
    poolMax,
    connectTimeoutMs: 5_000,
    idleInTransactionMs: 60_000,
    applicationName: 'millrace-bench',
  });
}

/** Of several times the one in the middle. */
async function loaded(path: string): Promise<{ bytes: number; ms: number }> {
  const times: number[] = [];
  let bytes = 0;
  for (let time = 0; time < TIMES; time += 1) {
    const began = performance.now();
    const answer = await fetch(dashboard.url + path);
    bytes = (await answer.arrayBuffer()).byteLength;
    if (answer.status !== 200) throw new Error(`${path} answers ${answer.status}`);
    times.push(performance.now() - began);
  }
  return { bytes, ms: Math.round(times.sort((a, b) => a - b)[Math.floor(TIMES / 2)] ?? 0) };
}

/** Rows that were read so far of the tables that grow with time. */
async function touched(): Promise<number> {
  await database.query('select pg_stat_force_next_flush()');
  await database.query('select 1');
  const [row] = await database.query<{ rows: number }>(
    `select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint as rows from pg_stat_user_tables
      where relname in ('run', 'quarantine', 'event', 'backfill_chunk')`,
  );
  return Number(row?.rows);
}

async function seed(): Promise<void> {
  await using into = open(4);
  await migrate(into);
  await into.run(
    `create or replace function millrace.now() returns timestamptz language sql volatile as $$ select timestamptz '2026-06-15 06:30Z' $$`,
  );
  const views = Array.from({ length: VIEWS }, (_, place) =>
    fingerprinted(
      view({
        name: `v_${place}`,
        kind: 'events',
        unitMs: HOUR_MS,
        start: at('2023-06-15'),
        end: null,
        tags: ['all'],
        freshnessMs: 6 * HOUR_MS,
        query: 'select entity_id, at as timestamp, value from visits where at >= {{start}} and at < {{end}}',
      }),
    ),
  );
  const job = (name: string): Job => ({
    name,
    description: '',
    cron: '5 * * * *',
    timezone: 'Europe/London',
    views: ['tag:all'],
    retries: { attempts: 3, backoffMs: 1_000, maxMs: 10_000 },
    timeoutMs: 60_000,
    priority: 5,
    paused: false,
  });
  await deploy(into, { views, jobs: [job('hourly')], program: '0.0.0', by: 'bench' });
  // Every tenth view has a hole in each week of three years.
  await into.run(
    `update millrace.coverage c set rows = 1000000, frontier = '2026-06-15 06:00Z', covered = whole.span, published = whole.span
       from (select v.id, tstzmultirange(tstzrange('2023-06-15', '2026-06-15 06:00Z'))
                - case when v.id % 10 = 0 then (select range_agg(tstzrange(w, w + interval '1 hour'))
                         from generate_series(timestamptz '2023-06-16', '2026-06-08', interval '7 days') w) else '{}' end as span
               from millrace.view v) whole where whole.id = c.view_id`,
  );
  await into.run(
    `insert into millrace.run (view_id, span, reason, fingerprint, state, stage, attempt, counts, error, planned_at, started_at, committed_at, closed_at)
     select v.id, tstzrange(t, t + interval '1 hour'), 'schedule', v.data_fingerprint, s.state, 'done', 1,
            jsonb_build_object('read', n % 1000, 'accepted', n % 1000, 'refused', 0, 'refusedBy', '{}'::jsonb),
            case when s.state = 'failed' then jsonb_build_object('code', 'SOURCE_QUERY', 'message', repeat('x', 300), 'owner', 'author') end,
            t + interval '1 hour', t + interval '61 minutes', t + interval '62 minutes', t + interval '62 minutes'
       from generate_series(1, ${RUNS}) n
      cross join lateral (select timestamptz '2026-06-15 06:00Z' - make_interval(hours => (${RUNS} - n) / ${VIEWS} + 1) as t) times
      cross join lateral (select case when n % 997 = 0 then 'failed' when n = 17 then 'superseded' else 'done' end as state) s
       join millrace.view v on v.name = 'v_' || n % ${VIEWS}`,
  );
  await into.run(
    `update millrace.coverage c set held = (select tstzmultirange(span) from millrace.run where view_id = c.view_id and state = 'failed' order by id desc limit 1)
      where exists (select from millrace.run where view_id = c.view_id and state = 'failed')`,
  );
  await into.run(
    `insert into millrace.quarantine (view_id, run_id, reason, detail, row)
     select r.view_id, r.id, case when n = 5 then 'value_too_long' else 'value_null' end, 'value is null, not a finite number', '{"entity_id": "x", "value": null}'
       from generate_series(1, ${REFUSED}) n join millrace.run r on r.id = n`,
  );
  await into.run('analyze');
}
