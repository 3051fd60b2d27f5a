// millrace dashboard: serves pages about views, runs, backfills and queues.

import { messageOf } from '../../core/failure.ts';
import { resolveDashboard } from '../../definition/connections/dashboard-config.ts';
import { poolSamples } from '../../processes/pool-metrics.ts';
import { addCommand, type Cli, type CommonOptions, end } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { openConfigured } from '../open-state.ts';
import { packageVersion, versionFacts } from '../version.ts';
import { addServedAt, type ServedAt } from './address.ts';
import { addDashboardHash } from './dashboard-hash.ts';
import { aborted, openObserved } from './observed.ts';
import { whenReachable } from './when-reachable.ts';

type DashboardOptions = CommonOptions & ServedAt;

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
  });
  addServedAt(dashboard, { host: DASHBOARD_HOST, port: DASHBOARD_PORT }).action((options: DashboardOptions) =>
    end(cli, serveDashboard(cli, options)),
  );
  addDashboardHash(cli, dashboard);
}

async function serveDashboard(cli: Cli, options: DashboardOptions): Promise<ExitCode> {
  using observed = await openObserved(cli, { kind: 'dashboard', debug: options.debug, metrics: options.metrics });
  const { log, metrics, signal } = observed;
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
  log.info('dashboard.started', { project: open.project, url: dashboard.url, ...versionFacts() });
  // Until Postgres is reachable it serves pages that say so.
  const reachable = whenReachable({ clock: cli.clock, log, signal }, () => open.app.database.query('select 1'));
  reachable.catch((thrown: unknown) => log.error('dashboard.denied', { message: messageOf(thrown) }));
  await aborted(signal);
  log.info('dashboard.stopping');
  return DONE;
}
