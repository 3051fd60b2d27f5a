import { describe, expect, test } from 'vitest';
import { days, onDay, openOnlineWorld } from './world.ts';

describe('publishRun', () => {
  test('brings a committed run online and records it', async () => {
    await using world = await openOnlineWorld();
    const run = await world.commit(days(0), [
      ['a', onDay(0, 1), '1.5'],
      ['a', onDay(0, 2), '2.5'],
      ['b', onDay(0, 1), '-0'],
    ]);
    const published = await world.publish(run);
    expect(published).toMatchObject({
      number: 1,
      counts: { written: 2, unchanged: 0, older: 0, refused: 0, removed: 0 },
    });
    expect(Object.fromEntries(await world.onlineRows())).toEqual({
      a: { _ts: '1767225602000000', amount: '2.5' },
      b: { _ts: '1767225601000000', amount: '-0' },
    });
    const [row] = await world.database.query<{ debt: string; number: number; owner: null }>(
      `select (covered - published)::text as debt, finished_publish_number as number, publish_owner as owner
         from millrace.coverage c join millrace.view v on v.id = c.view_id`,
    );
    expect(row).toEqual({ debt: '{}', number: 1, owner: null });
  });
});
