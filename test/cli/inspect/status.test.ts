// The exact output of `status`, with a stopped database clock.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CommandWorld, NIGHTLY, openCommandWorld, SPEND } from '../world.ts';

const NO_SPANS = { spans: 0, units: 0 };
const NOW = '2026-01-05 12:00:00+00';

/** A daily view without an end, with four settled days. */
function daily(name: string, extra = ''): string {
  return SPEND.replace('name: spend', `name: ${name}`).replace('end: 2026-01-03\n', extra);
}

/** A deployed project with a stopped database clock. */
async function openAt(files: Readonly<Record<string, string>>): Promise<CommandWorld> {
  const world = await openCommandWorld(files);
  await world.millrace('migrate');
  await world.database.run(
    `create or replace function millrace.now() returns timestamptz language sql volatile as $$ select timestamptz '${NOW}' $$`,
  );
  await world.millrace('apply');
  return world;
}

async function cover(world: CommandWorld, view: string, sets: Readonly<Record<string, string>>): Promise<void> {
  for (const [set, value] of Object.entries(sets)) {
    await world.database.run(
      `update millrace.coverage set ${set} = $2::tstzmultirange where view_id = (select id from millrace.view where name = $1)`,
      [view, value],
    );
  }
}

async function addRun(world: CommandWorld, view: string, columns: Readonly<Record<string, unknown>>): Promise<void> {
  const names = Object.keys(columns);
  await world.database.run(
    `insert into millrace.run (view_id, span, fingerprint, planned_at${names.map((name) => `, ${name}`).join('')})
     select id, '[2026-01-01, 2026-01-02)', data_fingerprint, timestamptz '${NOW}' - interval '2 min'
            ${names.map((_, index) => `, $${index + 2}`).join('')}
       from millrace.view where name = $1`,
    [view, ...Object.values(columns)],
  );
}

async function addProcess(world: CommandWorld, kind: 'scheduler' | 'worker'): Promise<void> {
  await world.database.run(
    `insert into millrace.process (id, kind, host, pid, version, seen_at) values ($1, $1, 'host', 1, '0', timestamptz '${NOW}')`,
    [kind],
  );
}

const LIVE = `name: live\ncron: "*/5 * * * *"\nviews: [stock]\n`;

const DAYS = (days: number) => `{[2026-01-01, 2026-01-0${days + 1})}`;
const ALL = { covered: DAYS(4), published: DAYS(4) };
const FAILURE = JSON.stringify({ code: 'SOURCE_QUERY', message: 'Division by zero.', owner: 'author' });

/** A view in each of the states, named after its state. */
async function openEveryState(): Promise<CommandWorld> {
  const names = 'behind failing held ok paused planned retired running stale unpublished waiting'.split(' ');
  const world = await openAt({
    ...Object.fromEntries(names.map((name) => [`features/${name}.yaml`, daily(name)])),
    'features/late.yaml': daily('late', 'freshness: 2d\n'),
    'features/edited.yaml': daily('edited'),
    'features/spend.yaml': daily('customer_orders'),
    'jobs/nightly.yaml': `name: nightly\ncron: "15 3 * * *"\ntimezone: Europe/Berlin\nviews: [held, ok, late]\n`,
    'jobs/hourly.yaml': `name: hourly\ncron: "5 * * * *"\npaused: true\nviews: [ok]\n`,
  });
  const applied = [...names, 'edited', 'customer_orders'];
  for (const name of applied) await cover(world, name, ALL);
  await cover(world, 'behind', { covered: DAYS(3), published: DAYS(3) });
  await cover(world, 'late', { covered: DAYS(2), published: DAYS(2) });
  await cover(world, 'stale', { stale: DAYS(2) });
  await cover(world, 'unpublished', { published: DAYS(1) });
  await cover(world, 'held', {
    covered: '{[2026-01-01, 2026-01-02), [2026-01-03, 2026-01-05)}',
    held: '{[2026-01-02, 2026-01-03)}',
  });
  const ended = {
    state: 'done',
    stage: 'done',
    closed_at: '2026-01-05T08:40:00Z',
    counts: { read: 1_234, accepted: 1_234, inserted: 1_234 },
    reason: 'schedule',
  };
  await addRun(world, 'ok', ended);
  await addRun(world, 'held', { ...ended, state: 'failed', error: FAILURE });
  await world.database.run(`update millrace.run set span = '[2026-01-02, 2026-01-03)' where state = 'failed'`);
  await addRun(world, 'failing', { ...ended, state: 'failed', error: FAILURE });
  await world.database.run(`update millrace.view set failed_in_a_row = 2 where name = 'failing'`);
  await addRun(world, 'planned', { reason: 'schedule' });
  await addRun(world, 'running', {
    reason: 'schedule',
    state: 'active',
    owner: 'host.1',
    started_at: '2026-01-05T11:59:00Z',
  });
  await addRun(world, 'waiting', {
    reason: 'schedule',
    waiting_for: JSON.stringify({ kind: 'files', facts: { pattern: 'sales/2026-01-05.csv', place: 's3://shop' } }),
    not_before: '2026-01-05T12:05:00Z',
  });
  await world.database.run(
    `update millrace.view set paused_kind = 'person', paused_reason = 'the source moves', paused_at = timestamptz '${NOW}' - interval '1 day' where name = 'paused'`,
  );
  await rm(join(world.folder, 'features', 'retired.yaml'));
  await world.write({ 'features/edited.yaml': daily('edited').replace('value,', 'value * 2 as value,') });
  await world.millrace('apply');
  return world;
}

describe('status', () => {
  test('shows a view in each state, most urgent first, and what to do', async () => {
    const world = await openEveryState();
    const { code, stdout } = await world.millrace('status');
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        'VIEW             STATE        WATERMARK   LAG     HOLES  NOT ONLINE  LAST RUN                NEXT',
        'edited           edited       2026-01-05  12h     –      –           –                       –',
        'failing          failing      2026-01-05  12h     –      –           failed 3h ago           –',
        'held             held         2026-01-02  3d 12h  1      –           failed 3h ago           02:15Z',
        'late             late         2026-01-03  2d 12h  –      –           –                       02:15Z',
        'paused           paused       2026-01-05  12h     –      –           –                       –',
        'unpublished      unpublished  2026-01-05  12h     –      3           –                       –',
        'behind           behind       2026-01-04  1d 12h  –      –           –                       –',
        'customer_orders  ok           2026-01-05  12h     –      –           –                       –',
        'ok               ok           2026-01-05  12h     –      –           done 3h ago, 1.2K rows  02:15Z',
        'planned          planned      2026-01-05  12h     –      –           planned 2m ago          –',
        'running          running      2026-01-05  12h     –      –           active 1m ago           –',
        'stale            stale        2026-01-05  12h     –      –           –                       –',
        'waiting          waiting      2026-01-05  12h     –      –           planned 2m ago          –',
        'retired          retired      2026-01-05  –       –      –           –                       –',
        '',
        'edited was edited in a way that may change its rows, so it does not run until you deploy the edit: "millrace apply edited" with --restate (read all stored rows again), --forward-only (keep them) or --equivalent (the edit changes no rows).',
        'failing: the last 2 runs failed, most recently with SOURCE_QUERY: Division by zero (millrace runs show 3).',
        'held: 1 unit is held because run 2 failed with SOURCE_QUERY: Division by zero (millrace runs show 2); fix the cause, then run: millrace retry 2',
        'late is 2d 12h behind (freshness target: 2d): no scheduler is running to plan its next run: start one with "millrace scheduler"; to see what is missing: millrace intervals late',
        'paused is paused since 2026-01-04 12:00 UTC: the source moves; resume it with: millrace resume paused',
        'unpublished: 3 units stored but not yet in the online store.',
        'stale: 2 units will be read again.',
        'waiting: run 6 is waiting: no file matches sales/2026-01-05.csv in s3://shop yet (next attempt at 2026-01-05 12:05:00 UTC)',
        '',
        'No job schedules behind, customer_orders, edited, failing, paused, planned, running, stale, … and 2 more. Add them to a file in jobs/, or run them with: millrace run VIEW',
        'No worker is running: start one with "millrace worker".',
        'No scheduler is running, so no jobs will start: start one with "millrace scheduler".',
        '',
      ].join('\n'),
    );
    expect(tableWidth(stdout)).toBeLessThanOrEqual(100);
  });

  test('names an unavailable source once, after what failed for another reason', async () => {
    const names = ['a', 'b', 'c'];
    const world = await openAt(
      Object.fromEntries([...names, 'd', 'broken'].map((name) => [`features/${name}.yaml`, daily(name)])),
    );
    const parts = [{ text: 'source shop is not responding' }];
    const away = JSON.stringify({ code: 'SOURCE_UNAVAILABLE', message: 'away', parts, owner: 'operator' });
    const failed = { state: 'failed', reason: 'schedule', closed_at: '2026-01-05T08:40:00Z' };
    for (const name of [...names, 'broken']) {
      await cover(world, name, { ...ALL, covered: '{[2026-01-02, 2026-01-05)}', held: DAYS(1) });
      await addRun(world, name, { ...failed, error: name === 'broken' ? FAILURE : away });
    }
    await cover(world, 'd', ALL);
    await addRun(world, 'd', {
      reason: 'schedule',
      attempt: 1,
      error: away,
      waiting_for: JSON.stringify({ kind: 'retry', facts: { code: 'SOURCE_UNAVAILABLE' } }),
      not_before: '2026-01-05T12:00:30Z',
    });
    await world.database.run(
      `insert into millrace.source_probe (source, probed_at, next_at) values ('shop', array[timestamptz '${NOW}' - interval '1 min'], timestamptz '${NOW}' + interval '2 min')`,
    );
    const { stdout } = await world.millrace('status --problems');
    const lines = stdout.split('\n');
    expect(lines.slice(0, 6).map((line) => line.split(/ +/).slice(0, 2))).toEqual([
      ['VIEW', 'STATE'],
      ['broken', 'held'],
      ['a', 'held'],
      ['b', 'held'],
      ['c', 'held'],
      ['d', 'failing'],
    ]);
    expect(lines.filter((line) => line.includes('run '))).toEqual([
      '4 views are waiting for source shop (a, b, c, d): most recently, run 5 failed with SOURCE_UNAVAILABLE: source shop is not responding (millrace runs show 5); 3 held units will be read when it responds (1 probe in the last 24 hours, next probe at 2026-01-05 12:02 UTC); to try now: millrace retry --failed --source shop',
      'broken: 1 unit is held because run 4 failed with SOURCE_QUERY: Division by zero (millrace runs show 4); fix the cause, then run: millrace retry 4',
      expect.stringContaining('No job schedules'),
    ]);
  });

  test('shows only views that need attention with --problems, and counts the others', async () => {
    const world = await openEveryState();
    const { stdout } = await world.millrace('status --problems --limit 2');
    const lines = stdout.split('\n');
    expect(lines.slice(0, 6)).toEqual([
      'VIEW     STATE    WATERMARK   LAG  LAST RUN',
      'edited   edited   2026-01-05  12h  –',
      'failing  failing  2026-01-05  12h  failed 3h ago',
      '',
      '… and 4 more views: raise --limit, or use --problems to list what needs attention',
      '14 views: 2 ok, 1 behind, 1 edited, 1 failing, 1 held, 1 late, 1 paused, 1 planned, 1 retired, 1 running, 1 stale, 1 unpublished, 1 waiting.',
    ]);
    await world.database.run(`delete from millrace.view where name not in ('ok', 'behind')`);
    expect((await world.millrace('status --problems')).stdout.split('\n').slice(0, 2)).toEqual([
      'No view needs attention.',
      '2 views: 1 behind, 1 ok.',
    ]);
  });

  test('shows a view in full', async () => {
    const world = await openEveryState();
    await world.database.run(
      `insert into millrace.backfill (view_id, range, mode, parallel, asked_by)
       select id, '[2026-01-02, 2026-01-03)', 'failed', 1, 'ada@host' from millrace.view where name = 'held'`,
    );
    expect((await world.millrace('status held ok retired')).stdout).toBe(
      [
        'view        held',
        'kind        snapshot of customer from shop, every 1d from 2026-01-01',
        'state       held',
        'watermark   2026-01-02, 3d 12h behind; settled up to 2026-01-05',
        'covered     3 units: [2026-01-01, 2026-01-02), [2026-01-03, 2026-01-05)',
        'held        1 unit: [2026-01-02, 2026-01-03)',
        'rows        0',
        'last run    2  failed 3h ago',
        'backfill    1  running  failed  [2026-01-02, 2026-01-03)',
        'next tick   2026-01-06 03:15 CET (02:15Z)  nightly',
        '',
        'held: 1 unit is held because run 2 failed with SOURCE_QUERY: Division by zero (millrace runs show 2); fix the cause, then run: millrace retry 2',
        'held: backfill 1 is running; to see it: millrace backfills show 1',
        'To see it unit by unit: millrace intervals held',
        '',
        'view        ok',
        'kind        snapshot of customer from shop, every 1d from 2026-01-01',
        'state       ok',
        'watermark   2026-01-05, 12h behind; covers all settled time',
        'covered     4 units: [2026-01-01, 2026-01-05)',
        'rows        0',
        'last run    1  done 3h ago: 1,234 rows read: 1,234 inserted',
        'next tick   2026-01-06 03:15 CET (02:15Z)  nightly',
        'next tick   none while the job is paused  hourly',
        '',
        'To see it unit by unit: millrace intervals ok',
        '',
        'view        retired',
        'kind        snapshot of customer from shop, every 1d from 2026-01-01',
        'state       retired',
        'watermark   2026-01-05',
        'covered     4 units: [2026-01-01, 2026-01-05)',
        'rows        0',
        'last run    –',
        '',
        'No scheduler is running, so no jobs will start: start one with "millrace scheduler".',
        '',
      ].join('\n'),
    );
  });

  test('calls a view late if its watermark is too old, even during a backfill of older spans', async () => {
    const world = await openEveryState();
    const lateNow = async () => {
      const [view] = JSON.parse((await world.millrace('status late --json')).stdout).views;
      return { state: view.state, lagMs: view.lagMs, freshnessMs: view.freshnessMs, behindMs: view.behindMs };
    };
    const late = { state: 'late', lagMs: 60 * HOUR_MS, freshnessMs: 48 * HOUR_MS, behindMs: 48 * HOUR_MS };
    expect(await lateNow()).toEqual(late);
    await addRun(world, 'late', {
      reason: 'backfill',
      state: 'active',
      owner: 'host.1',
      started_at: '2026-01-05T11:59:00Z',
    });
    expect(await lateNow()).toEqual(late);
    await world.database.run(
      `update millrace.run set state = 'done', owner = null, closed_at = millrace.now() where reason = 'backfill'`,
    );
    expect(await lateNow()).toEqual(late);
    await cover(world, 'late', { covered: DAYS(3) });
    expect(await lateNow()).toMatchObject({ state: 'unpublished', lagMs: 36 * HOUR_MS });
  });

  test('explains why a view of kind latest is late: an untaken run, a failed run, a missing job', async () => {
    const latest = `name: stock\nentity: customer\nsource: shop\nkind: latest\nfreshness: 90s\ntype: float\nquery: select entity_id, value, now() as timestamp from spend\n`;
    const world = await openAt({ 'features/spend.yaml': latest, 'jobs/nightly.yaml': LIVE });
    await world.database.run(`update millrace.coverage set last_good = timestamptz '${NOW}' - interval '4 min 16 s'`);
    const noteNow = async () =>
      (await world.millrace('status stock')).stdout
        .split('\n')
        .find((line) => /behind/.test(line) && /target/.test(line));
    const late = (why: string) =>
      `stock is 4m 16s behind (freshness target: 90s): ${why}; to see its runs: millrace runs stock`;
    expect(await noteNow()).toBe(
      late('no scheduler is running to plan its next run: start one with "millrace scheduler"'),
    );
    await addProcess(world, 'scheduler');
    expect(await noteNow()).toBe(late('the next tick of live is at 2026-01-05 12:05 UTC'));
    await addRun(world, 'stock', { reason: 'manual', state: 'failed', closed_at: NOW, error: FAILURE });
    expect(await noteNow()).toBe(late('run 1 failed with SOURCE_QUERY: Division by zero (millrace runs show 1)'));
    await addRun(world, 'stock', { reason: 'schedule' });
    expect(await noteNow()).toBe(
      late('run 2 has been waiting for a worker for 2m, and none is running: start one with "millrace worker"'),
    );
    await addProcess(world, 'worker');
    expect(await noteNow()).toBe(
      late('run 2 has been waiting for a worker for 2m: check that a worker is free and that Redis is reachable'),
    );
    await world.database.run(`update millrace.run set state = 'active', owner = 'host.1' where id = 2`);
    expect(await noteNow()).toBe(late('a run is in progress'));
  });

  test('shows once that covered units are held after a failed second read, and how to release them', async () => {
    const world = await openAt({ 'features/held.yaml': daily('held') });
    await cover(world, 'held', { ...ALL, stale: DAYS(2), held: '{[2026-01-01, 2026-01-02)}' });
    await addRun(world, 'held', { reason: 'restate', state: 'failed', closed_at: NOW, error: FAILURE });
    const { stdout } = await world.millrace('status held');
    expect(stdout.split('\n').filter((line) => /^(covered|held|stale)/.test(line))).toEqual([
      'covered     4 units: [2026-01-01, 2026-01-05); 1 of them held',
      'held        1 unit: [2026-01-01, 2026-01-02)',
      'stale       1 unit: [2026-01-02, 2026-01-03)',
      'held: 1 unit is held because run 1 failed with SOURCE_QUERY: Division by zero (millrace runs show 1); fix the cause, then run: millrace retry 1',
      'held: 1 unit will be read again.',
    ]);
    expect((await world.millrace('intervals held')).stdout).toContain('millrace retry 1');
  });

  test('shows the user who paused a view, and no ticks while it is paused', async () => {
    const world = await openAt({});
    await world.millrace('pause spend --reason moving', { USER: 'ada' });
    const { stdout } = await world.millrace('status spend');
    expect(stdout).toMatch(/^spend is paused since 2026-01-05 12:00 UTC by ada@\S+: moving; resume it with/m);
    expect(stdout).toContain('next tick   none while the view is paused  nightly');
    expect((await world.millrace('status')).stdout).not.toContain('NEXT');
  });

  test('works if a file of the project is invalid, and shows the problem', async () => {
    const world = await openAt({ 'features/spend.yaml': SPEND, 'jobs/nightly.yaml': NIGHTLY });
    await world.millrace('run spend --here');
    await world.write({ 'features/spend.yaml': `intervall: 2d\n${SPEND}` });
    const { code, stdout, stderr } = await world.millrace('status', { SHOP_DATABASE_URL: undefined });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(
      [
        'VIEW   STATE  WATERMARK   LAG  LAST RUN               NEXT',
        'spend  ok     2026-01-03  –    done just now, 2 rows  03:15Z',
        '',
        'No scheduler is running, so no jobs will start: start one with "millrace scheduler".',
        'The definitions on disk are invalid; the deployed ones keep running:',
        'features/spend.yaml:1:1: unknown key `intervall`; did you mean `interval`?',
        '',
      ].join('\n'),
    );
    await world.write({ 'millrace.yaml': 'project: shop\n' });
    expect((await world.millrace('status')).code).toBe(3);
  });

  test('has a stable JSON, with the number of stored rows', async () => {
    const world = await openAt({});
    expect((await world.millrace('run spend --here --parallel 1')).code).toBe(0);
    await world.database.run(`delete from spend where entity_id = 'bob'`);
    expect((await world.millrace('restate spend --from 2026-01-02 --to 2026-01-03 --here')).code).toBe(0);
    expect(JSON.parse((await world.millrace('status --json')).stdout)).toEqual({
      views: [
        {
          name: 'spend',
          kind: 'snapshot',
          state: 'ok',
          watermark: '2026-01-03T00:00:00.000Z',
          frontier: '2026-01-03T00:00:00.000Z',
          lagMs: 0,
          behindMs: 0,
          freshnessMs: null,
          holes: [],
          held: [],
          heldCauses: [],
          outage: null,
          stale: [],
          skipped: [],
          emptied: [],
          unpublished: [],
          sets: {
            covered: { spans: 1, units: 2 },
            holes: NO_SPANS,
            held: NO_SPANS,
            stale: NO_SPANS,
            skipped: NO_SPANS,
            emptied: NO_SPANS,
            unpublished: NO_SPANS,
          },
          rows: 3,
          openRuns: 0,
          leftUnits: 0,
          inboxRows: 0,
          activeRuns: 0,
          waitingRun: null,
          idleRun: null,
          lastRun: {
            id: 3,
            state: 'done',
            at: '2026-01-05T12:00:00.000Z',
            warnings: [],
            counts: {
              read: 1,
              accepted: 1,
              refused: 0,
              refusedBy: {},
              inserted: 0,
              changed: 0,
              unchanged: 1,
              duplicates: 0,
              removed: 1,
              kept: 0,
            },
          },
          lastFailure: null,
          failedInARow: 0,
          backfills: [],
          pause: null,
          pausedReason: null,
          pausedBy: null,
          pausedAt: null,
          rebuild: null,
          rebuildReason: null,
          nextTick: '2026-01-06T03:15:00.000Z',
          ticks: [{ job: 'nightly', at: '2026-01-06T03:15:00.000Z', zone: 'UTC' }],
        },
      ],
      processes: { schedulers: 0, workers: 0 },
      queueFaults: [],
      problems: [],
    });
  });

  test('shows what another program did to the queues', async () => {
    const world = await openAt({ 'features/spend.yaml': daily('spend') });
    await cover(world, 'spend', ALL);
    await world.database.run(
      `insert into millrace.queue_fault (queue, kind, key, found, times, found_at, repaired_at) values
         ('backfill', 'limited', '', 'concurrency 0', 1, timestamptz '${NOW}' - interval '2 min', null),
         ('run', 'damaged', 'wait', 'string instead of list', 1, timestamptz '${NOW}' - interval '59 min', '${NOW}'),
         ('run', 'paused', '', '', 3, timestamptz '${NOW}' - interval '5 min', timestamptz '${NOW}' - interval '5 min'),
         ('tick', 'paused', '', '', 3, timestamptz '${NOW}' - interval '2 h', timestamptz '${NOW}' - interval '2 h')`,
    );
    const { stdout } = await world.millrace('status');
    expect(stdout.split('\n').filter((line) => line.startsWith('Another program'))).toEqual([
      'Another program set a limit on the queue "backfill" (concurrency 0). The scheduler found this 2m ago but could not fix it: look for "queue.fault" in its log.',
      'Another program damaged the key "wait" in the queue "run" (string instead of list). The scheduler fixed it 59m ago. Lost runs will be delivered again.',
      'Another program paused the queue "run", so workers took no jobs from it. The scheduler fixed it 5m ago (3 times so far). To stop work on purpose, run "millrace pause VIEW" or stop the workers.',
    ]);
    expect(JSON.parse((await world.millrace('status --json')).stdout).queueFaults).toEqual([
      expect.objectContaining({ queue: 'backfill', kind: 'limited', found: 'concurrency 0', repairedAt: null }),
      expect.objectContaining({ queue: 'run', kind: 'damaged', key: 'wait', repairedAt: '2026-01-05T12:00:00Z' }),
      expect.objectContaining({ queue: 'run', kind: 'paused', times: 3, foundAt: '2026-01-05T11:55:00Z' }),
    ]);
  });

  test('shows what to do if the tables are from an earlier release', async () => {
    const world = await openAt({});
    await world.database.run(`delete from millrace.migration where name like '0002%'`);
    expect(await world.millrace('status')).toEqual({
      code: 3,
      stdout: '',
      stderr: 'The tables in Postgres are from an earlier release: run "millrace migrate", or start a scheduler.\n',
    });
  });

  test('uses the deployed jobs, not those on disk', async () => {
    const world = await openEveryState();
    await world.write({ 'jobs/nightly.yaml': `name: nightly\ncron: "0 7 * * *"\nviews: [ok]\n` });
    const [view] = JSON.parse((await world.millrace('status ok --json')).stdout).views;
    expect(view.ticks).toEqual([
      { job: 'nightly', at: '2026-01-06T02:15:00.000Z', zone: 'Europe/Berlin' },
      { job: 'hourly', at: null, zone: 'UTC' },
    ]);
  });
});

const HOUR_MS = 3_600_000;

function tableWidth(stdout: string): number {
  return Math.max(
    ...stdout
      .slice(0, stdout.indexOf('\n\n'))
      .split('\n')
      .map((line) => line.length),
  );
}
