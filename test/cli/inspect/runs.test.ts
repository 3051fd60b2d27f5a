// The exact output of `runs` and `runs show`, with a stopped database clock.

import { describe, expect, test } from 'vitest';
import { claimRun, releaseRun } from '../../../src/state/runs/claim.ts';
import { DEFAULT_RUN_OPTIONS } from '../../../src/state/runs/run.ts';
import { type CommandWorld, openCommandWorld } from '../world.ts';

const NOW = '2026-01-05 12:00:00+00';

/** A deployed project with a stopped database clock. */
async function openAt(files: Readonly<Record<string, string>> = {}): Promise<CommandWorld> {
  const world = await openCommandWorld(files);
  await world.millrace('migrate');
  await world.database.run(
    `create or replace function millrace.now() returns timestamptz language sql volatile as $$ select timestamptz '${NOW}' $$`,
  );
  await world.millrace('apply');
  return world;
}

/** The source of the first of two runs is unavailable; the run is retried in half a minute. */
async function openWaiting(): Promise<CommandWorld> {
  const world = await openAt();
  const message = 'The source shop does not answer.';
  await world.database.run(
    `insert into millrace.run (view_id, span, reason, fingerprint, options, planned_at, started_at)
     select id, '[2026-01-01, 2026-01-02)', 'schedule', data_fingerprint, $1,
            timestamptz '${NOW}' - interval '2 min', timestamptz '${NOW}' - interval '1 min' from millrace.view`,
    [JSON.stringify(DEFAULT_RUN_OPTIONS)],
  );
  const claim = await claimRun(world.database, 1, 'host.1.x/0', 30_000);
  if ('refused' in claim) throw new Error(claim.refused);
  const error = { code: 'SOURCE_UNAVAILABLE', message, owner: 'operator' };
  const wait = { kind: 'retry', facts: { code: error.code } } as const;
  await releaseRun(world.database, claim.claimed, { as: 'failAttempt', delayMs: 30_000, wait, error });
  return world;
}

/** Replaces owners and stores, which contain the name of this machine. */
function withoutNames(text: string): string {
  return text.replace(/started by \S+/g, 'started by OWNER').replace(/postgres:[^)]*/, 'URL');
}

const NOON = '2026-01-05T12:00:00.000Z';
const AWAY = { code: 'SOURCE_UNAVAILABLE', message: 'The source shop does not answer.' };

describe('runs', () => {
  test('shows below the table why up to ten runs failed, without control characters', async () => {
    const world = await openWaiting();
    await world.database.run(
      `insert into millrace.run (view_id, span, reason, fingerprint, state, stage, error, started_at, closed_at)
       select id, '[2026-01-02, 2026-01-03)', 'schedule', data_fingerprint, 'failed', 'extract', $1, millrace.now(),
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
    expect((await world.millrace('runs spend --state failed --limit 1')).stdout.split('\n').slice(-3)).toEqual([
      '',
      'run 12 failed: SOURCE_QUERY It broke off.',
      '',
    ]);
  });

  test('show prints once what a run waits for, its attempt, and the time of the next one', async () => {
    const world = await openWaiting();
    expect((await world.millrace('runs')).stdout.split('\n').slice(-3)).toEqual([
      '',
      'run 1 is waiting: SOURCE_UNAVAILABLE The source shop does not answer. (attempt 1 of 5; next attempt at 2026-01-05 12:00:30 UTC)',
      '',
    ]);
    expect((await world.millrace('runs show 1')).stdout).toBe(
      [
        'run         1  spend  [2026-01-01, 2026-01-02)',
        'why         schedule',
        'state       waiting',
        'stage       extract',
        'attempt     1 of 5',
        'read        0 rows = 0 accepted + 0 refused',
        'next        2026-01-05 12:00:30 UTC',
        'error       The source shop does not answer. (SOURCE_UNAVAILABLE)',
        '',
        '2026-01-05 11:58:00 UTC  planned, schedule',
        '2026-01-05 12:00:00 UTC  attempt 1 started by host.1.x/0',
        '2026-01-05 12:00:00 UTC  attempt 1 failed at extract after 0ms: SOURCE_UNAVAILABLE; next attempt at 2026-01-05 12:00:30 UTC',
        '',
        'Nothing to do, unless it is waiting for something that you must provide. Next attempt at 2026-01-05 12:00:30 UTC.',
        '',
      ].join('\n'),
    );
  });

  test('show prints the owner and lease of an active run', async () => {
    const world = await openWaiting();
    await world.database.run('update millrace.run set not_before = null');
    await claimRun(world.database, 1, 'host.1.x/1', 30_000);
    const { stdout } = await world.millrace('runs show 1');
    expect(stdout).toContain('owner       host.1.x/1\nlease until 2026-01-05 12:00:30 UTC\n');
    expect(stdout.split('\n').slice(-4)).toEqual([
      '2026-01-05 12:00:00 UTC  attempt 2 started by host.1.x/1',
      '',
      'A worker is running it.',
      '',
    ]);
  });

  test('show prints the counts, history and refused rows of a done run', async () => {
    const world = await openAt();
    await world.database.run(`insert into spend values ('', 3), ('cid', 'nan')`);
    expect((await world.millrace('run spend --here')).code).toBe(0);
    expect(withoutNames((await world.millrace('runs show 1')).stdout)).toBe(
      [
        'run         1  spend  [2026-01-01, 2026-01-02)',
        'why         manual',
        'state       done',
        'attempt     1 of 3',
        'read        4 rows = 2 accepted + 2 refused',
        'stored      2 accepted = 2 inserted + 0 changed + 0 unchanged + 0 duplicates',
        'refused     entity_id_empty 1, value_not_finite 1; to list them: millrace quarantine spend --run 1',
        'took        0ms: extract 0ms, check 0ms, commit 0ms, publish 0ms',
        '',
        '2026-01-05 12:00:00 UTC  planned, manual',
        '2026-01-05 12:00:00 UTC  attempt 1 started by OWNER',
        '2026-01-05 12:00:00 UTC  extracted in 0ms',
        '2026-01-05 12:00:00 UTC  checked in 0ms',
        '2026-01-05 12:00:00 UTC  committed in 0ms',
        '2026-01-05 12:00:00 UTC  published in 0ms',
        '2026-01-05 12:00:00 UTC  done',
        '',
        'List the refused rows: millrace quarantine spend --run 1',
        '',
      ].join('\n'),
    );
  });

  test('show prints the stage and reason of a failure, and how to retry', async () => {
    const world = await openAt();
    await world.database.run('drop table spend');
    expect((await world.millrace('run spend --here')).code).toBe(1);
    expect(withoutNames((await world.millrace('runs show 2')).stdout)).toBe(
      [
        'run         2  spend  [2026-01-02, 2026-01-03)',
        'why         manual',
        'state       failed',
        'attempt     1 of 3',
        'read        0 rows = 0 accepted + 0 refused',
        'took        0ms',
        'error       View spend: source shop (URL) rejected the query: relation "spend" does not exist (line 1, column 85 of the query). (SOURCE_QUERY)',
        '',
        '2026-01-05 12:00:00 UTC  planned, manual',
        '2026-01-05 12:00:00 UTC  attempt 1 started by OWNER',
        '2026-01-05 12:00:00 UTC  attempt 1 failed at extract after 0ms: SOURCE_QUERY; not retried',
        '',
        'Fix the cause (owner: author), then run: millrace retry 2',
        '',
      ].join('\n'),
    );
  });

  test.each([
    ['cancelled', 'Run it again with: millrace retry 1'],
    ['superseded', 'Nothing to do: a newer run covers its interval. See millrace runs spend'],
    ['committed', 'Nothing to do: its rows are stored and will be published at 2026-01-05 12:00:30 UTC.'],
  ])('show prints the next step for a run that is %s', async (state, sentence) => {
    const world = await openWaiting();
    await world.database.run('update millrace.run set state = $1', [state]);
    expect((await world.millrace('runs show 1')).stdout.split('\n').slice(-2)).toEqual([sentence, '']);
  });

  test('show names the backfill that planned a run', async () => {
    const world = await openWaiting();
    await world.database.run(
      `with b as (insert into millrace.backfill (view_id, range, mode, parallel, asked_by)
                  select id, '[2026-01-01, 2026-01-02)', 'all', 1, 'ada@host' from millrace.view returning id)
       insert into millrace.backfill_chunk (backfill_id, place, span, run_id) select id, 1, '[2026-01-01, 2026-01-02)', 1 from b`,
    );
    const { stdout } = await world.millrace('runs show 1');
    expect(stdout).toContain('why         backfill 1\n');
    expect(stdout).toContain('2026-01-05 11:58:00 UTC  planned, backfill 1\n');
  });

  test('refuses an unknown state, and suggests the most similar one', async () => {
    const world = await openAt();
    expect(await world.millrace('runs --state fialed')).toEqual({
      code: 3,
      stdout: '',
      stderr: `Option '--state <state>' argument 'fialed' is invalid: expected one of planned, active, committed, done, failed, cancelled, superseded; did you mean \`failed\`?; see "millrace runs --help".\n`,
    });
  });

  test('show --json has no error for a run that succeeded at a later attempt', async () => {
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
      checks: [],
      wait: null,
      waitingFor: null,
      waitMs: 0,
      nextAttemptAt: null,
      plannedAt: '2026-01-05T11:58:00.000Z',
      startedAt: '2026-01-05T11:59:00.000Z',
      committedAt: '2026-01-05T12:00:00.000Z',
      closedAt: '2026-01-05T12:00:00.000Z',
      history: [
        { what: 'planned', at: '2026-01-05T11:58:00.000Z', reason: 'schedule', backfill: null },
        { what: 'claimed', at: NOON, attempt: 1, owner: 'host.1.x/0' },
        { what: 'failed', at: NOON, attempt: 1, stage: 'extract', ms: 0, ...AWAY, until: '2026-01-05T12:00:30.000Z' },
        { what: 'claimed', at: NOON, attempt: 2, owner: expect.any(String) },
        ...['extracted', 'checked', 'committed', 'published'].map((what) => ({ what, at: NOON, ms: 0 })),
        { what: 'closed', at: NOON, state: 'done' },
      ],
      attempts: [
        { attempt: 1, owner: 'host.1.x/0', startedAt: NOON, stages: [], error: AWAY },
        {
          attempt: 2,
          owner: expect.any(String),
          startedAt: NOON,
          stages: ['extract', 'check', 'commit', 'publish'].map((stage) => ({ stage, endedAt: NOON, ms: 0 })),
          error: null,
        },
      ],
      nextStep:
        'Nothing to do. To read its interval again, run: millrace restate spend --from 2026-01-01 --to 2026-01-02',
    });
  });
});
