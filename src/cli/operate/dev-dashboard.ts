// A dashboard on this machine alone, for the person who sits at it and may do everything: of `millrace dev`, and of the
// quickstart that stays.

import type { App } from '../../app.ts';
import { Failure } from '../../core/failure.ts';
import type { Dashboard } from '../../dashboard/server.ts';
import { NO_LOGIN } from '../../definition/connections/dashboard-config.ts';
import type { Cli } from '../command.ts';
import type { OpenProject } from '../open.ts';
import { packageVersion } from '../version.ts';
import { DASHBOARD_HOST, DASHBOARD_PORT } from './dashboard.ts';

/** Starts one at the port, or at any free one where somebody else has it. */
export async function startOwnDashboard(app: App, project: string, port = DASHBOARD_PORT): Promise<Dashboard> {
  const { startProjectDashboard } = await import('../../processes.ts');
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
  /** Starts it, at the same place as before, and says where when that is new. */
  start(open: OpenProject): Promise<Dashboard>;
};

export function openDevDashboard({ terminal }: Cli): DevDashboard {
  let port = DASHBOARD_PORT;
  let told = '';
  return {
    start: async ({ app, project: { project } }) => {
      const dashboard = await startOwnDashboard(app, project, port);
      port = Number(new URL(dashboard.url).port);
      if (dashboard.url !== told) terminal.line({ style: 'bold', text: 'Dashboard: ' }, dashboard.url);
      told = dashboard.url;
      return dashboard;
    },
  };
}
