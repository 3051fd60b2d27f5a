// What the commands print, word for word, at a fixed time of the database.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/run.ts';
import { type CommandWorld, openCommandWorld, SPEND } from './world.ts';

const NOW = '2026-01-05 12:00:00+00';

/** A project that is applied, and whose database says that it is always the same moment. */
async function openAt(files: Readonly<Record<string, string>> = {}): Promise<CommandWorld> {
  const world = await openCommandWorld(files);
  await world.millrace('migrate');
  await world.database.run(
    `create or replace function millrace.now() returns timestamptz language sql volatile as $$ select timestamptz '${NOW}' $$`,
  );
  return world;
}

/** The first of two runs has met a source that is away, and is tried again in half a minute. */
async function openWaiting(): Promise<CommandWorld> {
  const world = await openAt();
  await world.millrace('apply');
  const message = 'The source shop does not answer.';
  await world.database.run(
    `insert into millrace.run (view_id, span, reason, fingerprint, options, stage, attempt, not_before, planned_at,
                               started_at, waiting_for, error)
     select id, '[2026-01-01, 2026-01-02)', 'schedule', data_fingerprint, $3, 'stage', 1,
            timestamptz '${NOW}' + interval '30 s', timestamptz '${NOW}' - interval '2 min',
            timestamptz '${NOW}' - interval '1 min', $1, $2 from millrace.view`,
    [
      message,
      JSON.stringify({ code: 'SOURCE_UNAVAILABLE', message, owner: 'operator' }),
      JSON.stringify(DEFAULT_RUN_OPTIONS),
    ],
  );
  return world;
}

/** Next ticks follow the clock of this machine. */
function withoutTicks(text: string): string {
  return text.replace(/20\d\d-\d\d-\d\d 03:15 UTC/g, '(the next at)  03:15');
}

const OPEN_ENDED = SPEND.replace('end: 2026-01-03\n', 'settle: 1h\n');

describe('plan', () => {
  test('shows what is new, what is due, and when jobs tick', async () => {
    const world = await openAt();
    const { code, stdout } = await world.start('plan').ended;
    expect(code).toBe(0);
    expect(withoutTicks(stdout)).toBe(
      [
        'CHANGE   VIEW   DUE              SPAN',
        '+ added  spend  2 runs, 2 units  [2026-01-01, 2026-01-03)',
        '',
        'JOB      CRON        NEXT TICK             VIEWS',
        'nightly  15 3 * * *  (the next at)  03:15  spend',
        '',
        'Apply it with: millrace apply',
        '',
      ].join('\n'),
    );
  });

  test('says with --check whether there is something to apply, and changes nothing', async () => {
    const world = await openCommandWorld();
    expect((await world.millrace('plan --check')).code).toBe(4);
    expect(await world.database.query(`select to_regclass('millrace.view') as found`)).toEqual([{ found: null }]);
    await world.millrace('apply');
    expect((await world.millrace('plan --check')).code).toBe(0);
  });

  test('counts what catch_up leaves out, and names the answers to an edit', async () => {
    const world = await openAt({ 'features/spend.yaml': `${OPEN_ENDED}catch_up: latest\n` });
    expect((await world.millrace('plan')).stdout).toContain(
      '1 run, 1 unit, 3 units skipped by catch_up  [2026-01-04, 2026-01-05)',
    );
    await world.millrace('run spend --here');
    await world.write({ 'features/spend.yaml': OPEN_ENDED.replace('value,', 'value * 2 as value,') });
    expect((await world.millrace('plan')).stdout).toMatch(
      /! edited {2}spend {2}waits for your answer[\s\S]*1 unit are stored[\s\S]*--restate[\s\S]*--forward-only[\s\S]*--equivalent {5}keeps them: the edit changes no row\n\nJOB .*\nnightly .*\n$/,
    );
  });

  test('has a stable JSON', async () => {
    const world = await openAt();
    const { stdout } = await world.millrace('plan --json');
    expect(JSON.parse(stdout)).toEqual({
      hasChanges: true,
      views: [
        {
          name: 'spend',
          change: 'added',
          units: 2,
          coveredUnits: 0,
          lookbackUnits: 0,
          skippedUnits: 0,
          heldUnits: 0,
          pausedReason: null,
          runs: [
            { start: '2026-01-01T00:00:00.000Z', end: '2026-01-02T00:00:00.000Z' },
            { start: '2026-01-02T00:00:00.000Z', end: '2026-01-03T00:00:00.000Z' },
          ],
        },
      ],
      ticks: [{ job: 'nightly', timezone: 'UTC', next: expect.stringMatching(/T03:15:00.000Z$/) }],
    });
  });
});

describe('run', () => {
  test('--here tells each run, their sum, and then that nothing is due', async () => {
    const world = await openAt({ 'features/spend.yaml': OPEN_ENDED });
    const first = await world.start('run spend --here --parallel 1').ended;
    expect(first).toEqual({
      code: 0,
      stderr: '',
      stdout: [
        'run 1  spend  [2026-01-01, 2026-01-02)  done  2 rows read: 2 inserted',
        'run 2  spend  [2026-01-02, 2026-01-03)  done  2 rows read: 2 inserted',
        'run 3  spend  [2026-01-03, 2026-01-04)  done  2 rows read: 2 inserted',
        'run 4  spend  [2026-01-04, 2026-01-05)  done  2 rows read: 2 inserted',
        '4 runs done: 8 rows read: 8 inserted.',
        '',
      ].join('\n'),
    });
    expect((await world.start('run spend --here').ended).stdout).toBe(
      'spend: nothing is due; its next interval closes at 2026-01-06 01:00 UTC.\n',
    );
  });
});

describe('runs', () => {
  test('says below the table why runs failed, ten of them at most, and shows no control characters', async () => {
    const world = await openWaiting();
    await world.database.run(
      `insert into millrace.run (view_id, span, reason, fingerprint, state, stage, error, started_at, closed_at)
       select id, '[2026-01-02, 2026-01-03)', 'schedule', data_fingerprint, 'failed', 'stage', $1, millrace.now(),
              millrace.now() from millrace.view, generate_series(1, 11)`,
      [JSON.stringify({ code: 'SOURCE_QUERY', message: 'It \u001b[31mbroke\noff.', owner: 'author' })],
    );
    const row = (id: number) =>
      `${id}${id < 10 ? ' ' : ''}   spend  [2026-01-02, 2026-01-03)  schedule  failed  0ms   0 rows read`;
    expect((await world.millrace('runs --limit 3')).stdout).toBe(
      [
        'RUN  VIEW   SPAN                      WHY       STATE   TOOK  ROWS',
        ...[12, 11, 10].map(row),
        '',
        ...[12, 11, 10].map((id) => `run ${id} failed: SOURCE_QUERY It broke off.`),
        '',
      ].join('\n'),
    );
    const lines = (await world.millrace('runs')).stdout.split('\n');
    expect(lines.slice(-4)).toEqual([
      'run 4 failed: SOURCE_QUERY It broke off.',
      'run 3 failed: SOURCE_QUERY It broke off.',
      '… and 2 more: millrace runs show RUN',
      '',
    ]);
    expect((await world.millrace('runs --failed --limit 1')).stdout.split('\n').slice(-3)).toEqual([
      '',
      'run 12 failed: SOURCE_QUERY It broke off.',
      '',
    ]);
  });

  test('show tells once what a run waits for, which attempt it was, and when the next is due', async () => {
    const world = await openWaiting();
    expect((await world.millrace('runs')).stdout.split('\n').slice(-3)).toEqual([
      '',
      'run 1 waits: SOURCE_UNAVAILABLE The source shop does not answer. (attempt 1 of 5; next attempt at 2026-01-05 12:00:30 UTC)',
      '',
    ]);
    expect((await world.millrace('runs show 1')).stdout).toBe(
      [
        'run         1  spend  [2026-01-01, 2026-01-02)',
        'why         schedule',
        'state       waits',
        'stage       stage',
        'attempt     1 of 5',
        'counts      0 rows read',
        'refused     –',
        'planned     2026-01-05T11:58:00Z',
        'started     2026-01-05T11:59:00Z',
        'committed   –',
        'closed      –',
        'next        2026-01-05T12:00:30Z',
        'error       The source shop does not answer. (SOURCE_UNAVAILABLE)',
        '',
      ].join('\n'),
    );
  });

  test('show tells of an active run who has it, and until when', async () => {
    const world = await openWaiting();
    await world.database.run(
      `update millrace.run set state = 'active', owner = 'host.1.x/1', lease_until = millrace.now() + interval '30 s',
              not_before = null, attempt = 2`,
    );
    const { stdout } = await world.millrace('runs show 1');
    expect(stdout.split('\n').slice(-4)).toEqual([
      'owner       host.1.x/1',
      'lease until 2026-01-05T12:00:30Z',
      'error       The source shop does not answer. (SOURCE_UNAVAILABLE)',
      '',
    ]);
  });

  test('show --json has no error of a run that was done at a later attempt', async () => {
    const world = await openWaiting();
    await world.database.run('update millrace.run set not_before = null');
    expect((await world.millrace('run spend --here')).code).toBe(0);
    expect(JSON.parse((await world.millrace('runs show 1 --json')).stdout)).toEqual({
      id: 1,
      view: 'spend',
      span: { start: '2026-01-01T00:00:00.000Z', end: '2026-01-02T00:00:00.000Z' },
      reason: 'schedule',
      state: 'done',
      stage: 'done',
      attempt: 2,
      attemptsMax: 5,
      owner: expect.any(String),
      leaseUntil: null,
      counts: expect.objectContaining({ read: 2, inserted: 2 }),
      error: null,
      notes: [],
      waitingFor: null,
      waitMs: 0,
      nextAttemptAt: null,
      plannedAt: '2026-01-05T11:58:00.000Z',
      startedAt: '2026-01-05T11:59:00.000Z',
      committedAt: '2026-01-05T12:00:00.000Z',
      closedAt: '2026-01-05T12:00:00.000Z',
    });
  });
});

describe('status', () => {
  test('shows a row per view, and what somebody has to do about it', async () => {
    const world = await openAt();
    await world.millrace('run spend --here');
    await world.write({
      'features/late.yaml': OPEN_ENDED.replace('name: spend', 'name: late').replace('select entity_id', `select ''`),
    });
    await world.millrace('apply');
    await world.database.run(`insert into spend select 'c' || n, n from generate_series(1, 20) n`);
    expect((await world.millrace('run late --here')).code).toBe(1);
    const { code, stdout } = await world.start('status').ended;
    expect(code).toBe(0);
    expect(withoutTicks(stdout)).toBe(
      [
        'VIEW   STATE  WATERMARK   LAG  HOLES  LAST RUN                    ROWS  NEXT TICK',
        'late   held   –           4d   –      6 failed 2026-01-05 12:00Z  0     –',
        'spend  ok     2026-01-03  –    –      2 done 2026-01-05 12:00Z    4     (the next at)  03:15',
        '',
        'late: 4 units are held, because run 6 failed with SOURCE_SHAPE (millrace runs show 6); mend the cause, then release with: millrace restate late --from 2026-01-01 --to 2026-01-05',
        'No scheduler is alive: nothing runs on schedule; start one with "millrace scheduler".',
        '',
      ].join('\n'),
    );
  });

  test('has a stable JSON', async () => {
    const world = await openAt();
    await world.millrace('run spend --here');
    expect(JSON.parse((await world.millrace('status --json')).stdout)).toEqual({
      views: [
        {
          name: 'spend',
          kind: 'snapshot',
          state: 'ok',
          watermark: '2026-01-03T00:00:00.000Z',
          frontier: '2026-01-03T00:00:00.000Z',
          lagMs: 0,
          holes: [],
          held: [],
          stale: [],
          skipped: [],
          unpublished: [],
          rows: 4,
          openRuns: 0,
          activeRuns: 0,
          waitingRun: null,
          lastRun: { id: 2, state: 'done', at: '2026-01-05T12:00:00.000Z' },
          lastFailure: null,
          pausedReason: null,
          rebuildReason: null,
          nextTick: expect.stringMatching(/T03:15:00.000Z$/),
        },
      ],
      processes: { schedulers: 0, workers: 0 },
      problems: [],
    });
  });

  test('says why an unfinished run waits, for how long, and who is missing', async () => {
    const world = await openWaiting();
    expect(withoutTicks((await world.millrace('status spend')).stdout)).toBe(
      [
        'VIEW   STATE  WATERMARK  LAG  HOLES  LAST RUN                     ROWS  NEXT TICK',
        'spend  waits  –          2d   –      1 planned 2026-01-05 11:59Z  0     (the next at)  03:15',
        '',
        'spend: run 1 waits: SOURCE_UNAVAILABLE The source shop does not answer. (attempt 1 of 5; next attempt at 2026-01-05 12:00:30 UTC)',
        'No worker is alive: start one with "millrace worker".',
        'No scheduler is alive: nothing runs on schedule; start one with "millrace scheduler".',
        '',
      ].join('\n'),
    );
  });

  test('shows no lag of a retired view, and only the views that are asked for', async () => {
    const world = await openAt({
      'features/gone.yaml': SPEND.replace('name: spend', 'name: gone'),
    });
    await world.millrace('apply');
    await rm(join(world.folder, 'features', 'gone.yaml'));
    await world.millrace('apply');
    expect((await world.millrace('status gone')).stdout).toBe(
      [
        'VIEW  STATE    WATERMARK  LAG  HOLES  LAST RUN  ROWS  NEXT TICK',
        'gone  retired  –          –    –      –         0     –',
        '',
      ].join('\n'),
    );
    expect(await world.millrace('status gonne')).toEqual({
      code: 3,
      stdout: '',
      stderr: 'There is no view "gonne" in what is applied; did you mean `gone`?\n',
    });
  });

  test('works where a file of the project is broken, and says what is wrong with it', async () => {
    const world = await openAt();
    await world.millrace('run spend --here');
    await world.write({ 'features/spend.yaml': `intervall: 2d\n${SPEND}` });
    const { code, stdout, stderr } = await world.millrace('status', { SHOP_DATABASE_URL: undefined });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(
      [
        'VIEW   STATE  WATERMARK   LAG  HOLES  LAST RUN                  ROWS  NEXT TICK',
        'spend  ok     2026-01-03  –    –      2 done 2026-01-05 12:00Z  4     –',
        '',
        'The definitions on disk are wrong, and their ticks are not shown; what was applied goes on:',
        'features/spend.yaml:1:1: unknown key `intervall`; did you mean `interval`?',
        '',
      ].join('\n'),
    );
    await world.write({ 'millrace.yaml': 'project: shop\n' });
    expect((await world.millrace('status')).code).toBe(3);
  });

  test.each([
    ['status', 0],
    ['runs', 1],
    ['get spend ada', 1],
    ['verify', 1],
    ['quarantine spend', 1],
    ['rebuild spend', 1],
  ])('millrace %s on an empty database says that nothing has been applied', async (words, code) => {
    const world = await openCommandWorld();
    const ended = await world.millrace(words);
    expect([ended.code, ended.stdout + ended.stderr]).toEqual([
      code,
      'Nothing has been applied yet: run "millrace apply".\n',
    ]);
  });
});
