// Measures a tick: over views with nothing to do, and over 2,000 views with one due interval each.

import { systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import type { Job } from '../../src/definition/job.ts';
import { tick } from '../../src/queue/leader/tick.ts';
import { openQueues } from '../../src/queue/queues.ts';
import { DEFAULT_QUEUE_SETTINGS } from '../../src/queue/settings.ts';
import { startPostgres, startRedis } from '../../src/servers/servers.ts';
import { migrate } from '../../src/state/migrate.ts';
import { deployViewRows } from '../../src/state/views/views.ts';
import { fingerprinted, view } from '../../test/support/views.ts';
import { openBenchDatabase } from '../database.ts';
import { report } from '../report.ts';

const VIEWS = 2_000;
const PAST_RUNS = 50;

await using postgres = await startPostgres();
await using redis = await startRedis();
await using database = openBenchDatabase(await postgres.createDatabase(), { poolMax: 12 });
await migrate(database);
await using queues = await openQueues({
  queue: { url: redis.url, prefix: 'millrace' },
  connectionName: 'millrace-bench',
  clock: systemClock,
  settings: DEFAULT_QUEUE_SETTINGS,
});

async function setNow(text: string): Promise<void> {
  await database.run(
    `create or replace function millrace.now() returns timestamptz language sql volatile as $$ select timestamptz '${text}' $$`,
  );
}

const job: Job = {
  name: 'all',
  description: '',
  cron: '0 * * * *',
  timezone: 'UTC',
  views: ['tag:all'],
  retries: { attempts: 3, backoffMs: 1_000, maxMs: 10_000 },
  timeoutMs: 60_000,
  priority: 5,
  paused: false,
};

const many = Array.from({ length: VIEWS }, (_, index) =>
  view({ name: `view_${index}`, tags: ['all'], kind: 'events', unitMs: 3_600_000, end: null, catchUp: 'latest' }),
);

async function ticked(): Promise<{ ms: number; runs: number }> {
  const started = systemClock.monotonicMs();
  const { runs, failed } = await tick({ database, queues, log: silentLog }, job);
  if (failed.length > 0) throw new Error(`${failed.length} views failed`);
  return { ms: systemClock.monotonicMs() - started, runs };
}

await setNow('2026-01-03 00:10Z');
await deployViewRows(database, many.map(fingerprinted));
// A past of two days, done in many runs.
await database.run(
  `insert into millrace.run (view_id, span, reason, fingerprint, state)
     select id, tstzrange(timestamptz '2026-01-01Z' + n * interval '1 hour', timestamptz '2026-01-01Z' + (n + 1) * interval '1 hour'),
            'schedule', data_fingerprint, 'done' from millrace.view, generate_series(0, ${PAST_RUNS - 1}) n`,
);
await database.run(`update millrace.coverage set covered = '{[2026-01-01Z,2026-01-03Z)}', published = covered`);
await database.run('vacuum analyze');

const idle: number[] = [];
for (let count = 0; count < 10; count += 1) {
  const { ms, runs } = await ticked();
  if (runs > 0) throw new Error(`${runs} runs were planned with nothing due`);
  idle.push(ms);
}
const median = idle.sort((a, b) => a - b)[5] ?? 0;
report('a tick with nothing due, per 100 views', (median * 100) / VIEWS, { atMost: 20, unit: 'ms' });

await setNow('2026-01-03 01:10Z');
const { ms, runs } = await ticked();
if (runs !== VIEWS) throw new Error(`${runs} runs were planned`);
report(`${VIEWS} views with one interval due each, planned and delivered`, ms / 1_000, { atMost: 5, unit: 's' });
