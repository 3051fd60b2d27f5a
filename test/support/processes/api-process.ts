// An API process for fault tests: the real API, on a port that its parent has chosen.

import { createInterface } from 'node:readline';
import { openApp } from '../../../src/app.ts';
import { silentLog } from '../../../src/core/log.ts';
import type { ApiAccess } from '../../../src/definition/connections/api-config.ts';
import type { Connections } from '../../../src/definition/connections/connections.ts';
import { startProjectApi } from '../../../src/processes/processes.ts';
import type { SettingsChanges } from '../../../src/settings.ts';

export type ApiOrders = {
  readonly connections: Connections;
  readonly settings: SettingsChanges;
  readonly access: ApiAccess;
  readonly port: number;
};

const orders: ApiOrders = JSON.parse(process.env['MILLRACE_TEST_ORDERS'] ?? '{}');
// The parent has ended: an aborted test run leaves no process behind.
createInterface({ input: process.stdin }).once('close', () => process.exit(1));

const { connections, settings, access, port } = orders;
const app = openApp({ folder: process.cwd(), connections, settings, log: silentLog });
await startProjectApi(
  app,
  { views: [], services: [] },
  { project: 'test', version: 'test', access, host: '127.0.0.1', port },
);
process.stdout.write('ready\n');
