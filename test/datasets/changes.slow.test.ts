import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { storeChanges } from '../../src/datasets/rebuild.ts';
import type { Dataset } from '../../src/definition/dataset.ts';
import { at, feature, view } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';
import { buildSet, rowsOf, temporaryFolder } from './build-world.ts';
import { CHURN, storeShop } from './small-set.ts';

class Killed extends Error {}

const RISK = view({ name: 'risk', kind: 'latest', features: [feature('score', 'float')] });
const RISKY: Dataset = {
  ...CHURN,
  views: [...CHURN.views, { view: 'risk', as: 'risk', features: null, ageMaxMs: null, entityColumn: 'entity_id' }],
};

/** Builds four parts, stops, changes the store, and resumes: the parts that are kept, and the set. */
async function resumed(world: World, dataset: Dataset, folder: string, change: () => Promise<unknown>) {
  const stop = new AbortController();
  let parts = 0;
  const progress = {
    staging: () => undefined,
    planned: () => undefined,
    part: () => {
      parts += 1;
      if (parts === 4) stop.abort(new Killed());
    },
  };
  const options = { partRows: 500, signal: stop.signal, progress };
  await expect(buildSet(world, dataset, folder, options)).rejects.toThrow(Killed);
  await change();
  const kept: number[] = [];
  const planned = (facts: { kept: number }) => void kept.push(facts.kept);
  const watching = { staging: () => kept.push(-1), planned, part: () => undefined };
  const receipt = await buildSet(world, dataset, folder, { partRows: 500, progress: watching });
  return { kept, receipt };
}

/** What a drain or a job leaves: a row, and an event without a span. */
async function push(world: World, run: number, time: string): Promise<void> {
  await world.sql(`insert into features.risk values ('c1', $1::timestamptz, $2::bigint, $2::bigint)`, [time, run]);
  await world.sql(
    `insert into millrace.event (view_id, run_id, kind) select id, $1, 'covered' from millrace.view where name = 'risk'`,
    [run],
  );
}

function cover(world: World, days: string, name = 'spend'): Promise<unknown> {
  return world.sql(
    `insert into millrace.event (view_id, kind, span) select id, 'covered', $1::tstzmultirange from millrace.view where name = $2`,
    [days, name],
  );
}

/** Customers c1 to c50 visited on the first day, and were covered on all of the 20 days. */
const VISITS = view({ name: 'visits', end: at('2026-01-21'), ttlMs: 86_400_000 });
const STEPS: Dataset = { ...CHURN, labels: { kind: 'steps', everyMs: 43_200_000, entities: 'visits' } };

async function storeVisits(world: World): Promise<void> {
  await storeShop(world);
  await world.apply(VISITS);
  await world.sql(`insert into features.visits select 'c' || e, '2026-01-02', 1, 1 from generate_series(1, 50) e`);
  await world.sql(`update millrace.coverage set covered = '{[2026-01-01,2026-01-21)}'`);
}

describe('buildDataset', () => {
  test('keeps its parts while a view gets rows that no label could know', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    await world.apply(RISK);
    await push(world, 1, '2026-01-02');
    const set = join(folder.path, 'set');
    const { kept, receipt } = await resumed(world, RISKY, set, async () => {
      await push(world, 2, '2026-01-21');
      await push(world, 3, '2026-02-01');
    });
    expect(kept).toEqual([4]);
    await push(world, 4, '2026-02-02');
    expect(await storeChanges(world.app.database, receipt)).toEqual([]);
    await push(world, 5, '2026-01-20T12:00:00Z');
    expect(await storeChanges(world.app.database, receipt)).toEqual([{ view: 'risk', change: 'rows' }]);
  });

  test('makes its parts again when a view gets a row that a label could know', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    await world.apply(RISK);
    const set = join(folder.path, 'set');
    const { kept, receipt } = await resumed(world, RISKY, set, () => push(world, 7, '2026-01-20T12:00:00Z'));
    expect(kept).toEqual([0]);
    const rows = await rowsOf(set, receipt);
    const found = rows.filter((row) => row['risk__score'] === '7.0').map((row) => row['timestamp']);
    expect(found).toEqual(['2026-01-20 18:00:00+00']);
  });

  test('makes only those parts again whose labels could know what has changed', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    const days: Dataset = { ...CHURN, partition: 'day', start: at('2026-01-17') };
    const set = join(folder.path, 'set');
    // Known from the 19th on; the parts are those of the 17th to the 20th.
    const { kept, receipt } = await resumed(world, days, set, () => cover(world, '{[2026-01-18,2026-01-19)}'));
    expect(kept).toEqual([2]);
    expect(await storeChanges(world.app.database, receipt)).toEqual([]);
    await cover(world, '{[2026-01-02,2026-01-03)}');
    expect(await storeChanges(world.app.database, receipt)).toEqual([{ view: 'spend', change: 'rows' }]);
  });

  test('refuses holes of the view that its labels come from, from its first interval on', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeVisits(world);
    await world.sql(
      `update millrace.coverage c set covered = '{[2026-01-01,2026-01-05),[2026-01-06,2026-01-21)}'
         from millrace.view v where v.id = c.view_id and v.name = 'visits'`,
    );
    await expect(
      buildSet(world, { ...STEPS, start: at('2026-01-15') }, join(folder.path, 'set')),
    ).rejects.toMatchObject({
      code: 'CHECK_FAILED',
      message: expect.stringContaining(
        'intervals of visits that are not stored: [2026-01-05T00:00:00Z, 2026-01-06T00:00:00Z) missing',
      ),
    });
  });

  test('reads its labels again if the view that they come from has changed', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeVisits(world);
    const { kept, receipt } = await resumed(world, STEPS, join(folder.path, 'set'), async () => {
      await world.sql(`insert into features.visits values ('c51', '2026-01-20', 1, 2)`);
      await cover(world, '{[2026-01-19,2026-01-20)}', 'visits');
    });
    expect(kept).toEqual([-1, 0]);
    // 50 customers from the 2nd on, and one from the 20th on.
    expect(receipt.rows).toBe(50 * 38 + 2);
    expect(await storeChanges(world.app.database, receipt)).toEqual([]);
    await cover(world, '{[2026-01-03,2026-01-04)}', 'visits');
    expect(await storeChanges(world.app.database, receipt)).toEqual([{ view: 'visits', change: 'rows' }]);
  });
});
