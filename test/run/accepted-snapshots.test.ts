// A snapshot that lacks many entities of the one before it, accepted with --allow-removals and then read again.

import { expect, test } from 'vitest';
import { at, feature, view } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';

const DAYS = [at('2026-01-02'), at('2026-01-03')] as const;

function membersView(absent: 'remove' | 'zero') {
  return view({
    name: 'members',
    start: at('2026-01-01'),
    end: DAYS[1],
    features: [feature('members', 'float', { column: 'value' })],
    query: 'select entity as entity_id, 1.0::float as value, {{end}} as timestamp from source where day = {{end}}',
    failuresMax: 0,
    removedMax: 0.5,
    complete: { missingMax: 0.2, ...(absent === 'zero' ? { absent } : {}) },
  });
}

async function deliver({ sql }: World, day: number, entities: number): Promise<void> {
  await sql('delete from source where day = $1', [new Date(day).toISOString()]);
  await sql(`insert into source select $1, 'e' || n from generate_series(1, $2) n`, [
    new Date(day).toISOString(),
    entities,
  ]);
}

/** Reads the second day again. Returns the kinds of its outcomes, or the code of the failure. */
async function readAgain(world: World, options: { allowRemovals?: boolean } = {}): Promise<string[]> {
  await world.sql(
    `update millrace.coverage set held = '{}', stale = covered * '{[2026-01-02 00:00+00, 2026-01-03 00:00+00)}'`,
  );
  return await materialized(world, options);
}

async function materialized(world: World, options: { allowRemovals?: boolean } = {}): Promise<string[]> {
  const outcomes = await world.materialize('members', options);
  return outcomes.map((outcome) => ('failure' in outcome ? outcome.failure.code : outcome.kind));
}

const unreadable = async ({ sql }: World) => (await sql('select unreadable::text from millrace.coverage'))[0];

async function opened(absent: 'remove' | 'zero', entities: number): Promise<World> {
  const world = await openWorld();
  await world.sql('create table source (day timestamptz, entity text)');
  await deliver(world, DAYS[0], 100);
  await deliver(world, DAYS[1], entities);
  await world.apply(membersView(absent));
  expect(await materialized(world)).toEqual(['completed', 'CHECK_FAILED']);
  return world;
}

test.each(['remove', 'zero'] as const)(
  'a short snapshot that was accepted passes again, and a shorter one does not (absent: %s)',
  async (absent) => {
    await using world = await opened(absent, 60);
    expect(await readAgain(world)).toEqual(['CHECK_FAILED']);
    expect(await readAgain(world, { allowRemovals: true })).toEqual(['completed']);
    expect(await readAgain(world)).toEqual(['completed']);
    await deliver(world, DAYS[1], 45);
    expect(await readAgain(world)).toEqual(['completed']);
    await deliver(world, DAYS[1], 24);
    expect(await readAgain(world)).toEqual(['CHECK_FAILED']);
  },
);

test.each(['remove', 'zero'] as const)(
  'an empty snapshot that was accepted stays the newest one when it is read again (absent: %s)',
  async (absent) => {
    await using world = await opened(absent, 0);
    expect(await readAgain(world, { allowRemovals: true })).toEqual(['completed']);
    expect(await unreadable(world)).toEqual({ unreadable: '{}' });
    expect(await readAgain(world)).toEqual(['completed']);
    expect(await unreadable(world)).toEqual({ unreadable: '{}' });
    await deliver(world, DAYS[1], 90);
    expect(await readAgain(world)).toEqual(['completed']);
    await deliver(world, DAYS[1], 0);
    expect(await readAgain(world)).toEqual(['CHECK_FAILED']);
  },
);
