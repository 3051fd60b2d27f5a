// An edited view is read again while its workers are killed: readers see each span either old or new, complete.

import { expect, test } from 'vitest';
import type { App } from '../../src/app.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import { readOnline } from '../../src/online/read.ts';
import { planDue } from '../../src/state/planning/planning.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/runs/run.ts';
import { applyEdit } from '../../src/state/views/edit.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import {
  applyViews,
  freshConnections,
  openFaultApp,
  startFaultScheduler,
  startWorkerProcess,
} from '../support/processes/fault-world.ts';
import { until } from '../support/until.ts';
import { at, feature, fingerprinted, view } from '../support/views.ts';

const DAYS = 12;
const ENTITIES = 200;

/** Two features with the version of the definition that made the row. */
function version(factor: number): FeatureView {
  return view({
    end: at('2026-01-13'),
    features: [feature('once', 'int'), feature('tenfold', 'int')],
    query: `select entity_id, ${factor}::int8 as once, ${factor * 10}::int8 as tenfold, {{end}} as timestamp from spend`,
  });
}

async function deliverDue(app: App): Promise<number[]> {
  const options = { ...DEFAULT_RUN_OPTIONS, attempts: 9, backoffMs: 100 };
  const runs = await planDue(app.database, await requireAppliedView(app.database, 'spend'), 'schedule', options);
  await app.deliver(runs);
  return runs;
}

async function untilAllDone({ database }: App): Promise<void> {
  const open = `select id from millrace.run where state in ('planned', 'active', 'committed')`;
  await until(async () => (await database.query(open)).length === 0);
}

/** Everything wrong or mixed that readers see, offline or online, as strings, until it is stopped. */
function reader(app: App): { stop(): Promise<{ looks: number; seen: string[] }> } {
  const seen = new Set<string>();
  const ids = Array.from({ length: ENTITIES }, (_, index) => `c${index + 1}`);
  let isOver = false;
  const offline = async () => {
    const spans = await app.database.query(
      `select distinct count(*)::int as rows, count(distinct once)::int as versions, bool_and(tenfold = once * 10) as whole
         from features.spend group by event_timestamp`,
    );
    for (const span of spans) seen.add(JSON.stringify(span));
  };
  const online = async () => {
    const found = await readOnline(app.online, [version(1)], ids);
    for (const id of ids) {
      const { once, tenfold } = found.get(id)?.['spend']?.values ?? {};
      const isWhole = (once === 1n || once === 2n) && tenfold === once * 10n;
      if (!isWhole) seen.add(`${id} online: ${once} ${tenfold}`);
    }
  };
  const reading = (async () => {
    let looks = 0;
    for (; !isOver; looks += 1) {
      await Promise.all([offline(), online()]);
      // Without giving the workers time it would see the same moment repeatedly.
      await app.clock.sleep(10);
    }
    return looks;
  })();
  return {
    stop: async () => {
      isOver = true;
      return { looks: await reading, seen: [...seen] };
    },
  };
}

test('a restatement whose workers are killed shows readers the old or the new rows of a span, and ends', async () => {
  await using app = await openFaultApp(await freshConnections());
  const { database, connections } = app;
  await database.run(`create table spend as select 'c' || i as entity_id from generate_series(1, ${ENTITIES}) i`);
  await applyViews(app, version(1));
  await using _scheduler = await startFaultScheduler(app, [version(1)]);
  const before = startWorkerProcess(connections, null);
  await deliverDue(app);
  await untilAllDone(app);
  await before.kill();

  const reading = reader(app);
  await database.run(
    `update millrace.coverage set stale = covered * tstzmultirange(tstzrange('2026-01-01Z', '2026-01-02Z'))`,
  );
  const old = startWorkerProcess(connections, { when: 'before', stage: 'commit' });
  await deliverDue(app);
  await old.stopped;
  // It has staged rows of the old definition by now, and stays alive.
  await applyViews(app, version(2));
  await applyEdit(database, fingerprinted(version(2)), 'restate');
  const runs = await deliverDue(app);
  expect(runs).toHaveLength(DAYS - 1);
  for (const stop of [
    { when: 'before', stage: 'commit' },
    { when: 'after', stage: 'commit' },
  ] as const) {
    const victim = startWorkerProcess(connections, stop);
    await victim.stopped;
    await victim.kill();
  }
  const last = startWorkerProcess(connections, null);
  old.resumeAndFollow();
  await until(() => old.heard('settled'));
  await old.kill();
  await untilAllDone(app);
  // The day of the superseded run is due now.
  await deliverDue(app);
  await untilAllDone(app);
  const { looks, seen } = await reading.stop();
  expect(looks).toBeGreaterThan(20);
  expect(seen).toEqual([JSON.stringify({ rows: ENTITIES, versions: 1, whole: true })]);
  expect(await database.query('select once::int, count(*)::int as rows from features.spend group by 1')).toEqual([
    { once: 2, rows: ENTITIES * DAYS },
  ]);
  expect(await database.query('select state, count(*)::int as runs from millrace.run group by 1 order by 1')).toEqual([
    { state: 'done', runs: 2 * DAYS },
    { state: 'superseded', runs: 1 },
  ]);
  await last.kill();
});
