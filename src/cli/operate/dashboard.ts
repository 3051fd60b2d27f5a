// millrace dashboard: serves pages about views, runs, backfills and queues.

import { messageOf } from '../../core/failure.ts';
import { resolveDashboard } from '../../definition/connections/dashboard-config.ts';
import { openLog } from '../../observe/logger.ts';
import { countedLog } from '../../observe/metrics/from-log.ts';
import { poolSamples } from '../../processes/pool-metrics.ts';
import { addCommand, type Cli, type CommonOptions, end, wholeNumber } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { openConfigured } from '../open-state.ts';
import { exitWhenLate, stopOnSignals } from '../signals.ts';
import { packageVersion } from '../version.ts';
import { addDashboardHash } from './dashboard-hash.ts';
import { metricsOf } from './metrics-of.ts';
import { aborted } from './serve.ts';
import { whenReachable } from './when-reachable.ts';

type DashboardOptions = CommonOptions & { readonly host: string; readonly port: number; readonly metrics: boolean };

/** The default address. */
export const DASHBOARD_HOST = '127.0.0.1';
export const DASHBOARD_PORT = 3_000;

export function addDashboard(cli: Cli): void {
  const dashboard = addCommand(cli.program, {
    usage: 'dashboard',
    summary: 'Serve a dashboard of views, runs and queues',
    notes: [
      'Without logins, the dashboard is read-only and listens only on this machine.',
      'Configure logins with dashboard.users or dashboard.proxy in millrace.yaml.',
    ],
    hasJson: false,
    examples: ['dashboard', 'dashboard --host 0.0.0.0 --port 8080', 'dashboard hash'],
  })
    .option('--host <host>', 'Listen on this address', DASHBOARD_HOST)
    .option('--port <n>', 'Listen on this port', wholeNumber(0, 65_535), DASHBOARD_PORT)
    .option('--no-metrics', 'Do not serve /metrics')
    .action((options: DashboardOptions) => end(cli, serveDashboard(cli, options)));
  addDashboardHash(cli, dashboard);
}

async function serveDashboard(cli: Cli, options: DashboardOptions): Promise<ExitCode> {
  const written = openLog(options.debug ? 'debug' : 'info', cli.terminal.streams.out);
  using metrics = options.metrics ? await metricsOf('dashboard') : null;
  const log = metrics === null ? written : countedLog(written, metrics);
  using stop = stopOnSignals(exitWhenLate(cli.clock, log));
  await using open = await openConfigured(cli, options, log);
  const { host, port } = options;
  metrics?.beforeAnswer(() => poolSamples(open.app).forEach(metrics.set));
  const { startProjectDashboard } = await import('../../processes/processes.ts');
  await using dashboard = await startProjectDashboard(open.app, {
    project: open.project,
    version: packageVersion(),
    login: await resolveDashboard(open.config.dashboard, open.env),
    defaultRole: 'viewer',
    host,
    port,
    ...(metrics === null ? {} : { metrics }),
  });
  log.info('dashboard.started', { project: open.project, url: dashboard.url });
  // Until Postgres is reachable it serves pages that say so.
  const reachable = whenReachable({ clock: cli.clock, log, signal: stop.signal }, () =>
    open.app.database.query('select 1'),
  );
  reachable.catch((thrown: unknown) => log.error('dashboard.denied', { message: messageOf(thrown) }));
  await aborted(stop.signal);
  log.info('dashboard.stopping');
  return DONE;
}
