// Incremental views over each kind of source, next to the same views without `incremental`.

import { afterAll, expect, test } from 'vitest';
import { viewFile } from '../../src/definition/files/view-file.ts';
import { parseView } from '../../src/definition/parse/parse-view.ts';
import { viewFindings } from '../../src/definition/rules/view-rules.ts';
import { lakeFolder } from '../sources/lake/lake-files.ts';
import { openWorld } from '../support/world.ts';
import { END, type Engine, fromOf, loadEngines } from './events.ts';
import { storedRows } from './incremental.ts';
import { randomEvents, randomProfiles, seeded } from './random-views.ts';

const random = seeded(7);
const engines = loadEngines(randomEvents(random, 400, END), randomProfiles(random));
afterAll(async () => {
  for (const { source } of await engines) await source[Symbol.asyncDispose]();
});

function viewOf(engine: Engine['name'], name: string, incremental: boolean, changes: Record<string, unknown> = {}) {
  const windows = engine === 'duckdb' ? ['1d', '3d'] : ['1h', '7h'];
  const file = viewFile.parse({
    name,
    entity: 'user',
    source: 'shop',
    kind: 'snapshot',
    interval: windows[0],
    start: engine === 'duckdb' ? '2026-09-05' : '2026-09-09T12:00:00Z',
    end: '2026-09-10',
    lookback: 0,
    incremental,
    allow_empty: true,
    from: { ...fromOf(engine), ...(engine === 'duckdb' ? { on_missing: 'fail' } : {}) },
    features: [
      { name: 'n', type: 'int', aggregate: 'count', window: windows, where: { event_type: { ne: 'login' } } },
      { name: 'spend', type: 'decimal', aggregate: 'sum', column: 'amount', window: windows },
      { name: 'items', type: 'int', aggregate: 'sum', column: 'quantity', window: windows[1] },
      { name: 'least', type: 'decimal', aggregate: 'min', column: 'amount', window: windows[1] },
      { name: 'most', type: 'int', aggregate: 'max', column: 'quantity', window: windows[1], default: -1 },
    ],
    ...changes,
  });
  expect(viewFindings({ sound: file, written: new Set(Object.keys(file)) })).toEqual([]);
  return parseView(file);
}

test.each(['postgres', 'mysql', 'duckdb'] as const)(
  'an incremental view over %s stores the same rows',
  async (name) => {
    const engine = (await engines).find((one) => one.name === name);
    await using world = await openWorld({ sources: { shop: engine?.url ?? '' } });
    const [fast, slow] = [viewOf(name, 'fast', true), viewOf(name, 'slow', false)];
    await world.apply(fast, slow);
    for (const view of ['fast.parts', 'fast', 'slow']) {
      for (const outcome of await world.materialize(view)) expect(outcome).toMatchObject({ kind: 'completed' });
    }
    const rows = await storedRows(world, slow);
    expect(await storedRows(world, fast)).toEqual(rows);
    expect(rows.length).toBeGreaterThan(10);
  },
);

test.each([false, true])(
  'refuses a row in the file of another day, which no interval would count (redacted: %s)',
  async (redacted) => {
    const row = (time: string) => `${JSON.stringify({ user_id: 'ada', event_time: time })}\n`;
    const folder = await lakeFolder({
      'events-2026-09-07.json': row('2026-09-07T10:00:00Z'),
      'events-2026-09-08.json': row('2026-09-08T10:00:00Z') + row('2026-09-07T23:59:58Z'),
    });
    await using world = await openWorld({ sources: { shop: `file://${folder}` } });
    const features = [{ name: 'n', type: 'int', aggregate: 'count', window: '3d' }];
    const changes = { start: '2026-09-07', end: '2026-09-09', features, redacted };
    const [fast, slow] = [viewOf('duckdb', 'fast', true, changes), viewOf('duckdb', 'slow', false, changes)];
    await world.apply(fast, slow);
    const failed = (await world.materialize('fast.parts')).filter(({ kind }) => kind !== 'completed');
    expect(failed).toMatchObject([
      {
        failure: {
          code: 'SOURCE_QUERY',
          message: expect.stringMatching(
            /query: a row has a time outside of the interval of its file\. .*remove `incremental` from the view/,
          ),
        },
      },
    ]);
    await world.materialize('slow');
    expect((await storedRows(world, slow)).at(-1)).toMatchObject({ n: '3' });
  },
);

test('files may begin with the view, although its windows begin before', async () => {
  const engine = (await engines).find((one) => one.name === 'duckdb');
  await using world = await openWorld({ sources: { shop: engine?.url ?? '' } });
  const view = viewOf('duckdb', 'fast', true, { start: '2026-09-01', end: '2026-09-03' });
  await world.apply(view);
  for (const outcome of await world.materialize('fast.parts')) expect(outcome).toMatchObject({ kind: 'completed' });
  await world.materialize('fast');
  expect((await storedRows(world, view)).length).toBeGreaterThan(0);
  const missing = viewOf('duckdb', 'early', true, { start: '2026-08-31', end: '2026-09-03' });
  await world.apply(missing);
  const failed = (await world.materialize('early.parts')).filter(({ kind }) => kind !== 'completed');
  expect(failed).toMatchObject([{ failure: { code: 'FILES_MISSING' } }]);
});
