// Operations on an incremental view lock it and its parts in the order of all transactions.

import { expect, test } from 'vitest';
import { silentLog } from '../../src/core/log.ts';
import { partsView } from '../../src/definition/declared/parts.ts';
import { startBackfill } from '../../src/operations/backfill-start.ts';
import { lockPlanning, tryLockPlanning } from '../../src/state/locks.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import { openShop, PARTS, VIEW } from '../declared/incremental.ts';
import { until } from '../support/until.ts';

test('a backfill waits for the planning of the parts before it locks the view', async () => {
  await using world = await openShop();
  const { database } = world.app;
  const parts = partsView(VIEW);
  if (parts === null) throw new Error('the view has no parts');
  await world.apply(parts);
  await world.apply(VIEW);
  const [first, second] = [await requireAppliedView(database, PARTS), await requireAppliedView(database, VIEW.name)];
  expect(first.id).toBeLessThan(second.id);
  const deps = { database, log: silentLog, withQueues: () => Promise.reject(new Error('no queue is used')) };
  const request = {
    view: VIEW.name,
    range: { from: null, to: null },
    mode: 'missing',
    order: 'oldest',
    chunkUnits: null,
    parallel: 1,
    allowRemovals: false,
    performer: 'caller',
  } as const;
  const isWaiting = async () =>
    (
      await world.sql(`select from pg_locks where locktype = 'advisory' and not granted
                        and database = (select oid from pg_database where datname = current_database())`)
    ).length > 0;
  const started = await database.transaction(async (other) => {
    await lockPlanning(other, first.id);
    const starting = startBackfill(deps, { kind: 'command', name: 'ada@test' }, request);
    await until(isWaiting);
    expect(await database.transaction((session) => tryLockPlanning(session, [second.id]))).toEqual([second.id]);
    return { starting };
  });
  expect((await started.starting).parts).toHaveLength(1);
});
