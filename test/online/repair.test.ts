// What the reconciler does for the online store each minute.

import { describe, expect, test } from 'vitest';
import { silentLog } from '../../src/core/log.ts';
import { repairOnline } from '../../src/online/repair.ts';
import { requestRebuild } from '../../src/state/publishing/online-store.ts';
import { takePublishLease } from '../../src/state/publishing/publishing.ts';
import { deployViewRows } from '../../src/state/views/views.ts';
import { slowTest } from '../support/sample.ts';
import { fingerprinted } from '../support/views.ts';
import { days, eventsView, type OnlineWorld, onDay, openOnlineWorld } from './world.ts';

const SIGNAL = new AbortController().signal;

const repair = ({ publisher }: OnlineWorld, said: string[] = []) =>
  repairOnline(
    {
      ...publisher,
      log: {
        ...silentLog,
        info: (event, facts) => void said.push(`${event} ${facts?.['view']}`),
        warn: (event, facts) => void said.push(`${event} ${facts?.['view']}`),
      },
    },
    SIGNAL,
  );
const debts = (world: OnlineWorld) =>
  world.database.query(
    `select (covered - published)::text as debt, (select count(*) from millrace.removed)::int as removed from millrace.coverage`,
  );

/** What a publish leaves behind that was lost after its run was closed. */
const closeRuns = (world: OnlineWorld) =>
  world.database.run(`update millrace.run set state = 'done', stage = 'done', closed_at = millrace.now()`);

describe('repairOnline', () => {
  test('does not report a rebuild that has to wait for another publisher', async () => {
    await using world = await openOnlineWorld();
    const { database, viewId, publisher } = world;
    await database.transaction((session) => requestRebuild(session, [viewId], 'command'));
    await takePublishLease(database, viewId, 'other', 3_600_000);
    const said: string[] = [];
    await repair({ ...world, publisher: { ...publisher, leaseMs: 20 } }, said);
    expect(said).toEqual(['online.behind orders']);
    expect(await database.query('select rebuild_reason as reason from millrace.view')).toEqual([{ reason: 'command' }]);
  });

  test('publishes what is covered and not published, though no run waits for it', async () => {
    await using world = await openOnlineWorld();
    await world.commit(days(0), [['a', onDay(0), '1']]);
    await closeRuns(world);
    await repair(world);
    expect(Object.fromEntries(await world.onlineRows())).toMatchObject({ a: { amount: '1' } });
    expect(await debts(world)).toEqual([{ debt: '{}', removed: 0 }]);
  });

  test('publishes removed rows where nothing else is left to publish', async () => {
    await using world = await openOnlineWorld();
    await world.publish(await world.commit(days(0), [['a', onDay(0), '1']]));
    await world.commit(days(0), []);
    await closeRuns(world);
    await world.database.run('update millrace.coverage set published = covered');
    await repair(world);
    expect((await world.onlineRows()).size).toBe(0);
    expect(await debts(world)).toEqual([{ debt: '{}', removed: 0 }]);
  });

  test('publishes a committed run of a view without spans whose worker is gone', async () => {
    await using world = await openOnlineWorld(eventsView({ kind: 'latest' }));
    await world.commit(null, [['a', onDay(0), '1']]);
    await repair(world);
    expect(Object.fromEntries(await world.onlineRows())).toMatchObject({ a: { amount: '1' } });
  });

  test('does not touch a run that is publishing itself, and publishes it once its lease has ended', async () => {
    await using world = await openOnlineWorld();
    await world.commit(days(0), [['a', onDay(0), '1']]);
    await world.database.run(`update millrace.run set lease_until = millrace.now() + interval '1 hour'`);
    await repair(world);
    expect((await world.onlineRows()).size).toBe(0);
    await world.database.run(`update millrace.run set lease_until = millrace.now() - interval '1 second'`);
    await repair(world);
    expect((await world.onlineRows()).size).toBe(1);
  });

  slowTest('does the other views when one fails, and says which is behind', async () => {
    await using world = await openOnlineWorld();
    await deployViewRows(world.database, [fingerprinted(world.view), fingerprinted(eventsView({ name: 'visits' }))]);
    await world.commit(days(0), [['a', onDay(0), '1']]);
    await world.database.run(`update millrace.coverage set covered = '{[2026-01-01,2026-01-02)}' where view_id <> $1`, [
      world.viewId,
    ]);
    await world.database.run('alter table features.orders rename to moved');
    const said: string[] = [];
    await repair(world, said);
    expect(said).toEqual(['online.behind orders', 'view.published visits']);
    await world.database.run('alter table features.moved rename to orders');
    await repair(world, said);
    expect(said.slice(2)).toEqual(['view.published orders']);
  });

  test.each([
    [false, 'relation "features.orders" does not exist'],
    [true, '[redacted]'],
  ])("quotes a server's message about a view in its log unless the view is redacted (%s)", async (redacted, why) => {
    await using world = await openOnlineWorld(eventsView({ redacted }));
    await world.commit(days(0), [['a', onDay(0), '1']]);
    await world.database.run('alter table features.orders rename to moved');
    const logged: unknown[] = [];
    await repairOnline(
      { ...world.publisher, log: { ...silentLog, warn: (_, facts) => void logged.push(facts?.['why']) } },
      SIGNAL,
    );
    expect(logged).toEqual([expect.stringContaining(why)]);
  });
});
