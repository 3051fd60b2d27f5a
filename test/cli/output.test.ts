// What the commands print, word for word, at a fixed time of the database.

import { describe, expect, test } from 'vitest';
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
      /! edited {2}spend {2}waits for your answer[\s\S]*1 unit are stored[\s\S]*--restate[\s\S]*--forward-only[\s\S]*--equivalent/,
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
        'late: 4 units are held, because run 6 failed (millrace runs show 6); mend the cause, then release with: millrace restate late --from 2026-01-01 --to 2026-01-05',
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
          lastRun: { id: 2, state: 'done', at: '2026-01-05T12:00:00.000Z' },
          lastFailure: null,
          pausedReason: null,
          rebuildReason: null,
          nextTick: expect.stringMatching(/T03:15:00.000Z$/),
        },
      ],
    });
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
