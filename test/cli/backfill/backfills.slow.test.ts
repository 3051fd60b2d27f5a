// The output and effects of `backfills` and its subcommands.

import { describe, expect, test } from 'vitest';
import { until } from '../../support/until.ts';
import type { CommandWorld } from '../world.ts';
import { fixSource, ORDERS, onTerminal, openOrders, steady } from './world.ts';

/** Backfill 1 ended as partial: the third of four chunks failed. */
async function openPartial(): Promise<CommandWorld> {
  const world = await openOrders([3]);
  await world.millrace('backfill orders --chunk 12h --here --parallel 1');
  return world;
}

/** Backfill 1 is running, but no worker performs it. */
async function openRunning(): Promise<CommandWorld> {
  const world = await openOrders();
  await world.database.run(
    `insert into millrace.process (id, kind, host, pid, version) values ('test', 'worker', 'test', 1, '0')`,
  );
  await world.millrace('backfill orders --chunk 12h --parallel 1 --detach');
  return world;
}

const FAILED =
  'chunk 3/4  orders  [2026-01-02, 2026-01-02T12:00Z)  failed  attempt 1/5  SOURCE_QUERY View orders: source shop ((url)) rejected the query: division by zero.  millrace runs show 3';

describe('backfills', () => {
  test('lists running and paused backfills; with --all, also ended ones', async () => {
    const world = await openPartial();
    expect((await world.millrace('backfills')).stdout).toBe(
      'No backfill is running or paused. Use --all to list all backfills.\n',
    );
    await world.millrace('backfill orders --from 2026-01-01 --to 2026-01-02 --mode all --dry-run');
    expect(steady((await world.millrace('backfills --all')).stdout)).toBe(
      [
        'BACKFILL  VIEW    RANGE                     MODE     STATE    CHUNKS  FAILED  ROWS  BY',
        '1         orders  [2026-01-01, 2026-01-03)  missing  partial  4/4     1       36    (user)',
        '',
      ].join('\n'),
    );
    expect((await world.millrace('backfills --all --view spend')).stdout).toBe('There are no backfills.\n');
  });

  test('show prints a backfill in full, with its failed chunks', async () => {
    const world = await openPartial();
    expect(steady((await world.millrace('backfills show 1')).stdout)).toBe(
      [
        'backfill    1  orders  [2026-01-01, 2026-01-03)',
        'mode        missing, oldest first, 1 chunk at a time',
        'state       partial',
        'chunks      3 of 4 done, 1 failed',
        'units       36 of 48 done, 12 failed',
        'rows        36',
        'requested   2026-01-05T12:00:00Z by (user)',
        'started     2026-01-05T12:00:00Z',
        'ended       2026-01-05T12:00:00Z, after 0ms',
        '',
        FAILED,
        '',
      ].join('\n'),
    );
    const page = steady((await world.millrace('backfills show 1 --chunks --after 1 --limit 2')).stdout);
    expect(page.split('\n').slice(-4)).toEqual([
      'chunk 2/4  orders  [2026-01-01T12:00Z, 2026-01-02)  done  run 2  12 rows',
      FAILED,
      '… more: --after 3',
      '',
    ]);
  });

  test('resume runs only what is missing', async () => {
    const world = await openPartial();
    await fixSource(world);
    expect(await world.millrace('backfills resume 1 --here')).toEqual({
      code: 0,
      stderr: '',
      stdout: [
        'Resumed backfill 1 of orders: 1 chunk to do.',
        'chunk 3/4  orders  [2026-01-02, 2026-01-02T12:00Z)  done  run 5  12 rows',
        'backfill 1 complete: 4 of 4 chunks, 48 of 48 units, 48 rows in 0ms.',
        '',
      ].join('\n'),
    });
    const again = await world.millrace('backfills resume 1 --here');
    expect([again.code, again.stderr]).toEqual([
      3,
      expect.stringMatching(/^Backfill 1 of orders cannot be resumed [^\n]*\n$/),
    ]);
  });

  test('pause withdraws planned chunks, and resume runs them', async () => {
    const world = await openRunning();
    expect(await world.millrace('backfills pause 1')).toEqual({
      code: 0,
      stderr: '',
      stdout: [
        'paused  backfill 1: 4 chunks left',
        '  1 planned run withdrawn.',
        '  Resume it with: millrace backfills resume 1',
        '',
      ].join('\n'),
    });
    expect((await world.millrace('backfills pause 1')).stdout).toBe('backfill 1 is already paused.\n');
    expect(steady((await world.millrace('backfills')).stdout).split('\n')[1]).toBe(
      '1         orders  [2026-01-01, 2026-01-03)  missing  paused  0/4     –       0     (user)',
    );
    const resumed = await world.millrace('backfills resume 1 --here --json');
    expect([resumed.code, JSON.parse(resumed.stdout)]).toMatchObject([
      0,
      { id: 1, state: 'complete', chunks: { total: 4, done: 4 }, missingUnits: 0, listed: [] },
    ]);
  });

  test('cancel ends chunks without stored rows, and shows how to resume', async () => {
    const world = await openRunning();
    expect(await world.millrace('backfills cancel 1')).toEqual({
      code: 0,
      stderr: '',
      stdout: [
        'cancelled  backfill 1: 0 of 4 chunks done; stored rows are kept',
        '  1 run cancelled: 1.',
        '  To resume it: millrace backfills resume 1',
        '',
      ].join('\n'),
    });
    expect((await world.millrace('backfills resume 1 --here')).code).toBe(0);
  });

  test('cancel asks on a terminal', async () => {
    const world = await openRunning();
    const { stdin, shown, code } = onTerminal(world, 'backfills cancel 1');
    await until(() => shown().includes('Cancel backfill 1 of orders, with 4 chunks left? [yes / no] '));
    stdin.write('n\n');
    expect(await code).toBe(1);
    expect(await world.database.query('select state from millrace.backfill')).toEqual([{ state: 'running' }]);
  });

  test('pauses after as many failed chunks in a row as the view allows, and stops being watched', async () => {
    const world = await openOrders([0, 3, 6, 9, 12, 15, 18, 21]);
    const { code, stdout, stderr } = await world.millrace('backfill orders --chunk 3h --here --parallel 1');
    expect(stdout).toMatch(
      /\nbackfill 1 {2}orders {2}paused {2}its last 5 chunks failed, most recently run 13 [^\n]*\nbackfill 1 paused: 8 of 16 chunks/,
    );
    expect([code, steady(stderr)]).toEqual([
      2,
      [
        '24 units are still missing: its last 5 chunks failed, most recently run 13 with SOURCE_QUERY: View orders: source shop ((url)) rejected the query: division by zero.',
        'Resume it with: millrace backfills resume 1',
        '',
      ].join('\n'),
    ]);
  });

  test('stops being watched while its view is paused, and shows why', async () => {
    const world = await openOrders([], ORDERS.replace('from orders', 'from orders, pg_sleep(2)'));
    const following = world.start('backfill orders --chunk 12h --here --parallel 1');
    await until(
      async () => (await world.database.query(`select from millrace.run where state = 'active'`)).length === 1,
    );
    await world.millrace('pause orders --reason moving');
    const { code, stdout, stderr } = await following.ended;
    expect(stdout).toMatch(/\nbackfill 1 {2}orders {2}waiting {2}its view is paused: moving\n/);
    expect([code, stderr]).toEqual([
      2,
      '36 units are still missing: its view is paused: moving.\nWatch it again with: millrace backfills resume 1\n',
    ]);
  });
});

describe('retry', () => {
  test('retries failed runs, which completes their backfill', async () => {
    const world = await openPartial();
    await fixSource(world);
    expect(await world.millrace('retry 3 --here')).toEqual({
      code: 0,
      stderr: '',
      stdout: [
        '1 run planned: 5 for 3.',
        'run 5  orders  [2026-01-02, 2026-01-02T12:00Z)  done  12 rows read: 12 inserted',
        '1 run done, 12 rows read: 12 inserted.',
        '',
      ].join('\n'),
    });
    expect(await world.database.query('select state from millrace.backfill')).toEqual([{ state: 'complete' }]);
    const again = await world.millrace('retry 3');
    expect([again.code, again.stderr]).toEqual([3, expect.stringMatching(/^Run 3 of orders [^\n]*\n$/)]);
  });

  test('plans nothing without a worker, and suggests --here', async () => {
    const world = await openPartial();
    const { code, stderr } = await world.millrace('retry 3');
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^No worker is running, so the run would wait forever\. [^\n]*\n$/),
    ]);
    expect(await world.database.query(`select id from millrace.run where state = 'planned'`)).toEqual([]);
  });
});
