import { describe, expect, test } from 'vitest';
import { depsOf } from '../../src/cli/operator.ts';
import { restate } from '../../src/operations/restate.ts';
import { hours, openShop, PARTS, VIEW } from '../declared/incremental.ts';
import { at } from '../support/views.ts';

const ADA = { kind: 'command', name: 'ada@test' } as const;

describe('restate', () => {
  test('releases held parts of an incremental view that has stored nothing because of them', async () => {
    await using world = await openShop();
    await world.apply(VIEW);
    await world.sql('alter table user_events rename to moved');
    await world.materialize(PARTS, { attempts: 1 });
    await world.sql('alter table moved rename to user_events');
    expect(await hours(world, 'held', PARTS)).toBe('1-9');
    const range = { from: at('2026-01-01T06:00:00Z'), to: null };
    const request = { view: VIEW.name, range, allowRemovals: false, performer: 'caller' } as const;
    const restated = await restate(depsOf(world.app), ADA, request);
    expect(restated).toMatchObject({ kind: 'restated', staleUnits: 0, releasedUnits: 8 });
    for (const run of restated.kind === 'nothing' ? [] : restated.runs) await world.perform(run);
    expect([await hours(world, 'held', PARTS), await hours(world, 'covered', VIEW.name)]).toEqual(['', '6-9']);
  });
});
