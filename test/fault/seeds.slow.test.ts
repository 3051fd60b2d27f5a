// Workers are killed at random moments, repeatedly, on the same stores: in the end both match the source.
// MILLRACE_TEST_SEEDS sets the number of seeds; MILLRACE_TEST_SEED sets the first one.

import { expect, test } from 'vitest';
import type { App } from '../../src/app.ts';
import { planDue } from '../../src/state/planning/planning.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/runs/run.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import {
  applyViews,
  dumpStores,
  freshConnections,
  openFaultApp,
  startFaultScheduler,
  startWorkerProcess,
} from '../support/processes/fault-world.ts';
import type { Stop } from '../support/processes/worker-process.ts';
import { until } from '../support/until.ts';
import { view } from '../support/views.ts';
import { createOrders, expectedStores, ORDERS, planRound, writeRound } from './shop-orders.ts';

const SEEDS = Number(process.env['MILLRACE_TEST_SEEDS'] ?? 100);
const FIRST = Number(process.env['MILLRACE_TEST_SEED'] ?? 1);
const STAGES = ['claim', 'extract', 'check', 'commit', 'publish', 'done'];
/** About the duration of all runs of a seed. */
const KILLED_WITHIN_MS = 400;

/** Three runs in addition to the one of the orders: the history of each day so far. */
const SUMS = view({
  ...ORDERS,
  name: 'sums',
  kind: 'snapshot',
  query: `select entity_id, {{end}} as timestamp, sum(amount) as amount, sum(lines)::int8 as lines
            from orders where at < {{end}} group by 1`,
});

/** The same numbers in [0, 1) for the same seed (mulberry32). */
function numbersOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function expectSums(app: App): Promise<void> {
  const sums = `select entity_id, at::text, amount::text, lines::text from`;
  const offline = await app.database.query(
    `${sums} (select entity_id, event_timestamp as at, amount, lines from features.sums) s order by entity_id collate "C", 2`,
  );
  const expected = await app.database.query(
    `${sums} (select entity_id, day as at, sum(amount) as amount, sum(lines)::int8 as lines
                from orders, generate_series(timestamptz '2026-01-02Z', '2026-01-04Z', '1 day') day
               where orders.at < day group by 1, 2) s order by entity_id collate "C", 2`,
  );
  expect(offline).toEqual(expected);
  const newest = (await dumpStores(app, SUMS)).split('\n').filter((line) => line.startsWith('mr:'));
  const online = await app.database.query<{ line: string }>(
    `select 'mr:sums:' || entity_id || ' [["_ts","' || (extract(epoch from max(at)) * 1000000)::bigint || '"],["amount","' || sum(amount) || '"]'
            || coalesce(',["lines","' || sum(lines) || '"]', '') || ']' as line
       from (select entity_id, timestamptz '2026-01-04Z' as at, amount, lines from orders) o
      group by entity_id order by entity_id collate "C"`,
  );
  expect(newest).toEqual(online.map(({ line }) => line));
}

/** Every run of the seed has ended well, and has covered its span once. */
async function expectRunsOnce({ database }: App, runs: readonly number[]): Promise<void> {
  const ends = await database.query(
    `select r.state, count(e.id)::int as covered, count(distinct r.id)::int as runs
       from millrace.run r left join millrace.event e on e.run_id = r.id and e.kind = 'covered'
      where r.id = any($1) group by 1`,
    [runs],
  );
  expect(ends).toEqual([{ state: 'done', covered: runs.length, runs: runs.length }]);
  const spans = `select name, covered = published as published, covered::text, held::text, stale::text
                   from millrace.coverage join millrace.view on id = view_id order by 1`;
  const covered = '{["2026-01-01 00:00:00+00","2026-01-04 00:00:00+00")}';
  const whole = { published: true, covered, held: '{}', stale: '{}' };
  expect(await database.query(spans)).toEqual(['orders', 'sums'].map((name) => ({ name, ...whole })));
  expect(await database.query(`select tablename from pg_tables where schemaname = 'staging'`)).toEqual([]);
}

test('both stores match the source in the end, whenever workers are killed', { timeout: SEEDS * 60_000 }, async () => {
  await using app = await openFaultApp(await freshConnections());
  await createOrders(app);
  await applyViews(app, ORDERS, SUMS);
  await using _scheduler = await startFaultScheduler(app, [ORDERS, SUMS]);
  const options = { ...DEFAULT_RUN_OPTIONS, backoffMs: 100, attempts: 9 };
  for (let seed = FIRST; seed < FIRST + SEEDS; seed += 1) {
    const random = numbersOf(seed);
    const stop: Stop | null =
      random() < 0.5
        ? {
            when: random() < 0.5 ? 'before' : 'after',
            stage: STAGES[Math.floor(random() * STAGES.length)] ?? 'extract',
          }
        : null;
    const killedAfterMs = random() * KILLED_WITHIN_MS;
    const what = `seed ${seed}: ${stop === null ? `${Math.round(killedAfterMs)} ms` : `${stop.when} ${stop.stage}`}`;
    await writeRound(app, seed);
    const victim = startWorkerProcess(app.connections, stop);
    await victim.ready;
    const sums = await requireAppliedView(app.database, 'sums');
    // Its coverage is made stale together with that of the orders.
    const runs = [await planRound(app), ...(await planDue(app.database, sums, 'restate', options))];
    await app.deliver(runs);
    const killedAt = performance.now() + killedAfterMs;
    if (stop === null) await until(() => performance.now() >= killedAt);
    else await victim.stopped;
    await victim.kill();
    const other = startWorkerProcess(app.connections, null);
    const left = () =>
      app.database.query(`select id from millrace.run where state in ('planned', 'active', 'committed')`);
    await until(async () => (await left()).length === 0).catch((error: unknown) => {
      throw new Error(`${what}: runs are left open`, { cause: error });
    });
    await other.kill();
    await expectRunsOnce(app, runs);
    expect(await dumpStores(app, ORDERS), what).toBe(await expectedStores(app));
    await expectSums(app);
  }
});
