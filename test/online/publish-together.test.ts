// Runs of one view that are committed at the same time are published together.

import { describe, expect, test } from 'vitest';
import { publishRun } from '../../src/online/publish.ts';
import { type Committed, days, type OnlineWorld, onDay, openOnlineWorld } from './world.ts';

const NOTHING = { written: 0, unchanged: 0, older: 0, refused: 0, removed: 0 };

/** A committed run of a day, whose worker holds it for so long. */
async function heldRun(world: OnlineWorld, day: number, value: string, leaseMs: number): Promise<Committed> {
  const run = await world.commit(days(day), [
    ['a', onDay(day), value],
    ['b', onDay(day), value],
  ]);
  await world.database.run(
    `update millrace.run set lease_until = millrace.now() + $2 * interval '1 millisecond' where id = $1`,
    [run.id, leaseMs],
  );
  return run;
}

async function recordOf({ database, viewId }: OnlineWorld): Promise<{ number: number; debt: string } | undefined> {
  const [row] = await database.query<{ number: number; debt: string }>(
    `select publish_number as number, (covered - published)::text as debt
       from millrace.view v join millrace.coverage c on c.view_id = v.id where v.id = $1`,
    [viewId],
  );
  return row;
}

describe('publishRun', () => {
  test('publishes the runs that other workers hold as well, each entity once', async () => {
    await using world = await openOnlineWorld();
    const first = await heldRun(world, 0, '0', 60_000);
    const others = [await heldRun(world, 2, '2', 60_000), await heldRun(world, 1, '1', 60_000)];
    const published = await world.publish(first);
    expect(published).toMatchObject({
      runs: [first.id, ...others.map(({ id }) => id)],
      counts: { ...NOTHING, written: 2 },
    });
    expect(Object.fromEntries(await world.onlineRows())).toMatchObject({ a: { amount: '2' }, b: { amount: '2' } });
    expect(await recordOf(world)).toEqual({ number: 1, debt: '{}' });
  });

  test('sends only the rows that these runs have changed, if nothing else of their spans is due', async () => {
    await using world = await openOnlineWorld();
    for (const day of [0, 1]) await world.publish(await heldRun(world, day, String(day), 60_000));
    await world.database.run('update millrace.run set lease_until = null');
    const first = await heldRun(world, 0, '0', 60_000);
    const changed = await world.commit(days(1), [
      ['a', onDay(1), '1'],
      ['b', onDay(1), '9'],
    ]);
    await world.database.run(`update millrace.run set lease_until = 'infinity' where id = $1`, [changed.id]);
    expect(await world.publish(first)).toMatchObject({
      runs: [first.id, changed.id],
      counts: { ...NOTHING, written: 1 },
    });
    expect((await world.onlineRows()).get('b')).toMatchObject({ amount: '9' });
    expect(await recordOf(world)).toEqual({ number: 3, debt: '{}' });
  });

  test('writes nothing for a run that is published already, even if it changed only some rows', async () => {
    await using world = await openOnlineWorld();
    await world.publish(await heldRun(world, 0, '0', -1_000));
    const changed = await world.commit(days(0), [
      ['a', onDay(0), '0'],
      ['b', onDay(0), '9'],
    ]);
    await world.publish(changed);
    expect(await world.publish(changed)).toMatchObject({ changes: [], counts: NOTHING });
  });

  test('leaves runs alone that no worker holds any more', async () => {
    await using world = await openOnlineWorld();
    const run = await heldRun(world, 0, '0', 60_000);
    await heldRun(world, 1, '1', -1_000);
    await world.publish(run);
    const debt = '{["2026-01-02 00:00:00+00","2026-01-03 00:00:00+00")}';
    expect(await recordOf(world)).toEqual({ number: 1, debt });
  });

  test('takes no number and writes nothing if another publish has served the run while it waited', async () => {
    await using world = await openOnlineWorld();
    const [first, second] = [await heldRun(world, 0, '0', 60_000), await heldRun(world, 1, '1', 60_000)];
    const waiting: Promise<unknown>[] = [];
    const redis = {
      ...world.online.redis,
      script: async (...call: Parameters<typeof world.online.redis.script>) => {
        if (waiting.length === 0) waiting.push(world.publish(second));
        return world.online.redis.script(...call);
      },
    };
    await publishRun({ ...world.publisher, online: { ...world.online, redis }, run: first });
    expect(await Promise.all(waiting)).toMatchObject([{ number: 1, runs: [], counts: NOTHING }]);
    expect(await recordOf(world)).toEqual({ number: 1, debt: '{}' });
    expect((await world.onlineRows()).get('a')).toMatchObject({ amount: '1' });
  });

  test('publishes a run that was committed while it waited, after the rows of the other publish were read', async () => {
    await using world = await openOnlineWorld();
    const first = await heldRun(world, 0, '0', 60_000);
    const waiting: Promise<unknown>[] = [];
    const redis = {
      ...world.online.redis,
      script: async (...call: Parameters<typeof world.online.redis.script>) => {
        if (waiting.length === 0) waiting.push(world.publish(await heldRun(world, 1, '1', 60_000)));
        return world.online.redis.script(...call);
      },
    };
    await publishRun({ ...world.publisher, online: { ...world.online, redis }, run: first });
    expect(await Promise.all(waiting)).toMatchObject([{ number: 2, counts: { ...NOTHING, written: 2 } }]);
    expect(await recordOf(world)).toEqual({ number: 2, debt: '{}' });
    expect((await world.onlineRows()).get('a')).toMatchObject({ amount: '1' });
  });
});
