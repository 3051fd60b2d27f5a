// Intervals that are held only because their source was unavailable are read when it responds again, without a command.

import { describe, expect, test } from 'vitest';
import { silentLog } from '../../src/core/log.ts';
import { probeSources } from '../../src/run/probe-sources.ts';
import { advanceBackfill } from '../../src/state/backfills/advance.ts';
import { startBackfill } from '../../src/state/backfills/backfill.ts';
import { planDue } from '../../src/state/planning/planning.ts';
import { viewOverviews } from '../../src/state/queries/view-overview.ts';
import { retryRuns } from '../../src/state/runs/retry.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/runs/run.ts';
import { pauseView, resumeView } from '../../src/state/views/pause.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import { at, view } from '../support/views.ts';
import { coverageOf, looksAroundAnotherRun, NO_RETRIES, type OutageWorld, outageWorld } from './outage-world.ts';

const DAYS = view();

const BOTH_DAYS = '{["2026-01-01 00:00:00+00","2026-01-03 00:00:00+00")}';

async function probesOf(world: OutageWorld): Promise<number> {
  const [row] = await world.sql('select cardinality(probed_at) as probes from millrace.source_probe');
  return Number(row?.['probes'] ?? 0);
}

describe('probeSources', () => {
  test('reads the intervals of an unavailable source when it responds again', async () => {
    await using world = await outageWorld();
    await world.apply(DAYS);
    await world.server.stop();
    await world.materialize('spend', NO_RETRIES);
    expect(await coverageOf(world)).toEqual({ held: BOTH_DAYS, covered: '{}' });
    await world.look();
    await world.passMinutes(1);
    expect(await world.look()).toEqual([]);
    expect(await world.sql(`select source, error->>'code' as code, responded_at from millrace.source_probe`)).toEqual([
      { source: 'shop', code: 'SOURCE_UNAVAILABLE', responded_at: null },
    ]);
    await world.server.start();
    // Not before its time.
    expect(await world.look()).toEqual([]);
    await world.passMinutes(2);
    expect(await world.look()).toHaveLength(2);
    expect(await coverageOf(world)).toEqual({ held: '{}', covered: BOTH_DAYS });
    expect(
      await world.sql(`select kind, span::text as span, note from millrace.event where kind = 'released'`),
    ).toEqual([{ kind: 'released', span: BOTH_DAYS, note: { kind: 'source_responded', facts: { source: 'shop' } } }]);
  });

  test('gives the runs of parts the timeout of the job of their view', async () => {
    await using world = await outageWorld();
    await world.apply({ ...DAYS, name: 'spend.parts', partsOf: 'spend' });
    await world.sql(
      `insert into millrace.deployment (fingerprint, jobs, complete, program, deployed_by)
       values ('', '{"nightly": {"views": ["spend"], "timeoutMs": 7200000}}', true, '', '')`,
    );
    await world.server.stop();
    await world.materialize('spend.parts', NO_RETRIES);
    await world.look();
    await world.server.start();
    await world.passMinutes(3);
    const [run = 0] = await world.look();
    expect(await world.sql(`select options->'timeoutMs' as ms from millrace.run where id = $1`, [run])).toEqual([
      { ms: 7_200_000 },
    ]);
  });

  test('leaves time that also failed for another reason, or was cancelled, to an operator', async () => {
    await using world = await outageWorld();
    const broken = view({
      name: 'broken',
      query: 'select entity_id, nothing as value, {{end}} as timestamp from spend',
    });
    await world.apply(DAYS, broken);
    await world.materialize('broken', NO_RETRIES);
    const [first = 0] = await world.plan('spend', NO_RETRIES);
    await world.sql(`update millrace.run set state = 'cancelled', closed_at = millrace.now() where id = $1`, [first]);
    await world.sql(
      `update millrace.coverage set held = held + (select tstzmultirange(span) from millrace.run where id = $1)
                      where view_id = (select view_id from millrace.run where id = $1)`,
      [first],
    );
    await world.server.stop();
    await world.perform(first + 1);
    const [failed] = await world.sql(
      `select max(r.id)::int as id from millrace.run r where state = 'failed' and error->>'code' = 'SOURCE_QUERY'`,
    );
    for (const run of await retryRuns(world.app.database, [Number(failed?.['id'])])) {
      await world.sql(`update millrace.run set options = options || '{"attempts": 1}' where id = $1`, [run]);
      await world.perform(run);
    }
    await world.look();
    await world.server.start();
    await world.passMinutes(1);
    expect(await world.look()).toHaveLength(1);
    const firstDay = '{["2026-01-01 00:00:00+00","2026-01-02 00:00:00+00")}';
    const secondDay = '{["2026-01-02 00:00:00+00","2026-01-03 00:00:00+00")}';
    expect(await coverageOf(world)).toEqual({ held: firstDay, covered: secondDay });
    expect(await coverageOf(world, 'broken')).toEqual({ held: BOTH_DAYS, covered: '{}' });
  });

  test('probes after 1, 3, 7, … minutes, at most ten times in 24 hours', async () => {
    await using world = await outageWorld();
    await world.apply(DAYS);
    await world.server.stop();
    await world.materialize('spend', NO_RETRIES);
    const probedAt: number[] = [];
    let before = 0;
    const expected = [1, 3, 7, 15, 31, 63, 127, 255, 511, 1_023, 1_535];
    // The minute before each, at it, and after it; a probe at any time in between would show at the next of them.
    const minutes = [...new Set([0, ...expected.flatMap((minute) => [minute - 1, minute, minute + 1])])];
    let now = 0;
    for (const minute of minutes) {
      await world.passMinutes(minute - now);
      now = minute;
      await world.look();
      const [row] = await world.sql('select max(at)::text as at from millrace.source_probe, unnest(probed_at) at');
      const newest = row?.['at'] == null ? 0 : Date.parse(String(row['at']));
      if (newest !== before) probedAt.push(minute);
      before = newest;
    }
    expect(probedAt).toEqual(expected);
  });

  test('probes immediately when another run of the source has stored rows', async () => {
    await using world = await outageWorld();
    await world.apply(DAYS, view({ name: 'other', end: at('2026-01-02') }));
    expect(await looksAroundAnotherRun(world)).toEqual([0, 2]);
  });

  test.each([
    ['takes one more probe', 'after a run that has read the source', null, 3],
    ['takes no more probe', 'after a run that has read only parts', '1 day', 2],
  ])('%s while the source is down %s', async (_, __, partsWindow, probes) => {
    await using world = await outageWorld();
    await world.apply(DAYS, view({ name: 'other', end: at('2026-01-02') }));
    await world.server.stop();
    await world.materialize('spend', NO_RETRIES);
    await world.look();
    for (const minutes of [1, 2]) {
      await world.passMinutes(minutes);
      await world.look();
    }
    await world.sql(`update millrace.view set parts_window = $1::interval where name = 'other'`, [partsWindow]);
    await world.sql(
      `insert into millrace.run (view_id, span, reason, fingerprint, options, state, committed_at, closed_at)
       select id, '[2026-01-01,2026-01-02)', 'schedule', data_fingerprint, '{}', 'done', millrace.now(), millrace.now()
         from millrace.view where name = 'other'`,
    );
    for (let look = 0; look < 3; look += 1) await world.look();
    expect(await probesOf(world)).toBe(probes);
  });

  test('gives each probe to one of several workers', async () => {
    await using world = await outageWorld();
    await world.apply(DAYS);
    await world.server.stop();
    await world.materialize('spend', NO_RETRIES);
    await world.look();
    await world.server.start();
    await world.passMinutes(1);
    const signal = new AbortController().signal;
    const workers = Array.from({ length: 4 }, () => world.app.probeSources(signal));
    expect((await Promise.all(workers)).flat()).toHaveLength(2);
    expect(await probesOf(world)).toBe(1);
  });

  test('leaves the probe to a worker that knows the source', async () => {
    await using world = await outageWorld();
    await world.apply(DAYS);
    await world.server.stop();
    await world.materialize('spend', NO_RETRIES);
    await world.look();
    await world.server.start();
    await world.passMinutes(1);
    const { database, clock } = world.app;
    const sourceOf = () => world.app.sourceOf('unknown');
    expect(await probeSources({ database, sourceOf, clock, log: silentLog }, new AbortController().signal)).toEqual([]);
    expect(await probesOf(world)).toBe(0);
    expect(await world.look()).toHaveLength(2);
  });

  test('waits while the view is paused', async () => {
    await using world = await outageWorld();
    await world.apply(DAYS);
    await world.server.stop();
    await world.materialize('spend', NO_RETRIES);
    await pauseView(world.app.database, 'spend', { kind: 'person', actor: 'ada', reason: 'moving' });
    await world.server.start();
    // The first look only schedules a probe.
    await world.look();
    await world.passMinutes(10);
    expect([await world.look(), await probesOf(world)]).toEqual([[], 0]);
    await resumeView(world.app.database, 'spend');
    await world.look();
    await world.passMinutes(1);
    expect(await world.look()).toHaveLength(2);
  });

  test('completes a backfill whose chunks failed', async () => {
    await using world = await outageWorld();
    await world.apply(DAYS);
    const applied = await requireAppliedView(world.app.database, 'spend');
    const { id } = await startBackfill(world.app.database, applied, {
      range: { from: at('2026-01-01'), to: at('2026-01-03') },
      mode: 'missing',
      order: 'oldest',
      chunkUnits: 1,
      parallel: 2,
      options: { ...DEFAULT_RUN_OPTIONS, ...NO_RETRIES },
      askedBy: 'test',
    });
    await world.server.stop();
    for (const run of await advanceBackfill(world.app.database, id ?? 0)) await world.perform(run);
    await advanceBackfill(world.app.database, id ?? 0);
    expect(await world.sql('select state from millrace.backfill')).toEqual([{ state: 'partial' }]);
    await world.look();
    await world.server.start();
    await world.passMinutes(1);
    await world.look();
    await advanceBackfill(world.app.database, id ?? 0);
    expect(await world.sql('select state from millrace.backfill')).toEqual([{ state: 'complete' }]);
  });

  test('does not pause a view whose source is unavailable', async () => {
    await using world = await outageWorld();
    await world.apply(view({ end: at('2026-01-09'), failuresMax: 2 }));
    await world.server.stop();
    const { database } = world.app;
    const applied = await requireAppliedView(database, 'spend');
    const runs = await planDue(database, applied, 'schedule', { ...DEFAULT_RUN_OPTIONS, ...NO_RETRIES });
    for (const run of runs) await world.perform(run);
    expect(await world.sql('select failed_in_a_row as failed, paused_kind as paused from millrace.view')).toEqual([
      { failed: 0, paused: null },
    ]);
  });
});

describe('status', () => {
  test('shows the probes of a source that intervals wait for', async () => {
    await using world = await outageWorld();
    await world.apply(DAYS);
    await world.server.stop();
    await world.materialize('spend', NO_RETRIES);
    await world.look();
    await world.passMinutes(1);
    await world.look();
    const [waiting] = await viewOverviews(world.app.database);
    expect(waiting?.outages).toMatchObject([{ ms: 2 * 86_400_000, probes: 1, code: 'SOURCE_UNAVAILABLE' }]);
    await world.server.start();
    await world.passMinutes(2);
    await world.look();
    expect((await viewOverviews(world.app.database))[0]?.outages).toEqual([]);
  });
});
