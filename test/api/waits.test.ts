import { describe, expect, test } from 'vitest';
import { openWaits, WAITING_MAX } from '../../src/api/push/waits.ts';
import { systemClock } from '../../src/core/clock.ts';
import { until } from '../support/until.ts';
import { view } from '../support/views.ts';
import { openWorld } from '../support/world.ts';

/** Waits over an inbox with as many entries as allowed waits, and how often they ask Postgres. */
async function openFullInbox() {
  const world = await openWorld();
  await world.apply(view({ name: 'amount', kind: 'pushed', source: '', query: null, end: null }));
  await world.sql(
    `insert into millrace.inbox (view_id, columns, rows, data)
     select id, array['value'], 1, '[]' from millrace.view, generate_series(1, ${WAITING_MAX})`,
  );
  const rows = await world.sql('select id::int as id, view_id::int as view from millrace.inbox');
  const counts = { looks: 0, statements: 0 };
  const { database } = world.app;
  const waits = openWaits({
    database: {
      ...database,
      query: (text, values) => {
        counts.statements += 1;
        return database.query(text, values);
      },
    },
    clock: {
      ...systemClock,
      sleep: (ms) => {
        counts.looks += 1;
        return systemClock.sleep(ms);
      },
    },
  });
  const stored = rows.map(({ id, view: viewId }) => ({ entries: [Number(id)], viewIds: [Number(viewId)] }));
  return { world, waits, stored, counts, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

describe('pushes that wait', () => {
  test('are looked up together', async () => {
    await using full = await openFullInbox();
    const { world, waits, stored, counts } = full;
    const { signal } = new AbortController();
    const statuses = stored.map((rows, index) => waits.statusOf(rows, index % 2 ? 'committed' : 'published', signal));
    await until(() => counts.looks > 3);
    await world.sql('delete from millrace.inbox');
    const counted = await Promise.all(statuses);
    expect(Map.groupBy(counted, (status) => status).get('committed')?.length).toBe(WAITING_MAX / 2);
    expect(new Set(counted)).toEqual(new Set(['committed', 'published']));
    expect(counts.statements).toBeLessThanOrEqual(3 * counts.looks);
  });

  test('are limited, and end with their request', async () => {
    await using full = await openFullInbox();
    const { waits, stored } = full;
    const stop = new AbortController();
    const statuses = stored.map((rows) => waits.statusOf(rows, 'committed', stop.signal));
    const [first = { entries: [], viewIds: [] }] = stored;
    expect(await waits.statusOf(first, 'committed', new AbortController().signal)).toBe('stored');
    stop.abort();
    expect(new Set(await Promise.all(statuses))).toEqual(new Set(['stored']));
  });
});
