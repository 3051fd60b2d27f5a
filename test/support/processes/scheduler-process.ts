// A scheduler process for fault tests: the real scheduler over definitions from a variable.

import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { openApp } from '../../../src/app.ts';
import { silentLog } from '../../../src/core/log.ts';
import type { Connections } from '../../../src/definition/connections/connections.ts';
import type { Definitions } from '../../../src/definition/load.ts';
import { startProjectScheduler } from '../../../src/processes/processes.ts';
import type { SettingsChanges } from '../../../src/settings.ts';

export type SchedulerOrders = {
  readonly connections: Connections;
  readonly settings: SettingsChanges;
  readonly definitions: Pick<Definitions, 'views' | 'jobs'>;
};

const orders: SchedulerOrders = JSON.parse(process.env['MILLRACE_TEST_ORDERS'] ?? '{}');
// The parent has ended: an aborted test run leaves no scheduler behind.
createInterface({ input: process.stdin }).once('close', () => process.exit(1));

const { connections, settings, definitions } = orders;
{
  await using app = openApp({ folder: process.cwd(), connections, settings, log: silentLog });
  await using _scheduler = await startProjectScheduler(app, definitions, { version: 'test' });
  process.stdout.write('ready\n');
  await once(process, 'SIGTERM');
}
// Like the command.
process.exit(0);
