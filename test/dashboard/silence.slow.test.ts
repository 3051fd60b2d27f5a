// The dashboard over an unreliable network.

import { expect, onTestFinished, test } from 'vitest';
import { openApp } from '../../src/app.ts';
import { silentLog } from '../../src/core/log.ts';
import { NO_LOGIN } from '../../src/definition/connections/dashboard-config.ts';
import { startProjectDashboard } from '../../src/processes/processes.ts';
import { ALL_FAULTS, FAULTS } from '../fault/network-world.ts';
import { startForwarder } from '../support/forwarder.ts';
import { FAULT_SETTINGS, freshConnections, openFaultApp } from '../support/processes/fault-world.ts';
import { until } from '../support/until.ts';

test('shows its pages again within three minutes, under any network fault', async () => {
  await using direct = await openFaultApp(await freshConnections());
  const { offline, queue, ...others } = direct.connections;
  const network = [await startForwarder(offline.url), await startForwarder(queue.url)];
  const [postgres = '', bull = ''] = network.map(({ url }) => url);
  const connections = { ...others, offline: { url: postgres }, queue: { ...queue, url: bull } };
  const app = openApp({ folder: process.cwd(), connections, log: silentLog, settings: FAULT_SETTINGS });
  onTestFinished(() => app[Symbol.asyncDispose]());
  const place = { host: '127.0.0.1', port: 0 } as const;
  const shown = { project: 'shop', version: 'test', login: NO_LOGIN, defaultRole: 'viewer' } as const;
  const dashboard = await startProjectDashboard(app, { ...shown, ...place });
  onTestFinished(() => dashboard[Symbol.asyncDispose]());
  const status = async (path: string) => (await fetch(`${dashboard.url}${path}`)).status;
  const areShown = async () =>
    (await status('/')) === 200 && (await status('/queues/')) === 200 && (await status('/health/ready')) === 200;
  expect(await areShown()).toBe(true);
  for (const forwarder of network) {
    for (const fault of ALL_FAULTS) {
      FAULTS[fault](forwarder);
      await until(areShown);
      forwarder.heal();
    }
  }
  const [postgresNetwork] = network;
  postgresNetwork?.freeze('all');
  await until(async () => (await status('/health/ready')) === 503);
  expect(await status('/health/live')).toBe(200);
  postgresNetwork?.heal();
  await until(async () => (await status('/health/ready')) === 200);
});
