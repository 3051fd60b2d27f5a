// The state for measuring the dashboard: 2,000 views with three years of hours, 100,000 runs, 100,000 refused rows and
// 500 backfills.

import type { Job } from '../../src/definition/job.ts';
import type { Database } from '../../src/postgres/database.ts';
import { migrate } from '../../src/state/migrate.ts';
import { deploy } from '../../src/state/views/deploy.ts';
import { at, fingerprinted, view } from '../../test/support/views.ts';

const VIEWS = 2_000;
const RUNS = 100_000;
const REFUSED = 100_000;
const BACKFILLS = 500;
const CHUNKS = 200;
const CHUNKS_OF_ONE = 20_000;
const HOUR_MS = 3_600_000;

export async function seedDashboard(into: Database): Promise<void> {
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
  await into.run(
    `insert into millrace.event (view_id, run_id, kind, span, at)
     select view_id, id, case state when 'failed' then 'held' else 'covered' end, tstzmultirange(span), closed_at from millrace.run`,
  );
  await into.run(
    `insert into millrace.run_files (run_id, files)
     select id, (select jsonb_agg(jsonb_build_array('sales/' || n || '.csv', md5(n::text), 1000)) from generate_series(1, 60) n)
       from millrace.run where id % 10 = 0`,
  );
  await seedBackfills(into);
  await into.run('vacuum analyze');
}

/** Consecutive backfills of each fifth view, of which every tenth is open; and one of three years. */
async function seedBackfills(into: Database): Promise<void> {
  await into.run(
    `insert into millrace.backfill (view_id, range, mode, state, parallel, asked_by, closed_at)
     select v.id, tstzrange('2026-06-01', '2026-06-10'), 'all', case when n % 10 = 0 then 'running' when n % 7 = 0 then 'partial' else 'complete' end,
            4, 'ada', case when n % 10 > 0 then millrace.now() end
       from generate_series(1, ${BACKFILLS}) n join millrace.view v on v.name = 'v_' || n * 3`,
  );
  await into.run(
    `insert into millrace.backfill_chunk (backfill_id, place, span, run_id)
     select b.id, place, tstzrange(lower(b.range) + make_interval(hours => place - 1), lower(b.range) + make_interval(hours => place)),
            case when b.state <> 'running' or place < 100 then (b.id * ${CHUNKS} + place) % ${RUNS} + 1 end
       from millrace.backfill b, generate_series(1, ${CHUNKS}) place`,
  );
  await into.run(
    `insert into millrace.backfill (view_id, range, mode, state, parallel, asked_by)
     select id, tstzrange('2023-06-15', '2026-06-15'), 'all', 'running', 4, 'ada' from millrace.view where name = 'v_7'`,
  );
  await into.run(
    `insert into millrace.backfill_chunk (backfill_id, place, span, run_id)
     select (select max(id) from millrace.backfill), place,
            tstzrange('2023-06-15Z'::timestamptz + make_interval(hours => place - 1), '2023-06-15Z'::timestamptz + make_interval(hours => place)),
            case when place < 12000 then place end
       from generate_series(1, ${CHUNKS_OF_ONE}) place`,
  );
}
