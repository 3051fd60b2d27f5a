// The exact output of `status`, with a stopped database clock.

import { describe, expect, test } from 'vitest';
import { NIGHTLY, SPEND } from '../world.ts';
import { ALL, cover, daily, NO_SPANS, NOW, openAt, openEveryState } from './status-world.ts';

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
        'paused has been paused since 2026-01-04 12:00 UTC: the source moves; resume it with: millrace resume paused',
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
          outages: [],
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

function tableWidth(stdout: string): number {
  return Math.max(
    ...stdout
      .slice(0, stdout.indexOf('\n\n'))
      .split('\n')
      .map((line) => line.length),
  );
}
