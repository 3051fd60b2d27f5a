// Metrics of views, queues and processes, which only the elected scheduler reports.

import type { App } from '../app.ts';
import { messageOf } from '../core/failure.ts';
import { type OpeningOnce, openingOnce } from '../core/opening-once.ts';
import { hasIntervals } from '../definition/view.ts';
import { METRICS, type MetricName } from '../observe/metrics/definitions.ts';
import type { Metrics, Sample } from '../observe/metrics/metrics.ts';
import type { Queues } from '../queue/queues.ts';
import { repeat } from '../queue/repeat.ts';
import { aliveProcesses } from '../state/processes.ts';
import { newestRefused } from '../state/queries/newest-refused.ts';
import { oldestWaitMs } from '../state/queries/oldest-wait.ts';
import { type ViewOverview, viewOverviews } from '../state/queries/view-overview.ts';
import { behindMs, lagMs } from '../state/views/view-state.ts';

/** The usual scrape interval of Prometheus. */
const COLLECT_MS = 15_000;
const QUEUES = ['tick', 'run', 'backfill'] as const;
const JOB_STATES = ['waiting', 'prioritized', 'delayed', 'active'] as const;

/** The gauges that are replaced together, so that retired views, and schedulers that are not elected, report none. */
const COLLECTED = Object.keys(METRICS).filter((name): name is MetricName =>
  /^millrace_(view|queue)_|^millrace_(processes|oldest_waiting_run_seconds|state_collected_timestamp_seconds)$/.test(
    name,
  ),
);

/** Keeps the gauges up to date until the signal is aborted, and then removes them. Never rejects. */
export async function measureState(app: App, metrics: Metrics, signal: AbortSignal): Promise<void> {
  metrics.set({ name: 'millrace_scheduler_elected', value: 1 });
  await using queues = openingOnce(() => app.openQueues());
  await repeat(app.clock, COLLECT_MS, signal, async () => {
    try {
      metrics.replace(COLLECTED, [...(await stateSamples(app)), ...(await queueSamples(app, queues))]);
    } catch (error) {
      if (!signal.aborted) app.log.warn('metrics.failed', { message: messageOf(error) });
    }
  });
  metrics.replace(COLLECTED, []);
  metrics.set({ name: 'millrace_scheduler_elected', value: 0 });
}

async function stateSamples({ database }: App): Promise<Sample[]> {
  const all = await viewOverviews(database);
  const views = all.filter(({ retired }) => !retired);
  const alive = Map.groupBy(await aliveProcesses(database), ({ kind }) => kind);
  const waitMs = await oldestWaitMs(database);
  const refused = await newestRefused(database);
  const now = views[0]?.now ?? null;
  return [
    ...views.flatMap((overview) => viewSamples(overview, refused.get(overview.view.name) ?? 0)),
    ...all.flatMap(inboxSamples),
    ...['scheduler', 'worker'].map((kind) => ({
      name: 'millrace_processes' as const,
      labels: { kind },
      value: alive.get(kind as 'worker')?.length ?? 0, // one of the kinds above
    })),
    { name: 'millrace_oldest_waiting_run_seconds', value: waitMs / 1_000 },
    ...(now === null ? [] : [{ name: 'millrace_state_collected_timestamp_seconds' as const, value: now / 1_000 }]),
  ];
}

function viewSamples(overview: ViewOverview, refused: number): Sample[] {
  const { view, watermark, frontier } = overview;
  const labels = { view: view.name };
  const seconds = (name: MetricName, ms: number | null): Sample[] =>
    ms === null ? [] : [{ name, labels, value: ms / 1_000 }];
  const unitMs = !hasIntervals(view.kind) ? 1 : view.unitMs;
  const units = {
    missing: overview.holes,
    held: overview.held,
    stale: overview.stale,
    unpublished: overview.unpublished,
  };
  return [
    ...seconds('millrace_view_watermark_timestamp_seconds', watermark),
    // As in status and alerts, even for a view that has never stored anything: without a sample, no rule would fire.
    ...seconds('millrace_view_freshness_seconds', lagMs(overview)),
    ...seconds('millrace_view_lag_seconds', frontier === null ? null : behindMs(overview)),
    ...seconds('millrace_view_freshness_limit_seconds', view.freshnessMs),
    ...Object.entries(units).map(([state, { ms }]): Sample => {
      return { name: 'millrace_view_units', labels: { ...labels, state }, value: Math.ceil(ms / unitMs) };
    }),
    { name: 'millrace_view_rows', labels, value: overview.rows ?? 0 },
    { name: 'millrace_view_quarantined_rows', labels, value: refused },
    { name: 'millrace_view_open_runs', labels, value: overview.openRuns },
    { name: 'millrace_view_failures', labels, value: overview.failedInARow },
    { name: 'millrace_view_paused', labels, value: overview.isPaused ? 1 : 0 },
  ];
}

/** Rows of a retired view are stored too. */
function inboxSamples({ view, retired, inboxRows }: ViewOverview): Sample[] {
  if (view.kind !== 'pushed' || (retired && inboxRows === 0)) return [];
  return [{ name: 'millrace_view_inbox_rows', labels: { view: view.name }, value: inboxRows }];
}

/** Empty while Redis is unavailable; the gauges of views do not need it. */
async function queueSamples({ log }: App, opening: OpeningOnce<Queues>): Promise<Sample[]> {
  try {
    return await jobSamples(await opening.opened());
  } catch (error) {
    log.warn('metrics.failed', { message: messageOf(error) });
    return [];
  }
}

async function jobSamples(queues: Queues): Promise<Sample[]> {
  const counts = await Promise.all(
    QUEUES.map(async (queue) => ({
      queue,
      jobs: await queues.exchange(() => queues[queue].getJobCounts(...JOB_STATES)),
    })),
  );
  return counts.flatMap(({ queue, jobs }) =>
    JOB_STATES.map(
      (state): Sample => ({ name: 'millrace_queue_jobs', labels: { queue, state }, value: jobs[state] ?? 0 }),
    ),
  );
}
