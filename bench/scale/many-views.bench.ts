// Measures 2,000 views (MILLRACE_BENCH_VIEWS) of 100 rows that are all due at one tick, from the tick until both stores have
// every row, with two workers of four slots.

import { systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import type { Job } from '../../src/definition/job.ts';
import { tick } from '../../src/queue/leader/tick.ts';
import { deployViewRows } from '../../src/state/views/views.ts';
import { at, feature, fingerprinted, view } from '../../test/support/views.ts';
import { cpuBetween, cpuSoFar } from '../compare/cpu.ts';
import { report } from '../report.ts';
import { openWorkersSystem, runsDone } from './workers.ts';

const VIEWS = Number(process.env['MILLRACE_BENCH_VIEWS'] ?? 2_000);
const ROWS = 100;
const WORKERS = 2;

const job: Job = {
  name: 'all',
  description: '',
  cron: '0 0 * * *',
  timezone: 'UTC',
  views: ['tag:all'],
  retries: { attempts: 3, backoffMs: 1_000, maxMs: 10_000 },
  timeoutMs: 600_000,
  priority: 5,
  paused: false,
};

await using system = await openWorkersSystem();
const { app } = system;
await app.database.run(
  `create table small as select 'c' || i as entity_id, random() * 1000 as value from generate_series(1, ${ROWS}) i`,
);
const views = Array.from({ length: VIEWS }, (_, index) =>
  view({
    name: `view_${index}`,
    tags: ['all'],
    end: at('2026-01-02'),
    features: [feature(`view_${index}`, 'float', { column: 'value' })],
    query: 'select entity_id, value, {{end}} as timestamp from small',
  }),
);
await deployViewRows(app.database, views.map(fingerprinted));
await using _workers = await system.startWorkers(WORKERS);
await using queues = await app.openQueues();

const used = { database: app.database, redis: app.online.redis };
const [before, started] = [await cpuSoFar(used), systemClock.monotonicMs()];
const { runs, failed } = await tick({ database: app.database, queues, log: silentLog }, job);
if (runs !== VIEWS || failed.length > 0) throw new Error(`${runs} runs were planned, ${failed.length} views failed`);
await runsDone(app, VIEWS);
const seconds = (systemClock.monotonicMs() - started) / 1_000;
const { postgres, redis } = cpuBetween(before, await cpuSoFar(used));
const [stored] = await used.redis.send([['DBSIZE']]);
process.stdout.write(
  `CPU seconds: Postgres ${postgres.toFixed(1)}, Redis ${redis.toFixed(1)}; ${stored} keys in Redis\n`,
);
report(`${VIEWS} views of ${ROWS} rows, ${WORKERS} workers`, seconds, { atMost: 35, unit: 's' });
