// The output and effects of `backfill`.

import { describe, expect, test } from 'vitest';
import { slowTest } from '../../support/sample.ts';
import { freshDatabase } from '../../support/servers.ts';
import { until } from '../../support/until.ts';
import { type CommandWorld, openCommandWorld, SPEND } from '../world.ts';
import { ORDERS, onTerminal, openOrders, startClock, steady } from './world.ts';

const backfillsOf = (world: Awaited<ReturnType<typeof openOrders>>) =>
  world.database.query('select state from millrace.backfill order by id');

/** Its runs sleep in the source. */
const SLOW = ORDERS.replace('from orders', 'from orders, pg_sleep(60)');

const LEFT_TO_WORKERS = [
  'Stopped watching; the workers continue with 4 chunks.',
  'Watch it again with: millrace backfills resume 1; cancel it with: millrace backfills cancel 1',
  '',
].join('\n');

async function pretendWorker({ database }: CommandWorld): Promise<void> {
  await database.run(
    `insert into millrace.process (id, kind, host, pid, version) values ('test', 'worker', 'test', 1, '0')`,
  );
}

/** The exit code and the output of a backfill that is stopped during its first two chunks. */
async function interruptHere(world: CommandWorld): Promise<[number | null, string]> {
  const running = world.start('backfill orders --chunk 12h --here');
  await until(async () => {
    return (await world.database.query(`select from millrace.run where state = 'active'`)).length === 2;
  });
  running.kill('SIGINT');
  const { code, stderr } = await running.ended;
  return [code, stderr];
}

describe('backfill', () => {
  test('--dry-run prints what would run and what is skipped, and starts nothing', async () => {
    const world = await openOrders([3]);
    await world.millrace('backfill orders --to 2026-01-02T06:00Z --chunk 6h --here');
    const ended = await world.millrace(
      'backfill orders --from 2026-01-01T18:30Z --to 2026-01-04 --chunk 6h --newest-first --parallel 3 --dry-run',
    );
    expect(ended).toEqual({
      code: 0,
      stderr: '',
      stdout: [
        'Backfill of orders, mode missing, newest first',
        '  range     [2026-01-01T18:00Z, 2026-01-03) of the requested 2026-01-01T18:30Z to 2026-01-04: 54 units',
        '  to run    18 units in 3 chunks, 3 at a time',
        "  skipped   24 units outside the view's start and end",
        '            6 units already covered',
        '            6 units held after a failed or cancelled run; to run held units, use --mode failed',
        '  estimate  about 18 rows in 0ms, based on 4 runs',
        '3 chunks would run.',
        '',
      ].join('\n'),
    });
    expect(await backfillsOf(world)).toEqual([{ state: 'partial' }]);
  });

  test('--dry-run deploys nothing, and refuses an edited view', async () => {
    const world = await openCommandWorld({}, await freshDatabase());
    expect((await world.millrace('backfill spend --dry-run')).stderr).toBe(
      'Nothing is deployed yet: run "millrace apply".\n',
    );
    expect(await world.database.query(`select to_regclass('millrace.view') as found`)).toEqual([{ found: null }]);
    await world.millrace('run spend --here');
    await world.write({ 'features/spend.yaml': SPEND.replace('value,', 'value * 2 as value,') });
    const { code, stderr } = await world.millrace('backfill spend --dry-run');
    expect([code, stderr]).toEqual([3, expect.stringMatching(/^spend was edited [^\n]*\n$/)]);
    expect(await world.database.query('select edited_fingerprint from millrace.view')).toEqual([
      { edited_fingerprint: null },
    ]);
  });

  test('--here prints each chunk, what is missing at the end, and how to retry it', async () => {
    const world = await openOrders([3]);
    const { code, stdout, stderr } = await world.millrace('backfill orders --chunk 12h --here --parallel 1');
    expect(steady(stdout)).toBe(
      [
        'Backfill of orders, mode missing, oldest first',
        '  range     [2026-01-01, 2026-01-03), 48 units',
        '  to run    48 units in 4 chunks, 1 at a time',
        '  estimate  none (the view has no finished runs)',
        'Resume it later with: millrace backfills resume 1',
        'chunk 1/4  orders  [2026-01-01, 2026-01-01T12:00Z)  done  run 1  12 rows',
        'chunk 2/4  orders  [2026-01-01T12:00Z, 2026-01-02)  done  run 2  12 rows',
        'chunk 3/4  orders  [2026-01-02, 2026-01-02T12:00Z)  failed  attempt 1/5  SOURCE_QUERY View orders: source shop ((url)) rejected the query: division by zero.  millrace runs show 3',
        'chunk 4/4  orders  [2026-01-02T12:00Z, 2026-01-03)  done  run 4  12 rows',
        'backfill 1 partial: 3 of 4 chunks, 36 of 48 units, 36 rows in 0ms.',
        '',
      ].join('\n'),
    );
    expect([code, stderr]).toEqual([
      2,
      [
        '12 units are still missing: 1 chunk failed (millrace backfills show 1).',
        'Fix the cause, then retry only what failed: millrace backfills resume 1',
        '',
      ].join('\n'),
    ]);
  });

  test('explains why there is nothing to do, and which mode would find something', async () => {
    const world = await openOrders([3]);
    await world.millrace('backfill orders --chunk 12h --here');
    const { code, stdout } = await world.millrace('backfill orders --here');
    expect([code, stdout.split('\n').slice(-2)]).toEqual([
      0,
      [
        'Nothing to do: 36 units covered, 12 units held; --mode failed would run 12 units, --mode all would run 48 units.',
        '',
      ],
    ]);
  });

  test('--json prints one document, with what failed', async () => {
    const world = await openOrders([3]);
    const { code, stdout } = await world.millrace('backfill orders --chunk 12h --here --json');
    const counts = { failed: 0, cancelled: 0, skipped: 0, running: 0, waiting: 0 };
    const at = '2026-01-05T12:00:00.000Z';
    expect([code, JSON.parse(stdout)]).toEqual([
      2,
      {
        id: 1,
        view: 'orders',
        state: 'partial',
        why: null,
        mode: 'missing',
        order: 'oldest',
        parallel: 2,
        range: { start: '2026-01-01T00:00:00.000Z', end: '2026-01-03T00:00:00.000Z' },
        askedBy: expect.stringMatching(/^[^@]+@/),
        askedAt: at,
        startedAt: at,
        closedAt: at,
        chunks: { ...counts, total: 4, done: 3, failed: 1 },
        units: { ...counts, total: 48, done: 36, failed: 12 },
        missingUnits: 12,
        keptUnits: 0,
        rest: null,
        rows: 36,
        skipped: [],
        listed: [
          {
            place: 3,
            span: { start: '2026-01-02T00:00:00.000Z', end: '2026-01-02T12:00:00.000Z' },
            units: 12,
            state: 'failed',
            run: 3,
            attempt: 1,
            attemptsMax: 5,
            error: expect.objectContaining({ code: 'SOURCE_QUERY' }),
            skipped: null,
            rows: 0,
          },
        ],
      },
    ]);
    const dry = await world.millrace('backfill orders --mode all --dry-run --json');
    expect(JSON.parse(dry.stdout)).toEqual({
      backfill: null,
      plan: {
        view: 'orders',
        mode: 'all',
        order: 'oldest',
        parallel: 2,
        range: { start: '2026-01-01T00:00:00.000Z', end: '2026-01-03T00:00:00.000Z' },
        requestedUnits: 48,
        units: 48,
        chunks: 1,
        skipped: [],
        estimate: { rows: 48, ms: 0, ofRuns: 3 },
      },
      why: '1 chunk would run.',
    });
  });

  slowTest('is handed to the workers and watched to its end', async () => {
    const world = await openOrders();
    await startClock(world);
    const worker = world.start('worker --concurrency 2');
    await until(() => worker.output().includes('worker.started'));
    const { code, stdout, stderr } = await world.millrace('backfill orders --chunk 3h --parallel 4');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.match(/^chunk \d+\/16 {2}orders {2}\S+ \S+ {2}done {2}run \d+ {2}3 rows$/gm)).toHaveLength(16);
    expect(stdout).toMatch(/\nbackfill 1 complete: 16 of 16 chunks, 48 of 48 units, 48 rows in \S+\.\n$/);
  });

  test('--detach returns immediately, and prints the id', async () => {
    const world = await openOrders();
    await world.database.run(
      `insert into millrace.process (id, kind, host, pid, version) values ('test', 'worker', 'test', 1, '0')`,
    );
    const { code, stdout } = await world.millrace('backfill orders --detach');
    expect([code, stdout.split('\n').slice(-3)]).toEqual([
      0,
      [
        'Resume it later with: millrace backfills resume 1',
        'backfill 1 is running; to see its progress: millrace backfills show 1',
        '',
      ],
    ]);
    expect(await world.database.query('select reason, state from millrace.run')).toEqual([
      { reason: 'backfill', state: 'planned' },
    ]);
    const again = await world.millrace('backfill orders --from 2026-01-02');
    expect([again.code, again.stderr]).toEqual([3, expect.stringMatching(/^[^\n]*backfill 1[^\n]*running[^\n]*\n$/i)]);
  });

  test('starts nothing without a worker, and suggests --here', async () => {
    const world = await openOrders();
    const { code, stderr } = await world.millrace('backfill orders --chunk 12h');
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^No worker is running, so the 4 runs would wait forever\. .*--here\.\n$/),
    ]);
    expect(await backfillsOf(world)).toEqual([]);
  });

  test('--here withdraws its chunks and pauses on Ctrl-C if no worker is running', async () => {
    const world = await openOrders([], SLOW);
    expect(await interruptHere(world)).toEqual([
      2,
      [
        'Stopped: backfill 1 is paused with 4 chunks left.',
        'Resume it with: millrace backfills resume 1 --here; cancel it with: millrace backfills cancel 1',
        '',
      ].join('\n'),
    ]);
    expect(await world.database.query('select state, owner from millrace.run')).toEqual([
      { state: 'superseded', owner: null },
      { state: 'superseded', owner: null },
    ]);
    expect(await world.database.query('select state, paused_kind as kind from millrace.backfill')).toEqual([
      { state: 'paused', kind: 'person' },
    ]);
  });

  slowTest('--here leaves the remaining chunks to running workers on Ctrl-C', async () => {
    const world = await openOrders([], SLOW);
    await pretendWorker(world);
    expect(await interruptHere(world)).toEqual([2, LEFT_TO_WORKERS]);
    expect(await world.database.query('select state, owner, attempt from millrace.run')).toEqual([
      { state: 'planned', owner: null, attempt: 0 },
      { state: 'planned', owner: null, attempt: 0 },
    ]);
    expect(await backfillsOf(world)).toEqual([{ state: 'running' }]);
    const shown = (await world.millrace('backfills show 1')).stdout.split('\n');
    expect(shown.filter((line) => /^(state|chunks)/.test(line))).toEqual([
      'state       running',
      'chunks      0 of 4 done, 4 waiting',
    ]);
  });

  slowTest('shows which covered units keep their old rows if they could not be read again', async () => {
    const world = await openOrders();
    await world.millrace('backfill orders --chunk 12h --here');
    await world.database.run(`update orders set value = 0 where at >= '2026-01-02 23:00Z'`);
    const { code, stdout, stderr } = await world.millrace('backfill orders --chunk 1h --mode all --here --parallel 1');
    expect([code, stdout.split('\n').at(-2), stderr]).toEqual([
      2,
      'backfill 2 partial: 47 of 48 chunks, 47 of 48 units, 47 rows in 0ms.',
      [
        '1 unit was not read again and keeps its old rows: 1 chunk failed (millrace backfills show 2).',
        'Fix the cause, then retry only what failed: millrace backfills resume 2',
        '',
      ].join('\n'),
    ]);
    const shown = await world.millrace('backfills resume 2 --here --json');
    expect(JSON.parse(shown.stdout)).toMatchObject({ state: 'partial', missingUnits: 0, keptUnits: 1 });
  });

  slowTest('keeps running when Ctrl-C stops watching', async () => {
    const world = await openOrders();
    await pretendWorker(world);
    const following = world.start('backfill orders --chunk 12h');
    await until(async () => (await world.database.query('select from millrace.run')).length === 2);
    following.kill('SIGINT');
    const { code, stderr } = await following.ended;
    expect([code, stderr]).toEqual([2, LEFT_TO_WORKERS]);
    expect(await backfillsOf(world)).toEqual([{ state: 'running' }]);
  });
});

describe('backfill on a terminal', () => {
  test('asks first, and starts nothing without a yes', async () => {
    const world = await openOrders();
    const { stdin, shown, code } = onTerminal(world, 'backfill orders --here');
    await until(() => shown().includes('Start this backfill? [yes / no] '));
    stdin.write('n\n');
    expect(await code).toBe(1);
    expect(shown()).toMatch(/Nothing was started\.\n$/);
    expect(await backfillsOf(world)).toEqual([]);
  });

  test('shows a bar with failures above it', async () => {
    const world = await openOrders([3]);
    const { shown, code } = onTerminal(world, 'backfill orders --chunk 6h --here --parallel 1 --yes');
    expect(await code).toBe(2);
    const lines = steady(shown()).split('\n');
    expect(lines.filter((line) => line.startsWith('chunk'))).toEqual([
      'chunk 5/8  orders  [2026-01-02, 2026-01-02T06:00Z)  failed  attempt 1/5  SOURCE_QUERY View orders: source shop ((url)) rejected the query: division by zero.  millrace runs show 5',
    ]);
    const bar = /^orders {2}[█░]{24} {2}\d\/8 {2}\d+% {2}(?:eta \S+ {2})?ok \d {2}.*\d+ rows/;
    expect(lines.find((line) => bar.test(line))).toBeDefined();
    expect(lines.at(-4)).toBe('backfill 1 partial: 7 of 8 chunks, 42 of 48 units, 42 rows in 0ms.');
  });
});
