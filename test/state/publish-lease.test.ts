// The publish lease is identified by its number, since one process may hold it twice in a row.

import { describe, expect, test } from 'vitest';
import { publishRun } from '../../src/online/publish.ts';
import { releasePublishLease, renewPublishLease, takePublishLease } from '../../src/state/publishing/publishing.ts';
import { days, onDay, openOnlineWorld } from '../online/world.ts';

describe('a publish lease that the same process has taken again', () => {
  test('is neither renewed nor released by the earlier publish', async () => {
    await using world = await openOnlineWorld();
    const { database, viewId } = world;
    const before = await takePublishLease(database, viewId, 'me', 0);
    const now = await takePublishLease(database, viewId, 'me', 60_000);
    if (before === null || now === null) throw new Error('the lease was not to be had');
    expect(await renewPublishLease(database, before, 60_000)).toBe(false);
    await releasePublishLease(database, before);
    expect(await renewPublishLease(database, now, 60_000)).toBe(true);
    expect(await takePublishLease(database, viewId, 'other', 60_000)).toBe(null);
  });
});

describe('the rows that a run removed during a publish', () => {
  test('stay to be published', async () => {
    await using world = await openOnlineWorld();
    await world.publish(await world.commit(days(0), [['a', onDay(0), '1']]));
    const run = await world.commit(days(0), [['b', onDay(0), '1']]);
    let isRemoved = false;
    const redis = {
      ...world.online.redis,
      script: async (...call: Parameters<typeof world.online.redis.script>) => {
        if (!isRemoved) await world.commit(days(0), []);
        isRemoved = true;
        return world.online.redis.script(...call);
      },
    };

    await publishRun({ ...world.publisher, online: { ...world.online, redis }, run });
    expect(await world.database.query('select entity_id as id from millrace.removed')).toEqual([{ id: 'b' }]);
    await world.workOffDebt();
    expect((await world.onlineRows()).size).toBe(0);
  });
});
