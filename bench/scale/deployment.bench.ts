// Measures the deployment of a large project: two thousand views deployed, ten thousand jobs scheduled. Prints each
// number with its bound.

import { systemClock } from '../../src/core/clock.ts';
import { epochMsOf } from '../../src/core/instant.ts';
import { silentLog } from '../../src/core/log.ts';
import type { Job } from '../../src/definition/job.ts';
import { missedJobs, rememberTicks } from '../../src/queue/leader/missed-ticks.ts';
import { matchSchedules } from '../../src/queue/leader/schedules.ts';
import { openQueues } from '../../src/queue/queues.ts';
import { DEFAULT_QUEUE_SETTINGS } from '../../src/queue/settings.ts';
import { startPostgres, startRedis } from '../../src/servers/servers.ts';
import { migrate } from '../../src/state/migrate.ts';
import { deploy } from '../../src/state/views/deploy.ts';
import { deployedJob, newestDeployment } from '../../src/state/views/deployment.ts';
import { fingerprinted, view } from '../../test/support/views.ts';
import { openBenchDatabase } from '../database.ts';
import { report } from '../report.ts';

const VIEWS = 2_000;
const JOBS = 10_000;
const ZONES = ['UTC', 'Europe/London', 'America/New_York', 'Asia/Kolkata'];

const views = Array.from({ length: VIEWS }, (_, index) => fingerprinted(view({ name: `view_${index}` })));
const jobs = Array.from({ length: JOBS }, (_, index): Job => {
  return {
    name: `job_${index}`,
    description: '',
    cron: index % 3 === 0 ? `${index % 60} * * * *` : `${index % 60} ${index % 24} * * *`,
    timezone: ZONES[index % ZONES.length] ?? 'UTC',
    views: [`view_${index % VIEWS}`],
    retries: { attempts: 5, backoffMs: 30_000, maxMs: 600_000 },
    timeoutMs: 1_800_000,
    priority: 5,
    paused: false,
  };
});

await using postgres = await startPostgres();
await using redis = await startRedis();
await using database = openBenchDatabase(await postgres.createDatabase(), { poolMax: 12 });
await migrate(database);
await using queues = await openQueues({
  queue: { url: redis.url, prefix: 'millrace' },
  connectionName: 'bench',
  clock: systemClock,
  settings: DEFAULT_QUEUE_SETTINGS,
});

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = systemClock.monotonicMs();
  await work();
  return (systemClock.monotonicMs() - started) / 1_000;
}

const deploying = { views, jobs, program: '0.0.0', by: 'bench' };
const schedules = { queues, clock: systemClock, log: silentLog, takenSince: epochMsOf(0) };
const first = await seconds(() => deploy(database, deploying));
report('2,000 new views and 10,000 jobs deployed', first, { atMost: 20, unit: 's' });
const again = await seconds(() => deploy(database, deploying));
report('the same again, nothing changed', again, { atMost: 2, unit: 's' });
const created = await seconds(() => matchSchedules(schedules, jobs));
report('10,000 schedules created', created, { atMost: 10, unit: 's' });
const matched = await seconds(() => matchSchedules(schedules, jobs));
report('10,000 schedules looked at, nothing changed', matched, { atMost: 2, unit: 's' });

const until = systemClock.now();
const lastTick = rememberTicks();
const { jobs: deployed = [] } = (await newestDeployment(database)) ?? {};
const searched = await seconds(() => missedJobs(database, deployed, { until, lastTick }));
report('10,000 jobs searched for missed ticks, the first time', searched, { atMost: 20, unit: 's' });
const searchedAgain = await seconds(() => missedJobs(database, deployed, { until, lastTick }));
report('and each further minute', searchedAgain, { atMost: 2, unit: 's' });
const found = await seconds(() => deployedJob(database, 'job_5000'));
report('one job of 10,000 found for its tick', found * 1_000, { atMost: 100, unit: 'ms' });
await queues.exchange((connection) => connection.flushdb());
const restored = await seconds(() => matchSchedules(schedules, jobs));
report('10,000 schedules back after a flush', restored, { atMost: 10, unit: 's' });
