import { describe, expect, test } from 'vitest';
import { viewsOfJob } from '../../../src/state/planning/job-views.ts';
import { at, view } from '../../support/views.ts';
import { openWorld, type World } from '../../support/world.ts';

/** `spend`, done, with its newest tick recorded. */
async function doneWorld(extra: Parameters<typeof view>[0] = {}): Promise<World> {
  const world = await openWorld();
  await world.sql('create table spend (entity_id text, value float8)');
  await world.apply(view({ tags: ['money'], end: at('2026-01-03'), ...extra }));
  await world.materialize('spend');
  return world;
}

const hasWork = async ({ app }: World) => (await viewsOfJob(app.database, ['spend']))[0]?.hasWork;

describe('viewsOfJob', () => {
  test('finds views by name and by tag, without duplicates', async () => {
    await using world = await doneWorld();
    await world.apply(view({ name: 'other', tags: ['money'] }), view({ name: 'third' }));
    const named = async (...words: string[]) => (await viewsOfJob(world.app.database, words)).map(({ name }) => name);
    expect(await named('tag:money', 'spend', 'unknown')).toEqual(['other', 'spend']);
    expect(await named('third')).toEqual(['third']);
  });

  test('sees no work if all is done', async () => {
    await using world = await doneWorld();
    expect(await hasWork(world)).toBe(false);
  });

  test.each([
    ['a unit that is not covered', `update millrace.coverage set covered = '{[2026-01-01,2026-01-02)}'`, true],
    ['covered time that is stale', 'update millrace.coverage set stale = covered', true],
    ['a frontier that no tick has seen', 'update millrace.coverage set frontier = null', true],
    [
      'stale time that a run has',
      `update millrace.coverage set stale = covered; update millrace.run set state = 'planned'`,
      false,
    ],
    ['stale time that is held', 'update millrace.coverage set stale = covered, held = covered', false],
    [
      'stale time of a paused view',
      `update millrace.coverage set stale = covered; update millrace.view set paused_kind = 'person', paused_reason = 'by hand'`,
      false,
    ],
    [
      'stale time of an edited view',
      `update millrace.coverage set stale = covered; update millrace.view set edited_fingerprint = 'x'`,
      false,
    ],
    [
      'stale time of a retired view',
      `update millrace.coverage set stale = covered; update millrace.view set retired_at = now()`,
      false,
    ],
  ])('detects whether there is work: %s', async (_, change, expected) => {
    await using world = await doneWorld();
    for (const statement of change.split(';')) await world.sql(statement);
    expect(await hasWork(world)).toBe(expected);
  });

  test('sees work for a view of kind latest, except while a run of it is open', async () => {
    await using world = await doneWorld({
      kind: 'latest',
      query: 'select entity_id, value, now() as timestamp from spend',
    });
    expect(await hasWork(world)).toBe(true);
    await world.plan('spend');
    expect(await hasWork(world)).toBe(false);
  });
});
