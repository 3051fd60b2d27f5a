// The real processes are asked to stop while all their connections are frozen, including new ones.

import { once } from 'node:events';
import { expect, test } from 'vitest';
import type { Connections } from '../../src/definition/connections/connections.ts';
import { freePort } from '../../src/servers/free-port.ts';
import { planDue } from '../../src/state/planning/planning.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/runs/run.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import { type Forwarder, startForwarder } from '../support/forwarder.ts';
import { startCommand } from '../support/processes/command-process.ts';
import { applyViews, freshConnections, openFaultApp } from '../support/processes/fault-world.ts';
import { until } from '../support/until.ts';
import { at, view } from '../support/views.ts';

/** As documented in docs/operations/processes.md. */
const EXIT_MS = 27_000;
/** Allowance for a busy machine. The runs take ten minutes, and no server ever responds. */
const BUSY_MS = 60_000;
const SLOW = view({
  end: at('2026-01-02'),
  query: `select 'ada' as entity_id, 1::float8 as value, {{end}} as timestamp from (select pg_sleep(600)) slept`,
});

async function throughForwarders(connections: Connections): Promise<{ behind: Connections; forwarders: Forwarder[] }> {
  const { offline, queue, online } = connections;
  const forwarders = [
    await startForwarder(offline.url),
    await startForwarder(queue.url),
    await startForwarder(online.url),
  ];
  const [postgres = '', bull = '', cache = ''] = forwarders.map(({ url }) => url);
  const behind = { offline: { url: postgres }, queue: { ...queue, url: bull }, online: { ...online, url: cache } };
  return { behind: { ...connections, ...behind }, forwarders };
}

test.each(['existing', 'all'] as const)(
  'worker, scheduler and dashboard end in time although %s connections are frozen',
  async (reach) => {
    await using app = await openFaultApp(await freshConnections());
    const { database, connections } = app;
    await applyViews(app, SLOW);
    const { behind, forwarders } = await throughForwarders(connections);
    const runs = await planDue(database, await requireAppliedView(database, 'spend'), 'schedule', DEFAULT_RUN_OPTIONS);
    const worker = await startCommand(['worker'], behind);
    await until(() => worker.said().includes('.started'));
    await app.deliver(runs);
    const asleep = `select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`;
    await until(async () => (await database.query(asleep)).length > 0);
    // Last, because the scheduler deploys its own definitions.
    const port = await freePort();
    const others = [['scheduler'], ['dashboard', '--port', String(port)]];
    const started = [worker, ...(await Promise.all(others.map((command) => startCommand(command, behind))))];
    await until(() => started.every(({ said }) => said().includes('.started')));
    await fetch(`http://127.0.0.1:${port}/queues/`);
    for (const forwarder of forwarders) forwarder.freeze(reach);
    const asked = performance.now();
    const ends = started.map(async ({ child }) => {
      child.kill('SIGTERM');
      await once(child, 'exit');
      return performance.now() - asked;
    });
    for (const tookMs of await Promise.all(ends)) expect(tookMs).toBeLessThan(EXIT_MS + BUSY_MS);
  },
);
