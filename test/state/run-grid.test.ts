import { describe, expect, test } from 'vitest';
import { runGrid } from '../../src/state/queries/run-grid.ts';
import { view } from '../support/views.ts';
import { openWorld } from '../support/world.ts';

const HOUR_MS = 3_600_000;

/** View, state and time of a run. */
type Row = readonly [view: string, state: string, plannedAt: string];

async function gridOf(runs: readonly Row[]) {
  const world = await openWorld();
  await world.apply(view({ name: 'a', tags: ['one'] }), view({ name: 'b' }), view({ name: 'c' }));
  await world.sql(
    `create or replace function millrace.now() returns timestamptz language sql volatile as $$ select timestamptz '2026-06-15 06:30Z' $$`,
  );
  for (const [name, state, plannedAt] of runs) {
    await world.sql(
      `insert into millrace.run (view_id, span, reason, fingerprint, state, planned_at)
       select id, '[2026-01-01, 2026-01-02)', 'schedule', '', $2, $3 from millrace.view where name = $1`,
      [name, state, `2026-06-15 ${plannedAt}Z`],
    );
  }
  return runGrid(world.app.database, { periods: 3, periodMs: HOUR_MS });
}

describe('runGrid', () => {
  test('shows the most important state of each period, and counts failed runs', async () => {
    const grid = await gridOf([
      ...(['done', 'cancelled', 'failed', 'planned', 'failed'] as const).map((state) => ['a', state, '04:30'] as const),
      ['a', 'done', '05:30'],
      ['a', 'superseded', '05:31'],
      ['a', 'done', '06:10'],
      ['a', 'done', '06:11'],
      ['b', 'committed', '05:00'],
      ['b', 'done', '05:00'],
    ]);
    expect(grid.from).toBe(Date.parse('2026-06-15T04:00:00Z'));
    expect(grid.rows).toEqual([
      { view: 'a', tags: ['one'], failed: 2, cells: { 0: 'failed', 1: 'ended', 2: 'done' } },
      { view: 'b', tags: [], failed: 0, cells: { 1: 'open' } },
      { view: 'c', tags: [], failed: 0, cells: {} },
    ]);
  });

  test('gives a run at the boundary to the later period, and leaves out older runs', async () => {
    const { rows } = await gridOf([
      ['a', 'done', '03:59:59.999999'],
      ['a', 'failed', '03:59:59.999999'],
      ['a', 'planned', '03:59:59.999999'],
      ['b', 'done', '05:00'],
      ['b', 'failed', '06:00'],
      ['c', 'done', '04:00'],
      ['c', 'cancelled', '04:59:59.999999'],
    ]);
    expect(rows.map(({ view: name, cells }) => [name, cells])).toEqual([
      ['a', {}],
      ['b', { 1: 'done', 2: 'failed' }],
      ['c', { 0: 'ended' }],
    ]);
  });
});
