// The dashboard of `millrace dev`: on this machine alone, for the person who sits at it, who may do everything.

import { Failure } from '../core/failure.ts';
import type { Dashboard } from '../dashboard/server.ts';
import { NO_LOGIN } from '../definition/dashboard-config.ts';
import type { Cli } from './command.ts';
import { DASHBOARD_HOST, DASHBOARD_PORT } from './dashboard.ts';
import type { OpenProject } from './open.ts';
import { packageVersion } from './version.ts';

export type DevDashboard = {
  /** Starts it, at the same place as before, and says where when that is new. */
  start(open: OpenProject): Promise<Dashboard>;
};

export function openDevDashboard({ terminal }: Cli): DevDashboard {
  let port = DASHBOARD_PORT;
  let told = '';
  const startAt = async ({ app, project: { project } }: OpenProject, at: number) => {
    const { startProjectDashboard } = await import('../processes.ts');
    return startProjectDashboard(app, {
      project,
      version: packageVersion(),
      login: NO_LOGIN,
      everybody: 'operator',
      host: DASHBOARD_HOST,
      port: at,
    });
  };
  return {
    start: async (open) => {
      const dashboard = await startAt(open, port).catch((thrown: unknown) => {
        // Somebody else has the port: any other is as good.
        if (thrown instanceof Failure && thrown.code === 'ARGUMENT_INVALID') return startAt(open, 0);
        throw thrown;
      });
      port = Number(new URL(dashboard.url).port);
      if (dashboard.url !== told) terminal.line({ style: 'bold', text: 'Dashboard: ' }, dashboard.url);
      told = dashboard.url;
      return dashboard;
    },
  };
}
