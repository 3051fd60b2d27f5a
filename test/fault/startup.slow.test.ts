// Processes that start before their servers.

import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { Connections } from '../../src/definition/connections/connections.ts';
import { freePort } from '../../src/servers/free-port.ts';
import { type Forwarder, startForwarder } from '../support/forwarder.ts';
import { type Started, startCommand } from '../support/processes/command-process.ts';
import { freshConnections } from '../support/processes/fault-world.ts';
import { sampleOf } from '../support/sample.ts';
import { until } from '../support/until.ts';

type World = { readonly connections: Connections; readonly postgres: Forwarder; readonly queue: Forwarder };

async function openWorld(): Promise<World> {
  const { offline, queue: bull, ...others } = await freshConnections();
  const [postgres, queue] = [await startForwarder(offline.url), await startForwarder(bull.url)];
  postgres.refuse();
  queue.refuse();
  return {
    connections: { ...others, offline: { url: postgres.url }, queue: { ...bull, url: queue.url } },
    postgres,
    queue,
  };
}

const statusOf = async (port: number, what: string) =>
  fetch(`http://127.0.0.1:${port}/health/${what}`).then(
    ({ status }) => status,
    () => null,
  );

/** The codes of the failures that it waits for. */
const waitedFor = ({ said }: Started) =>
  said()
    .split('\n')
    .filter((line) => line.includes('process.waiting'))
    .map((line) => JSON.parse(line).code as string);

describe.each(sampleOf(['worker', 'scheduler'], (kind) => kind === 'worker'))('millrace %s', (kind) => {
  test('waits for Postgres and then for Redis, is not ready in the meantime, and starts when both are up', async () => {
    const { connections, postgres, queue } = await openWorld();
    const port = await freePort();
    const started = await startCommand([kind, '--health-port', String(port)], connections);
    await until(() => waitedFor(started).length > 0);
    expect(await statusOf(port, 'live')).toBe(200);
    expect(await statusOf(port, 'ready')).toBe(503);
    postgres.heal();
    await until(() => waitedFor(started).includes('QUEUE_UNAVAILABLE'));
    expect(await statusOf(port, 'ready')).toBe(503);
    queue.heal();
    await until(() => started.said().includes(`${kind}.started`));
    await until(async () => (await statusOf(port, 'ready')) === 200);
    started.child.kill('SIGTERM');
    expect((await once(started.child, 'exit'))[0]).toBe(0);
  });

  test('ends immediately when it is asked to stop while it waits', async () => {
    const { connections } = await openWorld();
    const started = await startCommand([kind], connections);
    await until(() => waitedFor(started).length > 0);
    started.child.kill('SIGTERM');
    expect((await once(started.child, 'exit'))[0]).toBe(0);
    expect(new Set(waitedFor(started))).toEqual(new Set(['OFFLINE_UNAVAILABLE']));
  });
});

test('millrace dashboard starts without Postgres, says that it waits for it, and is ready when it is up', async () => {
  const { connections, postgres } = await openWorld();
  const port = await freePort();
  const started = await startCommand(['dashboard', '--port', String(port)], connections);
  await until(() => started.said().includes('dashboard.started') && waitedFor(started).length > 0);
  expect(await statusOf(port, 'live')).toBe(200);
  expect(await statusOf(port, 'ready')).toBe(503);
  postgres.heal();
  await until(async () => (await statusOf(port, 'ready')) === 200);
  started.child.kill('SIGTERM');
  expect((await once(started.child, 'exit'))[0]).toBe(0);
});

test('millrace status fails immediately if Postgres is unavailable', async () => {
  const { connections } = await openWorld();
  const started = await startCommand(['status'], connections);
  expect((await once(started.child, 'exit'))[0]).toBe(1);
  expect(waitedFor(started)).toEqual([]);
  expect(started.said()).toContain('is not responding');
});
