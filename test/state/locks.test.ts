// Statements that change many runs lock them in one order, regardless of their order on disk.

import { expect, test } from 'vitest';
import { wakeWaiting } from '../../src/state/planning/earlier-views.ts';
import { raiseDeliveries } from '../../src/state/runs/deliveries.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/runs/run.ts';
import { restate } from '../../src/state/views/edit.ts';
import { pauseView, resumeView } from '../../src/state/views/pause.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import { at, view } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';

const RUNS = 1_000;
const ROUNDS = 5;
const HOUR_MS = 3_600_000;
const HOURLY = {
  kind: 'events',
  unitMs: HOUR_MS,
  start: at('2026-01-01'),
  end: at('2026-02-01'),
  settleMs: 0,
} as const;

/** Many planned runs of `visits` that wait for `orders`; two statements find them in different orders. */
async function crowd(): Promise<World & { replan(): Promise<number[]> }> {
  const world = await openWorld();
  const query = `select entity_id, at as timestamp, value from visits where at >= {{start}} and at < {{end}}`;
  await world.apply(
    view({ name: 'orders', ...HOURLY, query }),
    view({ name: 'visits', ...HOURLY, query, after: ['orders'] }),
  );
  await world.sql(
    `insert into millrace.run (view_id, span, reason, fingerprint, state)
     select id, '[2026-01-01Z,2026-02-01Z)', 'schedule', data_fingerprint, 'done' from millrace.view where name = 'orders'`,
  );
  await world.sql(`update millrace.coverage set covered = '{[2026-01-01Z,2026-02-01Z)}'`);
  const replan = async () => {
    await world.sql(`update millrace.run set state = 'superseded' where state = 'planned'`);
    const runs = await world.sql(
      `insert into millrace.run (view_id, span, reason, fingerprint, waits_for_views)
       select id, '[2026-01-01Z,2026-01-01T01:00Z)', 'schedule', data_fingerprint, '{orders}'
         from millrace.view, generate_series(1, ${RUNS}) where name = 'visits' returning id`,
    );
    const ids = runs.map(({ id }) => Number(id));
    // The newer half is rewritten, which changes its position on disk.
    await world.sql('update millrace.run set deliveries = 1 where id = any($1) and id % 2 = 0', [ids]);
    return ids;
  };
  return Object.assign(world, { replan });
}

test.each([
  [
    'taken back',
    (world: World) => pauseView(world.app.database, 'visits', { kind: 'person', reason: 'rest', actor: 'ada' }),
  ],
  ['woken', (world: World) => wakeWaiting(world.app.database, 1)],
  [
    'restated',
    async ({ app }: World) =>
      restate(
        app.database,
        await requireAppliedView(app.database, 'visits'),
        { from: null, to: null },
        DEFAULT_RUN_OPTIONS,
      ),
  ],
  [
    'delivered twice',
    async ({ app, sql }: World) => {
      const open = await sql(`select id from millrace.run where state = 'planned' order by id desc`);
      return raiseDeliveries(
        app.database,
        open.map(({ id }) => ({ run: Number(id), after: null })),
      );
    },
  ],
] as const)('runs are delivered while they are %s', async (_, others) => {
  await using world = await crowd();
  for (let round = 0; round < ROUNDS; round += 1) {
    const ids = await world.replan();
    const wanted = ids.map((run) => ({ run, after: null }));
    await Promise.all([raiseDeliveries(world.app.database, wanted), others(world)]);
    await resumeView(world.app.database, 'visits');
  }
  expect(await world.sql('select deadlocks from pg_stat_database where datname = current_database()')).toEqual([
    { deadlocks: 0 },
  ]);
});
