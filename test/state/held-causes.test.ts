// The causes of held time: of overlapping failed runs, the newest one is the cause.

import { describe, expect, test } from 'vitest';
import { viewOverviews } from '../../src/state/queries/view-overview.ts';
import { at, view } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';

const DAY_MS = 86_400_000;

/** Adds failed runs over days of January, oldest first, and holds all of them. */
async function fail(world: World, runs: readonly (readonly [code: string, from: number, to: number])[]): Promise<void> {
  for (const [code, from, to] of runs) {
    await world.sql(
      `insert into millrace.run (view_id, span, reason, fingerprint, state, error, closed_at)
       select id, tstzrange(timestamptz '2026-01-01Z' + $2 * interval '1 day', timestamptz '2026-01-01Z' + $3 * interval '1 day'),
              'schedule', data_fingerprint, $4, jsonb_build_object('code', $1::text, 'message', '', 'owner', 'author'), millrace.now()
         from millrace.view`,
      [code, from, to, code === 'cancelled' ? 'cancelled' : 'failed'],
    );
  }
  await world.sql('update millrace.coverage set held = (select range_agg(span) from millrace.run)');
}

async function causesOf(world: World): Promise<unknown> {
  const [overview] = await viewOverviews(world.app.database);
  return overview?.heldCauses.map(({ code, ms, runs, run }) => [code, ms / DAY_MS, runs, run]);
}

describe('the causes of held time', () => {
  test('are the newest failed run of each part, the largest first', async () => {
    await using world = await openWorld();
    await world.apply(view({ end: at('2026-01-20') }));
    await fail(world, [
      ['SOURCE_SHAPE', 0, 5],
      ['CHECK_FAILED', 3, 4],
      ['SOURCE_SHAPE', 8, 9],
      ['cancelled', 4, 5],
    ]);
    expect(await causesOf(world)).toEqual([
      ['SOURCE_SHAPE', 4, 2, 3],
      ['cancelled', 1, 1, 4],
      ['CHECK_FAILED', 1, 1, 2],
    ]);
  });

  test('leave out what is no longer held', async () => {
    await using world = await openWorld();
    await world.apply(view({ end: at('2026-01-20') }));
    await fail(world, [['SOURCE_SHAPE', 0, 5]]);
    await world.sql(`update millrace.coverage set held = '{[2026-01-01Z, 2026-01-02Z)}'`);
    expect(await causesOf(world)).toEqual([['SOURCE_SHAPE', 1, 1, 1]]);
    await world.sql(`update millrace.coverage set held = '{}'`);
    expect(await causesOf(world)).toEqual([]);
  });
});
