import { describe, expect, test } from 'vitest';
import { epochMsOf } from '../../src/core/instant.ts';
import { viewFile } from '../../src/definition/files/view-file.ts';
import { parseView } from '../../src/definition/parse/parse-view.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import { readOnline } from '../../src/online/read.ts';
import { rebuildView } from '../../src/online/rebuild.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import { openWorld, type World } from '../support/world.ts';

const DAYS = ['2026-01-02', '2026-01-03'] as const;

function activity(changes: Record<string, unknown> = {}): FeatureView {
  const view = viewFile.parse({
    name: 'activity',
    entity: 'user',
    source: 'shop',
    kind: 'snapshot',
    interval: '1d',
    start: '2026-01-01',
    end: '2026-01-03',
    from: { table: 'user_events', entity_id: 'user_id', timestamp: 'at' },
    features: [
      { name: 'logins', type: 'int', aggregate: 'count', window: '1d', where: { type: 'login' } },
      { name: 'tier', type: 'string', aggregate: 'lookup', table: 'profiles', column: 'tier', default: 'none' },
    ],
    ...changes,
  });
  return parseView(view);
}

async function openShop(): Promise<World> {
  const world = await openWorld();
  await world.sql('create table user_events (user_id text, at timestamptz, type text)');
  await world.sql('create table profiles (user_id text, tier text)');
  await world.sql(
    `insert into user_events values ('ada', '2026-01-01 10:00Z', 'login'), ('ada', '2026-01-01 11:00Z', 'view'),
       ('bob', '2026-01-01 12:00Z', 'login'), ('ada', '2026-01-02 00:00Z', 'login'), ('bob', '2026-01-03 00:00Z', 'login')`,
  );
  await world.sql(`insert into profiles values ('ada', 'gold')`);
  return world;
}

async function online({ app }: World, view: FeatureView): Promise<Record<string, unknown>> {
  const store = { redis: app.online.redis, prefix: app.online.prefix };
  const found = await readOnline(store, [view], ['ada', 'bob']);
  return Object.fromEntries(['ada', 'bob'].map((id) => [id, found.get(id)?.['activity']?.values ?? null]));
}

describe('a view with `from`', () => {
  test('serves the newest interval, and nothing for an entity that has left its longest window', async () => {
    await using world = await openShop();
    const view = activity();
    await world.apply(view);
    const [first, second] = await world.plan('activity');

    await world.perform(first ?? 0);
    expect(await online(world, view)).toEqual({ ada: { logins: 1n, tier: 'gold' }, bob: { logins: 1n, tier: 'none' } });
    await world.perform(second ?? 0);
    expect(await online(world, view)).toEqual({ ada: { logins: 1n, tier: 'gold' }, bob: null });
    expect(
      await world.sql('select entity_id, event_timestamp::date::text as day from features.activity order by 2, 1'),
    ).toEqual([
      { entity_id: 'ada', day: DAYS[0] },
      { entity_id: 'bob', day: DAYS[0] },
      { entity_id: 'ada', day: DAYS[1] },
    ]);
  });

  test('fails a run whose lookup finds two rows', async () => {
    await using world = await openShop();
    await world.sql(`insert into profiles values ('ada', 'silver')`);
    await world.apply(activity());
    const [outcome] = await world.materialize('activity');

    expect(outcome).toMatchObject({
      kind: 'discarded',
      failure: {
        code: 'CHECK_FAILED',
        message:
          'A lookup of activity found more than one row: 1 of 3 rows have the same entity as another row. Expected one row per entity in profiles: remove the other rows, or look up a database view with one row per entity.',
      },
    });
  });

  test('keeps values if an interval has no rows', async () => {
    await using world = await openShop();
    const view = activity();
    await world.apply(view);
    const [first, second] = await world.plan('activity');
    await world.perform(first ?? 0);
    await world.sql('delete from user_events');
    const outcome = await world.perform(second ?? 0);

    expect(outcome).toMatchObject({ kind: 'discarded', failure: { code: 'CHECK_FAILED' } });
    expect(Object.values(await online(world, view))).not.toContain(null);
  });
});

describe('a view that becomes complete', () => {
  test('removes entities that its newest snapshot lacks, unless an earlier run refused rows there', async () => {
    for (const refused of [0, 1]) {
      await using world = await openShop();
      const before = activity({ complete: false });
      await world.apply(before);
      await world.materialize('activity');
      await world.sql(
        `update millrace.run set counts = counts || jsonb_build_object('refused', $1::int) where upper(span) = $2`,
        [refused, new Date(epochMsOf(before.end ?? 0)).toISOString()],
      );
      await world.apply(activity());
      const [row] = await world.sql(
        'select rebuild_reason, (select unreadable::text from millrace.coverage) as unreadable from millrace.view',
      );

      expect(row?.['rebuild_reason']).not.toBeNull();
      expect(row?.['unreadable'] === '{}').toBe(refused === 0);
    }
  });

  test('keeps values if its newest interval is empty', async () => {
    await using world = await openShop();
    await world.sql(`delete from user_events where at >= '2026-01-02'`);
    await world.apply(activity({ complete: false }));
    await world.materialize('activity');
    expect(await world.sql('select upper(covered)::date::text as end from millrace.coverage')).toEqual([
      { end: DAYS[1] },
    ]);
    const view = activity();
    await world.apply(view);
    const { id: viewId } = await requireAppliedView(world.app.database, 'activity');
    await rebuildView({ ...world.app.publisher, viewId, signal: new AbortController().signal });

    expect(Object.values(await online(world, view))).not.toContain(null);
  });
});
