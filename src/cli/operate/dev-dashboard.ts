// A dashboard for this machine only, with all permissions and no login: for `millrace dev` and `quickstart --stay`.

import type { App } from '../../app.ts';
import { Failure } from '../../core/failure.ts';
import type { Dashboard } from '../../dashboard/server.ts';
import { NO_LOGIN } from '../../definition/connections/dashboard-config.ts';
import type { Cli } from '../command.ts';
import type { OpenProject } from '../open.ts';
import { packageVersion } from '../version.ts';
import { DASHBOARD_HOST, DASHBOARD_PORT } from './dashboard.ts';

/** Starts one on the port, or on any free port if it is taken. */
export async function startOwnDashboard(app: App, project: string, port = DASHBOARD_PORT): Promise<Dashboard> {
  const { startProjectDashboard } = await import('../../processes/processes.ts');
  const start = (at: number) =>
    startProjectDashboard(app, {
      project,
      version: packageVersion(),
      login: NO_LOGIN,
      defaultRole: 'operator',
      host: DASHBOARD_HOST,
      port: at,
    });
  return start(port).catch((thrown: unknown) => {
    if (thrown instanceof Failure && thrown.code === 'ARGUMENT_INVALID') return start(0);
    throw thrown;
  });
}

export type DevDashboard = {
  /** Starts it on the same port as before, and prints the URL if it changed. */
  start(open: OpenProject): Promise<Dashboard>;
};

export function openDevDashboard({ terminal }: Cli): DevDashboard {
  let port = DASHBOARD_PORT;
  let printedUrl = '';
  return {
    start: async ({ app, project: { project } }) => {
      const dashboard = await startOwnDashboard(app, project, port);
      port = Number(new URL(dashboard.url).port);
      if (dashboard.url !== printedUrl) terminal.line({ style: 'bold', text: 'Dashboard: ' }, dashboard.url);
      printedUrl = dashboard.url;
      return dashboard;
    },
  };
}
