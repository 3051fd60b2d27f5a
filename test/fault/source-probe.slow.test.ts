// Workers in separate processes probe a source that was away, and read what waited only for it, without a command.

import { describe, expect, test } from 'vitest';
import type { App } from '../../src/app.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import { deliverRuns } from '../../src/queue/delivery/deliver.ts';
import { startPostgres } from '../../src/servers/servers.ts';
import { planDue } from '../../src/state/planning/planning.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/runs/run.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import { openTestDatabase } from '../support/database.ts';
import { startForwarder } from '../support/forwarder.ts';
import {
  applyViews,
  freshConnections,
  openFaultApp,
  startFaultScheduler,
  startWorkerProcess,
} from '../support/processes/fault-world.ts';
import { until } from '../support/until.ts';
import { view } from '../support/views.ts';

/** As many as a team has on one source. */
const VIEWS = Array.from({ length: 60 }, (_, index) => view({ name: `view_${index + 1}` }));
const BROKEN = view({ name: 'broken', query: 'select entity_id, nothing as value, {{end}} as timestamp from spend' });
const WHOLE = '{["2026-01-01 00:00:00+00","2026-01-03 00:00:00+00")}';

/** A system whose source `shop` is on its own server, behind a forwarder. */
async function openSystem() {
  await using parts = new AsyncDisposableStack();
  const server = parts.use(await startPostgres());
  const url = await server.createDatabase();
  await using source = openTestDatabase(url);
  await source.run('create table spend (entity_id text, value float8)');
  await source.run(`insert into spend values ('ada', 1), ('bob', 2)`);
  const forwarder = await startForwarder(url);
  const fresh = await freshConnections();
  const { shop } = fresh.sources;
  if (shop === undefined) throw new Error('there is no source shop');
  const connections = { ...fresh, sources: { shop: { ...shop, url: forwarder.url, connectTimeoutMs: 3_000 } } };
  const app = parts.use(await openFaultApp(connections));
  await applyViews(app, ...VIEWS, BROKEN);
  parts.use(await startFaultScheduler(app, [...VIEWS, BROKEN]));
  const opened = parts.move();
  return { app, connections, forwarder, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** Plans what is due for views, with one attempt, and delivers it to the workers. */
async function requestRuns(app: App, ...views: readonly FeatureView[]): Promise<void> {
  await using queues = await app.openQueues();
  for (const { name } of views) {
    const options = { ...DEFAULT_RUN_OPTIONS, attempts: 1 };
    const runs = await planDue(app.database, await requireAppliedView(app.database, name), 'manual', options);
    await deliverRuns(queues, app.database, runs);
  }
}

/** The sets of a view: what is held, and what is covered. */
async function setsOf({ database }: App, name: string) {
  const [row] = await database.query<{ held: string; covered: string }>(
    `select c.held::text as held, c.covered::text as covered
       from millrace.coverage c join millrace.view v on v.id = c.view_id where v.name = $1`,
    [name],
  );
  return row;
}

const untilHeld = (app: App, views: readonly FeatureView[]) =>
  until(async () => {
    const sets = await Promise.all(views.map(({ name }) => setsOf(app, name)));
    return sets.every((one) => one?.held === WHOLE);
  });

const untilCovered = (app: App) =>
  until(async () => {
    const sets = await Promise.all(VIEWS.map(({ name }) => setsOf(app, name)));
    const open = await app.database.query(`select from millrace.run where state in ('planned', 'active', 'committed')`);
    return open.length === 0 && sets.every((one) => one?.held === '{}' && one.covered === WHOLE);
  });

/** Makes the next probe due, and waits until a worker has taken it. Returns how many there were. */
async function untilProbed({ database }: App): Promise<number> {
  const probes = async () => {
    const [row] = await database.query<{ probes: number }>(
      'select coalesce(max(cardinality(probed_at)), 0)::int as probes from millrace.source_probe',
    );
    return row?.probes ?? 0;
  };
  const before = await probes();
  await until(async () => {
    await database.run('update millrace.source_probe set next_at = millrace.now()');
    return (await probes()) > before;
  });
  return before + 1;
}

/** How often each view was released, and how many runs of it ended well. */
const repairsOf = ({ database }: App) =>
  database.query(
    `select v.name as view,
            (select count(*)::int from millrace.event e where e.view_id = v.id and e.kind = 'released') as released,
            (select count(*)::int from millrace.run r where r.view_id = v.id and r.state = 'done') as done
       from millrace.view v order by v.name collate "C"`,
  );

const REPAIRED = [
  { view: 'broken', released: 0, done: 0 },
  ...VIEWS.map(({ name }) => name)
    .sort()
    .map((name) => ({ view: name, released: 1, done: 2 })),
];

describe('worker processes', () => {
  test('read what waited for a source once, and leave other failures to an operator', async () => {
    await using system = await openSystem();
    const { app, connections, forwarder } = system;
    const workers = [startWorkerProcess(connections, null), startWorkerProcess(connections, null)];
    await Promise.all(workers.map(({ ready }) => ready));
    await requestRuns(app, BROKEN);
    await untilHeld(app, [BROKEN]);
    forwarder.refuse();
    await requestRuns(app, ...VIEWS);
    await untilHeld(app, VIEWS);
    await untilProbed(app);
    await until(
      async () => (await app.database.query('select from millrace.source_probe where error is not null')).length > 0,
    );
    await untilHeld(app, VIEWS);
    forwarder.heal();
    await untilProbed(app);
    await untilCovered(app);
    expect(await repairsOf(app)).toEqual(REPAIRED);
    expect((await setsOf(app, 'broken'))?.held).toBe(WHOLE);
  });

  test('repeat the probe of a worker that was killed during it', async () => {
    await using system = await openSystem();
    const { app, connections, forwarder } = system;
    const first = startWorkerProcess(connections, null);
    await first.ready;
    await requestRuns(app, BROKEN);
    await untilHeld(app, [BROKEN]);
    forwarder.refuse();
    await requestRuns(app, ...VIEWS);
    await untilHeld(app, VIEWS);
    // The probe gets a connection and no answer.
    forwarder.heal();
    forwarder.freeze('all');
    const probes = await untilProbed(app);
    await first.kill();
    forwarder.heal();
    const second = startWorkerProcess(connections, null);
    await second.ready;
    expect(await untilProbed(app)).toBe(probes + 1);
    await untilCovered(app);
    expect(await repairsOf(app)).toEqual(REPAIRED);
  });
});
