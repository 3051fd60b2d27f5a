// What retention deletes and keeps, with runs of the real stages.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import { systemClock } from '../../src/core/clock.ts';
import { addAudit, auditPage } from '../../src/state/audit.ts';
import { cancelBackfill, pauseBackfill, resumeBackfill } from '../../src/state/backfills/control.ts';
import { backfillOverviews } from '../../src/state/backfills/overview.ts';
import { lockPlanning } from '../../src/state/locks.ts';
import { deleteBackfills, deleteChunks, expireBackfills } from '../../src/state/retention/delete-others.ts';
import { deleteRuns } from '../../src/state/retention/delete-runs.ts';
import { openRetention } from '../../src/state/retention/retention.ts';
import { runRecord } from '../../src/state/retention/run-record.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/runs/run.ts';
import { applyEdit, restate } from '../../src/state/views/edit.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import { tableFiles } from '../sources/worlds.ts';
import { until } from '../support/until.ts';
import { at, fingerprinted, view } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';

const DAY_MS = 86_400_000;
const CALM = new AbortController().signal;

async function shop(): Promise<World> {
  const world = await openWorld();
  await world.sql('create table spend (entity_id text, value float8)');
  await world.sql(`insert into spend values ('ada', 1), ('bob', 2)`);
  await world.apply(view({ name: 'spend', end: at('2026-01-04') }));
  return world;
}

/** Ages everything that has happened so far. */
async function age(world: World, days: number): Promise<void> {
  const by = `- interval '${days} days'`;
  await world.sql(`update millrace.run set planned_at = planned_at ${by}, started_at = started_at ${by},
                     committed_at = committed_at ${by}, closed_at = closed_at ${by}`);
  await world.sql(`update millrace.event set at = at ${by}`);
  await world.sql(`update millrace.backfill set closed_at = closed_at ${by}, asked_at = asked_at ${by}`);
  await world.sql(`update millrace.deployment set at = at ${by}`);
  await world.sql(`update millrace.audit set at = at ${by}`);
}

const retain = (world: World, days: number | null, clock: Clock = systemClock) =>
  openRetention({ database: world.app.database, clock, retentionMs: days === null ? null : days * DAY_MS })(CALM);

const ids = async (world: World) =>
  (await world.sql('select id from millrace.run order by id')).map(({ id }) => Number(id));

/** Reads everything of the view again, in new runs. */
async function readAgain(world: World, name = 'spend'): Promise<void> {
  const applied = await requireAppliedView(world.app.database, name);
  await restate(world.app.database, applied, { from: null, to: null }, { ...DEFAULT_RUN_OPTIONS, allowRemovals: true });
  for (const { id } of await world.sql(`select id from millrace.run where closed_at is null order by id`)) {
    await world.perform(Number(id));
  }
}

/** Each for another day, without chunks. */
async function addBackfill({ sql }: World, state: string): Promise<void> {
  await sql(
    `insert into millrace.backfill (view_id, range, mode, state, parallel, asked_by, closed_at)
     select id, tstzrange(day, day + interval '1 day'), 'all', $1, 1, 'ada',
            case when $1 not in ('running', 'paused') then millrace.now() end
       from millrace.view, lateral (
         select timestamptz '2026-01-01Z' + count(*) * interval '1 day' as day from millrace.backfill) d`,
    [state],
  );
}

/** Whether a session of this database waits for a lock. */
async function isWaiting({ sql }: World): Promise<boolean> {
  const waiting = await sql(
    `select from pg_locks l join pg_stat_activity a using (pid) where not l.granted and a.datname = current_database()`,
  );
  return waiting.length > 0;
}

describe('openRetention', () => {
  test('deletes old runs with their history, and leaves a record of those that stored rows', async () => {
    await using world = await shop();
    await world.materialize('spend');
    const [first = 0, ...rest] = await ids(world);
    await age(world, 100);
    await world.sql(`update spend set value = 3 where entity_id = 'bob'`);
    await readAgain(world);
    const before = await world.sql(
      'select entity_id, event_timestamp, spend, run_id from features.spend order by 1, 2',
    );

    expect(await retain(world, 90)).toEqual({
      runs: 3,
      events: expect.any(Number),
      backfills: 0,
      deployments: 0,
      operations: 0,
    });
    expect(await ids(world)).not.toContain(first);
    expect(await ids(world)).toHaveLength(rest.length + 1);
    expect(await runRecord(world.app.database, first)).toMatchObject({
      id: first,
      view: 'spend',
      reason: 'manual',
      rows: 2,
    });
    const old = `select count(*)::int as n from millrace.event where at < millrace.now() - interval '90 days'`;
    expect(await world.sql(old)).toEqual([{ n: 0 }]);

    const lost = `select count(*)::int as n from features.spend s
                   where not exists (select from millrace.run where id = s.run_id)
                     and not exists (select from millrace.run_record where id = s.run_id)`;
    expect(await world.sql(lost)).toEqual([{ n: 0 }]);
    expect(
      await world.sql('select entity_id, event_timestamp, spend, run_id from features.spend order by 1, 2'),
    ).toEqual(before);
    expect(await world.materialize('spend')).toEqual([]);
  });

  test('deletes nothing without a period, and nothing younger', async () => {
    await using world = await shop();
    await world.materialize('spend');
    await age(world, 80);
    const before = await ids(world);
    expect(await retain(world, null)).toEqual({ runs: 0, events: 0, backfills: 0, deployments: 0, operations: 0 });
    expect(await retain(world, 90)).toMatchObject({ runs: 0, events: 0 });
    expect(await ids(world)).toEqual(before);
  });

  test('keeps the newest run of a view, and runs that explain a held interval', async () => {
    await using world = await shop();
    await world.sql('alter table spend rename to gone');
    await world.materialize('spend');
    await world.sql('alter table gone rename to spend');
    const held = await ids(world);
    await age(world, 100);
    expect(await retain(world, 90)).toMatchObject({ runs: 0 });
    expect(await ids(world)).toEqual(held);

    await world.sql(`update millrace.coverage set held = '{}'`);
    await world.materialize('spend');
    await age(world, 100);
    await retain(world, 90);
    expect(await ids(world)).toEqual([held.length * 2]);
  });

  test('keeps open runs, and runs with unpublished removals', async () => {
    await using world = await shop();
    const open = await world.plan('spend');
    await age(world, 100);
    await world.sql(
      `insert into millrace.removed (view_id, run_id, entity_id) select view_id, id, 'ada' from millrace.run`,
    );
    await world.sql(`update millrace.run set state = 'superseded', closed_at = planned_at where id = $1`, [open[0]]);
    expect(await retain(world, 90)).toMatchObject({ runs: 0 });
    expect(await ids(world)).toEqual(open);
  });

  test('continues where it stopped, and pauses after a full pass', async () => {
    await using world = await shop();
    await world.materialize('spend');
    await age(world, 100);
    await readAgain(world);
    let now = 0;
    const clock = { ...systemClock, monotonicMs: () => now };
    const work = openRetention({ database: world.app.database, clock, retentionMs: 90 * DAY_MS });
    expect(await work(CALM)).toMatchObject({ runs: 3 });
    await age(world, 100);
    await readAgain(world);
    expect(await work(CALM)).toMatchObject({ runs: 0 });
    now = DAY_MS;
    expect(await work(CALM)).toMatchObject({ runs: 3 });
  });

  test('keeps, for each covered interval of a view over files, the newest run that knows its files', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-retention-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, 'lake'));
    for (const day of ['01', '02', '03']) {
      writeFileSync(join(folder, 'lake', `2026-01-${day}.csv`), 'entity_id,value\nada,1\n');
    }
    await using world = await openWorld({ folder, sources: { lake: 'file:./lake' } });
    const files = tableFiles({ pattern: '{yyyy}-{MM}-{dd}.csv', format: 'csv', types: { value: 'float' } });
    const query = 'select entity_id, value, {{end}} as timestamp from files';
    await world.apply(view({ name: 'spend', source: 'lake', end: at('2026-01-04'), query, files: { files } }));
    await world.materialize('spend');
    const first = await ids(world);
    await age(world, 100);
    expect(await retain(world, 90)).toMatchObject({ runs: 0 });

    await readAgain(world);
    await age(world, 100);
    expect(await retain(world, 90)).toMatchObject({ runs: first.length });
    expect(await ids(world)).toHaveLength(first.length);
    // Still known: a deleted file is noticed.
    rmSync(join(folder, 'lake', '2026-01-02.csv'));
    await readAgain(world);
    expect(await world.sql(`select error->>'code' as code from millrace.run where state = 'failed'`)).toEqual([
      { code: 'FILES_MISSING' },
    ]);
  });

  test('keeps the edits that decide which files are checked for changes, for as long as late_files', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-retention-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, 'lake'));
    const write = (day: string, text: string) => writeFileSync(join(folder, 'lake', `2026-01-${day}.csv`), text);
    for (const day of ['01', '02', '03']) write(day, 'entity_id,value\nada,1\n');
    await using world = await openWorld({ folder, sources: { lake: 'file:./lake' } });
    const { database } = world.app;
    const lateMs = 10_000 * DAY_MS;
    const files = tableFiles({ pattern: '{yyyy}-{MM}-{dd}.csv', format: 'csv', types: { value: 'float' }, lateMs });
    const query = 'select entity_id, value, {{end}} as timestamp from files';
    const before = view({ name: 'spend', source: 'lake', end: at('2026-01-04'), query, files: { files } });
    await world.apply(before);
    await world.materialize('spend');
    await applyEdit(database, fingerprinted({ ...before, query: `${query} where true` }), 'equivalent');
    await age(world, 100);
    await retain(world, 90);
    write('02', 'entity_id,value\nada,1\nbob,2\n');
    await world.app.lookForLateFiles(CALM);
    expect(await world.sql('select stale::text from millrace.coverage')).toEqual([
      { stale: '{["2026-01-02 00:00:00+00","2026-01-03 00:00:00+00")}' },
    ]);

    await world.sql(`update millrace.view set late_files = interval '1 day'`);
    await retain(world, 90);
    expect(await world.sql(`select id from millrace.event where note->>'kind' = 'edited'`)).toEqual([]);
  });

  test('deletes closed backfills, and then their runs; empties old deployments', async () => {
    await using world = await shop();
    await world.materialize('spend');
    const [first] = await ids(world);
    await world.sql(`insert into millrace.backfill (view_id, range, mode, state, parallel, asked_by, closed_at)
                       select id, '[2026-01-01, 2026-01-02)', 'all', 'complete', 1, 'ada', millrace.now() from millrace.view`);
    await world.sql(`insert into millrace.backfill_chunk (backfill_id, place, span, run_id)
                       select id, 1, '[2026-01-01, 2026-01-02)', ${first} from millrace.backfill`);
    for (const fingerprint of ['a', 'b']) {
      await world.sql(
        `insert into millrace.deployment (fingerprint, jobs, program, deployed_by) values ($1, '{"j": {}}', '1', 'ada')`,
        [fingerprint],
      );
    }
    await age(world, 80);
    await retain(world, 90);
    expect(await ids(world)).toContain(first);
    await age(world, 20);
    expect(await retain(world, 90)).toMatchObject({ runs: 2, backfills: 1, deployments: 1 });
    expect(await world.sql('select fingerprint, jobs from millrace.deployment order by generation')).toEqual([
      { fingerprint: 'a', jobs: {} },
      { fingerprint: 'b', jobs: { j: {} } },
    ]);
  });

  test('deletes a run with many refused rows in small steps, and then the runs after it', async () => {
    await using world = await shop();
    await world.materialize('spend');
    const [first = 0, second = 0, third = 0] = await ids(world);
    await age(world, 100);
    await readAgain(world);
    for (const [run, rows] of [
      [first, 3],
      [second, 12_000],
      [third, 2],
    ]) {
      await world.sql(
        `insert into millrace.quarantine (view_id, run_id, reason, detail, row)
         select view_id, id, 'value_null', '', '{}' from millrace.run, generate_series(1, $2) where id = $1`,
        [run, rows],
      );
    }
    const left = async () => {
      const [row] = await world.sql('select count(*)::int as rows from millrace.quarantine');
      return [row?.['rows'], (await ids(world)).filter((id) => id <= third)];
    };
    const steps: unknown[] = [];
    for (let after: number | null = 0; after !== null && steps.length < 9; ) {
      const { continueAfter } = await deleteRuns(world.app.database, after, 90 * DAY_MS);
      after = continueAfter;
      steps.push(await left());
    }
    expect(steps).toEqual([
      [7_005, [second, third]],
      [2_005, [second, third]],
      [0, []],
      [0, []],
    ]);
  });

  test('deletes a backfill after its chunks', async () => {
    await using world = await shop();
    await world.sql(`insert into millrace.backfill (view_id, range, mode, state, parallel, asked_by, closed_at)
                       select id, '[2026-01-01, 2026-01-02)', 'all', 'complete', 1, 'ada', millrace.now()
                         from millrace.view, generate_series(1, 2)`);
    await world.sql(`insert into millrace.backfill_chunk (backfill_id, place, span)
                       select id, place, '[2026-01-01, 2026-01-02)' from millrace.backfill, generate_series(1, 4000) place`);
    await age(world, 100);
    const { database } = world.app;
    const steps: unknown[] = [];
    await expireBackfills(database, 90 * DAY_MS);
    for (let step = 0; step < 3; step += 1) {
      const chunks = await deleteChunks(database);
      steps.push([chunks, await deleteBackfills(database)]);
    }
    expect(steps).toEqual([
      [5_000, 1],
      [3_000, 1],
      [0, 0],
    ]);
  });

  test('neither shows nor resumes a backfill of which it deletes the chunks, and keeps a resumed one', async () => {
    await using world = await shop();
    await world.sql(`insert into millrace.backfill (view_id, range, mode, state, parallel, asked_by, closed_at)
                       select id, span, 'all', 'cancelled', 1, 'ada', millrace.now()
                         from millrace.view, unnest('{"[2026-01-01, 2026-01-02)", "[2026-01-02, 2026-01-03)"}'::tstzrange[]) span`);
    await world.sql(`insert into millrace.backfill_chunk (backfill_id, place, span)
                       select id, place, range from millrace.backfill, generate_series(1, 6000) place`);
    await age(world, 100);
    const { database } = world.app;
    await resumeBackfill(database, 2);
    expect(await expireBackfills(database, 90 * DAY_MS)).toBe(1);
    expect(await deleteChunks(database)).toBe(5_000);
    for (const control of [pauseBackfill, resumeBackfill, cancelBackfill]) {
      await expect(control(database, 1)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    expect(await backfillOverviews(database, {})).toMatchObject([{ id: 2, chunks: { total: 6_000 } }]);
    await retain(world, 90);
    expect(await world.sql('select id, state from millrace.backfill')).toEqual([{ id: 2, state: 'running' }]);
  });

  test('keeps old backfills that can still run, and young ones', async () => {
    await using world = await shop();
    for (const state of ['running', 'paused', 'partial']) await addBackfill(world, state);
    await age(world, 100);
    await addBackfill(world, 'complete');
    expect(await retain(world, 90)).toMatchObject({ backfills: 0 });
    expect(await world.sql('select id, state, expired from millrace.backfill order by id')).toEqual([
      { id: 1, state: 'running', expired: false },
      { id: 2, state: 'paused', expired: false },
      { id: 3, state: 'partial', expired: false },
      { id: 4, state: 'complete', expired: false },
    ]);
  });

  test('keeps a backfill that is being resumed', async () => {
    await using world = await shop();
    await addBackfill(world, 'cancelled');
    await age(world, 100);
    const { database } = world.app;
    await using resuming = await database.reserve();
    await resuming.session.run('begin');
    await resumeBackfill(resuming.session, 1);
    const expired = expireBackfills(database, 90 * DAY_MS);
    await until(() => isWaiting(world));
    await resuming.session.run('commit');
    expect(await expired).toBe(0);
    expect(await world.sql('select state, expired from millrace.backfill')).toEqual([
      { state: 'running', expired: false },
    ]);
  });

  test('refuses to resume a backfill that expires while that waits for another session', async () => {
    await using world = await shop();
    await addBackfill(world, 'cancelled');
    await age(world, 100);
    const { database } = world.app;
    await using planning = await database.reserve();
    await planning.session.run('begin');
    await lockPlanning(planning.session, 1);
    const refused = expect(resumeBackfill(database, 1)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await until(() => isWaiting(world));
    expect(await expireBackfills(database, 90 * DAY_MS)).toBe(1);
    await planning.session.run('commit');
    await refused;
    expect(await world.sql('select state, expired from millrace.backfill')).toEqual([
      { state: 'cancelled', expired: true },
    ]);
  });

  test('deletes old rows of the audit', async () => {
    await using world = await shop();
    const entry = {
      actor: { kind: 'command', name: 'ada' },
      verb: 'pause',
      subject: { views: ['spend'] },
      request: {},
      outcome: { result: {} },
    } as const;
    await addAudit(world.app.database, entry);
    await age(world, 100);
    await addAudit(world.app.database, entry);
    expect(await retain(world, 90)).toMatchObject({ operations: 1 });
    expect(await auditPage(world.app.database, { view: null, before: null, limit: 9 })).toMatchObject([{ id: 2 }]);
  });
});
