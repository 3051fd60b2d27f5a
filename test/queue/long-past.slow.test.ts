// Ten years of minutes alongside a daily view: 5.2 million due units. The real scheduler, in its own process, plans
// them in parts, stays small, and keeps the daily view on time.

import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { App } from '../../src/app.ts';
import { epochMsOf } from '../../src/core/instant.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/runs/run.ts';
import { restate } from '../../src/state/views/edit.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import {
  applyViews,
  freshConnections,
  openFaultApp,
  startSchedulerProcess,
  startWorkerProcess,
} from '../support/processes/fault-world.ts';
import { until } from '../support/until.ts';
import { view } from '../support/views.ts';
import { job } from './world.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const TEN_YEARS_MINUTES = 5_260_320;
const MIB = 1_024;
const RSS_MAX_MIB = 300;
const PATIENCE_MS = 120_000;
const RESTATED = { from: null, to: null };

const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
const start = epochMsOf(today - TEN_YEARS_MINUTES * MINUTE_MS);
const ofMinutes = (name: string, catchUp: 'all' | 'latest' | 'none') =>
  view({ name, catchUp, unitMs: MINUTE_MS, start, end: null, query: QUERY });
const QUERY = `select 'ada' as entity_id, 1::float8 as value, {{end}} as timestamp`;

const VIEWS = [
  ofMinutes('all_of_it', 'all'),
  ofMinutes('newest_of_it', 'latest'),
  ofMinutes('none_of_it', 'none'),
  ofMinutes('stored', 'all'),
  view({ name: 'daily', start: epochMsOf(today - 2 * DAY_MS), end: epochMsOf(today), query: QUERY }),
];
const JOBS = [
  job({ name: 'minutely', cron: '* * * * *', views: ['all_of_it', 'newest_of_it', 'none_of_it', 'stored'] }),
  job({ name: 'dailies', cron: '* * * * *', views: ['daily'] }),
];

/** The peak memory of a process, in MiB, from the kernel. */
async function peakMib(pid: number | undefined): Promise<number> {
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kib) / MIB);
}

async function fact<T>({ database }: App, sql: string): Promise<T> {
  const [row] = await database.query<{ fact: T }>(`select ${sql} as fact`);
  return row?.fact as T; // the caller knows what it asks for
}

const ID = (name: string) => `(select id from millrace.view where name = '${name}')`;
const OPEN = (name: string) =>
  `(select count(*)::int from millrace.run where view_id = ${ID(name)} and state in ('planned', 'active'))`;
const PLANNED = (name: string) => `(select count(*)::int from millrace.run where view_id = ${ID(name)})`;

/** Marks the oldest open runs as done, as if workers had stored their rows. */
async function finish({ database }: App, name: string, runs: number): Promise<void> {
  await database.transaction(async (session) => {
    // In the usual order of these locks.
    await session.query(`select from millrace.coverage where view_id = ${ID(name)} for update`);
    await session.run(
      `with oldest as materialized (
         select id from millrace.run where view_id = ${ID(name)} and state = 'planned' order by id limit ${runs} for update),
       closed as (
         update millrace.run set state = 'done', closed_at = millrace.now() where id in (select id from oldest)
         returning span)
       update millrace.coverage set covered = covered + spans, published = published + spans, stale = stale - spans
         from (select coalesce(range_agg(span), '{}') as spans from closed) c where view_id = ${ID(name)}`,
    );
  });
}

/** Most open runs close, and the scheduler plans the backlog. */
async function closeAndRefill(app: App, name: string): Promise<void> {
  const before = await fact<number>(app, PLANNED(name));
  await finish(app, name, 8_000);
  await until(async () => (await fact<number>(app, PLANNED(name))) > before + 5_000, PATIENCE_MS);
}

test(
  'ten years of minutes alongside a daily view',
  async () => {
    const connections = await freshConnections();
    await using app = await openFaultApp(connections);
    await applyViews(app, ...VIEWS);
    // All of one view is stored already, except for newly due time.
    await app.database.run(
      `update millrace.coverage c set covered = tstzmultirange(tstzrange(v.start_at, c.frontier)),
              published = tstzmultirange(tstzrange(v.start_at, c.frontier))
         from millrace.view v where v.id = c.view_id and v.name = 'stored'`,
    );
    const patient = { termMs: 15_000, electMs: 2_000, reconcileMs: 1_000, deliveryGraceMs: 60_000, stuckMs: 600_000 };
    const scheduler = startSchedulerProcess(connections, { views: VIEWS, jobs: JOBS }, { queueSettings: patient });
    await scheduler.ready;
    await until(async () => (await fact(app, OPEN('all_of_it'))) === 10_000, PATIENCE_MS);
    await until(async () => (await fact(app, PLANNED('daily'))) === 2, PATIENCE_MS);

    // The workers do the day before they have finished what was planned together with it.
    const worker = startWorkerProcess(connections, null, null, { queueSettings: { stuckMs: 600_000 } });
    await worker.ready;
    const isDailyDone = `(select count(*) = 2 from millrace.run where view_id = ${ID('daily')} and state = 'done')`;
    await until(async () => fact<boolean>(app, isDailyDone), PATIENCE_MS);
    expect(await fact<number>(app, OPEN('all_of_it'))).toBeGreaterThan(9_000);
    await worker.kill();

    // Missed time is skipped as one span from the start, and none of it is planned.
    for (const [name, keptMinutes] of [
      ['newest_of_it', 1],
      ['none_of_it', 0],
    ] as const) {
      await until(async () => (await fact<number>(app, PLANNED(name))) > 0, PATIENCE_MS);
      const sets = await app.database.query(
        `select (extract(epoch from lower(skipped)) * 1000)::bigint as from,
                (select count(*)::int from unnest(skipped)) as parts,
                (select min(lower(span)) from millrace.run where view_id = c.view_id) = upper(skipped) as adjoins,
                upper(skipped) + ${keptMinutes} * interval '1 minute' >= date_trunc('minute', applied_at) as recent
           from millrace.coverage c join millrace.view v on v.id = c.view_id where v.name = '${name}'`,
      );
      expect({ name, sets }).toEqual({ name, sets: [{ from: start, parts: 1, adjoins: true, recent: true }] });
    }

    for (let round = 0; round < 5; round += 1) await closeAndRefill(app, 'all_of_it');
    const mib = await peakMib(scheduler.child.pid);
    process.stdout.write(`The scheduler has had at most ${mib} MiB.\n`);
    expect(mib).toBeLessThan(RSS_MAX_MIB);

    // Restated while the rest is planned: both continue in parallel.
    const stored = await requireAppliedView(app.database, 'stored');
    const restated = await restate(app.database, stored, RESTATED, { ...DEFAULT_RUN_OPTIONS, allowRemovals: true });
    expect(restated.runs).toHaveLength(9_000);
    expect(restated.left[0]?.units).toBeGreaterThan(5_200_000);
    for (const name of ['stored', 'all_of_it', 'stored']) await closeAndRefill(app, name);
    const overlaps = `(select count(*)::int from (select lower(span) < lag(upper(span)) over (order by lower(span)) as clashes
       from millrace.run where view_id = ${ID('all_of_it')}) r where clashes)`;
    expect(await fact<number>(app, overlaps)).toBe(0);
    expect(
      await app.database.query(
        `select distinct reason, options->'allowRemovals' as removals from millrace.run where view_id = ${ID('stored')} order by 1`,
      ),
    ).toEqual([
      { reason: 'restate', removals: true },
      { reason: 'schedule', removals: false },
    ]);
  },
  10 * PATIENCE_MS,
);
