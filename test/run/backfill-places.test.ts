// Backfills leave connections of a source to other runs.

import { expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { at, feature, view } from '../support/views.ts';
import { openWorld } from '../support/world.ts';

const GATE = 20_261_130;

test('a run reads a source whose backfills wait for its other connections', async () => {
  await using world = await openWorld();
  await world.sql(
    'create table orders as select $$a$$ as entity_id, 1::bigint as amount, d as at from generate_series(timestamptz $$2026-01-01Z$$, $$2026-01-06Z$$, $$1 day$$) d',
  );
  const rows = 'entity_id, amount, at as timestamp from orders where at >= {{start}} and at < {{end}}';
  const slow = view({
    name: 'slow',
    kind: 'events',
    start: at('2026-01-01'),
    end: at('2026-01-06'),
    features: [feature('amount', 'int')],
    query: `select ${rows} and pg_advisory_lock_shared(${GATE}) is not null`,
  });
  const names = ['slow', 'slower', 'slowest'];
  await world.apply(...names.map((name) => ({ ...slow, name })), { ...slow, name: 'fast', query: `select ${rows}` });
  const waiting = async () =>
    (
      await world.sql(`select from pg_locks where locktype = 'advisory' and not granted and database =
       (select oid from pg_database where datname = current_database())`)
    ).length;
  let backfills: Promise<unknown> = Promise.resolve();
  await world.app.database.session(async (session) => {
    await session.query(`select pg_advisory_lock(${GATE})`);
    const runs: number[] = [];
    for (const name of names) runs.push(...(await world.plan(name)));
    await world.sql(`update millrace.run set reason = 'backfill'`);
    backfills = Promise.all(runs.map((run) => world.perform(run)));
    await until(async () => (await waiting()) === 2);
    for (const run of await world.plan('fast')) {
      expect(await world.perform(run)).toMatchObject({ kind: 'completed' });
    }
    expect(await waiting()).toBe(2);
    await session.query(`select pg_advisory_unlock(${GATE})`);
  });
  expect(await backfills).toMatchObject(names.map(() => ({ kind: 'completed' })));
});
