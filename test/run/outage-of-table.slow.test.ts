// A view over files whose table comes from a database: it waits for the source that was unavailable, not for its own.

import { rename } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { FeatureView } from '../../src/definition/view.ts';
import { releaseView } from '../../src/state/outages/release.ts';
import { viewOverviews } from '../../src/state/queries/view-overview.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import { lakeFolder } from '../sources/lake/lake-files.ts';
import { tableFiles } from '../sources/worlds.ts';
import { at, view } from '../support/views.ts';
import { coverageOf, looksAroundAnotherRun, NO_RETRIES, type OutageWorld, outageWorld } from './outage-world.ts';

const DAY_MS = 86_400_000;
const FIRST_DAY = '["2026-01-01 00:00:00+00","2026-01-02 00:00:00+00")';
const BOTH_DAYS = '["2026-01-01 00:00:00+00","2026-01-03 00:00:00+00")';

/** Two days of files, joined with the table `spend` of the source `shop`. */
function joined(changes: Partial<FeatureView> = {}): FeatureView {
  return view({
    source: 'lake',
    files: { visits: tableFiles({ pattern: '{yyyy}-{MM}-{dd}.csv', format: 'csv' }) },
    queried: { spend: { source: 'shop', query: 'select entity_id, value from spend', rowsMax: 10 } },
    query: 'select entity_id, value, {{end}} as timestamp from visits join spend using (entity_id)',
    ...changes,
  });
}

async function openJoined(...views: readonly FeatureView[]) {
  const folder = await lakeFolder({ '2026-01-01.csv': 'entity_id\nada\n', '2026-01-02.csv': 'entity_id\nbob\n' });
  const world = await outageWorld({ lake: `file://${folder}` });
  await world.apply(...views);
  return {
    ...world,
    async withoutFiles(work: () => Promise<unknown>) {
      await rename(folder, `${folder}.away`);
      await work();
      await rename(`${folder}.away`, folder);
    },
  };
}

async function probesOf(world: OutageWorld): Promise<unknown> {
  return world.sql('select source, cardinality(probed_at) as probes from millrace.source_probe order by source');
}

describe('probeSources', () => {
  test('probes the source of the table that was unavailable', async () => {
    await using world = await openJoined(joined());
    await world.server.stop();
    await world.materialize('spend', NO_RETRIES);
    await world.look();
    await world.passMinutes(1);
    expect(await world.look()).toEqual([]);
    expect(await probesOf(world)).toEqual([{ source: 'shop', probes: 1 }]);
    const [waiting] = await viewOverviews(world.app.database);
    expect(waiting?.outages).toMatchObject([{ source: 'shop', ms: 2 * DAY_MS, probes: 1, code: 'SOURCE_UNAVAILABLE' }]);
    await world.server.start();
    await world.passMinutes(2);
    expect(await world.look()).toHaveLength(2);
    expect(await coverageOf(world)).toEqual({ held: '{}', covered: `{${BOTH_DAYS}}` });
  });

  test('releases only what waits for the source that responds', async () => {
    await using world = await openJoined(joined());
    const [first = 0, second = 0] = await world.plan('spend', NO_RETRIES);
    await world.server.stop();
    await world.perform(first);
    await world.withoutFiles(() => world.perform(second));
    const [waiting] = await viewOverviews(world.app.database);
    expect(waiting?.outages).toMatchObject([
      { source: 'lake', ms: DAY_MS },
      { source: 'shop', ms: DAY_MS },
    ]);
    await world.look();
    await world.passMinutes(1);
    // The files are there again, but the table is not.
    expect(await world.look()).toHaveLength(1);
    expect(await coverageOf(world)).toEqual({ held: `{${BOTH_DAYS}}`, covered: '{}' });
    await world.passMinutes(60);
    // Now both days wait for the table: the files are not probed again.
    expect(await world.look()).toEqual([]);
    expect(await probesOf(world)).toEqual([
      { source: 'lake', probes: 1 },
      { source: 'shop', probes: 2 },
    ]);
    const [left] = await viewOverviews(world.app.database);
    expect(left?.outages).toMatchObject([{ source: 'shop', ms: 2 * DAY_MS, probes: 2 }]);
    await world.server.start();
    await world.passMinutes(60);
    expect(await world.look()).toHaveLength(2);
    expect(await coverageOf(world)).toEqual({ held: '{}', covered: `{${BOTH_DAYS}}` });
  });

  test('releases what waits for a source, however many newer runs wait for another one', async () => {
    await using world = await openJoined(joined());
    const [first = 0, second = 0] = await world.plan('spend', NO_RETRIES);
    await world.withoutFiles(() => world.perform(first));
    await world.sql(`update millrace.run set state = 'superseded', closed_at = millrace.now() where id = $1`, [second]);
    await world.sql(
      `insert into millrace.run (view_id, span, reason, fingerprint, options, state, error, closed_at)
       select view_id, tstzrange(at, at + interval '1 day'), reason, fingerprint, options, state,
              error || '{"source": "shop"}', closed_at
         from millrace.run, generate_series(1, 10001) d, lateral (select timestamptz '2026-01-02Z' + d * interval '1 day' as at) a
        where id = $1`,
      [first],
    );
    await world.sql(`update millrace.coverage set held = held + '{[2026-01-03,2060-01-01)}'`);
    const { database } = world.app;
    const { id, view: applied } = await requireAppliedView(database, 'spend');
    expect(await releaseView(database, { id, view: applied }, 'lake')).toMatchObject({
      view: 'spend',
      runs: [expect.any(Number)],
    });
    expect(await world.sql('select held::text as held from millrace.coverage')).toEqual([
      { held: '{["2026-01-03 00:00:00+00","2060-01-01 00:00:00+00")}' },
    ]);
  });

  test('probes immediately when another run has read the source for a table', async () => {
    await using world = await openJoined(joined(), joined({ name: 'other', end: at('2026-01-02') }));
    expect(await looksAroundAnotherRun(world)).toEqual([0, 2]);
    expect(await coverageOf(world, 'other')).toEqual({ held: '{}', covered: `{${FIRST_DAY}}` });
  });
});
