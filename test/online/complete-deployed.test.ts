// `complete: true`, deployed while a run of the view is about to commit.

import { expect, test } from 'vitest';
import { epochMicrosOf } from '../../src/core/instant.ts';
import { silentLog } from '../../src/core/log.ts';
import { readAsOf } from '../../src/offline/read-as-of.ts';
import { readOnline } from '../../src/online/read.ts';
import { repairOnline } from '../../src/online/repair.ts';
import { verifyView } from '../../src/online/verify.ts';
import { shownAt } from '../../src/state/views/complete.ts';
import { at, feature, view } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';

const SIGNAL = new AbortController().signal;
const PLAIN = view({
  name: 'members',
  features: [feature('members', 'float', { column: 'value' })],
  query: 'select entity as entity_id, value, {{end}} as timestamp from source where day = {{end}}',
  refusedMax: 1,
});
const COMPLETE = { ...PLAIN, complete: {} };

/** Calls `act` before the commit of the second run. */
async function openMembers(act: (world: World) => Promise<void>): Promise<World> {
  let world: World | null = null;
  let commits = 0;
  world = await openWorld({
    changeStages: (stages) =>
      stages.map((stage) => ({
        name: stage.name,
        perform: async (run, signal) => {
          if (stage.name === 'commit' && ++commits === 2 && world !== null) await act(world);
          return stage.perform(run, signal);
        },
      })),
  });
  await world.sql('create table source (day timestamptz, entity text, value float8)');
  await world.sql(
    `insert into source values ('2026-01-02Z', 'a', 1), ('2026-01-02Z', 'b', 2), ('2026-01-02Z', 'c', 3)`,
  );
  // The row of b is refused, and c is missing.
  await world.sql(`insert into source values ('2026-01-03Z', 'a', 10), ('2026-01-03Z', 'b', 'NaN')`);
  await world.apply(PLAIN);
  return world;
}

const repair = ({ app }: World) => repairOnline({ ...app.publisher, log: silentLog }, SIGNAL);

test.each([
  ['before the commit', async (world: World) => repair(world)],
  ['after the commit', async () => undefined],
])('an open run records its snapshot as the new definition wants, with the rebuild %s', async (_, meanwhile) => {
  await using world = await openMembers(async (opened) => {
    await opened.apply(COMPLETE);
    await meanwhile(opened);
  });
  await world.materialize('members');
  await world.materialize('members');
  await repair(world);
  const { database, online } = world.app;
  const served = await readOnline({ redis: online.redis, prefix: online.prefix }, [COMPLETE], ['a', 'b', 'c']);
  const values = ['a', 'b', 'c'].map((id) => served.get(id)?.['members']?.values?.['members'] ?? null);
  expect(values).toEqual([10, 2, null]);
  expect(await verifyView({ database, online, view: COMPLETE, signal: SIGNAL })).toMatchObject({ total: 0 });
  const asked = ['b', 'c'].map((entityId) => ({ entityId, at: epochMicrosOf(at('2026-01-03') * 1_000) }));
  const known = await readAsOf(database, COMPLETE, asked, shownAt(COMPLETE));
  expect(known.map((row) => row?.values['members'] ?? null)).toEqual([2, null]);
});
