// The exact output of `millrace plan`, with stopped clocks of the database and of this process.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { epochMsOf } from '../../../src/core/instant.ts';
import { FUNCTIONS_RELEASE } from '../../../src/state/functions.ts';
import { slowTest } from '../../support/sample.ts';
import { freshDatabase } from '../../support/servers.ts';
import { type CommandWorld, type Ended, NIGHTLY, openCommandWorld, performMillrace, SPEND } from '../world.ts';

const FUNCTIONS = `functions (release ${FUNCTIONS_RELEASE})`;

const NOW = '2026-01-05T12:00:00Z';
const clock = { ...systemClock, now: () => epochMsOf(Date.parse(NOW)) };

/** A project with stopped clocks of its database and processes. */
async function openAt(files: Readonly<Record<string, string>> = {}): Promise<CommandWorld> {
  const world = await openCommandWorld(files);
  await world.millrace('migrate');
  await world.database.run(
    `create or replace function millrace.now() returns timestamptz language sql volatile as $$ select timestamptz '${NOW}' $$`,
  );
  return world;
}

/** `millrace plan` at that time. */
const plan = ({ folder, env }: CommandWorld, options = ''): Promise<Ended> =>
  performMillrace(folder, `plan ${options}`, env, clock);

const lines = (...texts: string[]) => `${texts.join('\n')}\n`;
const OPEN_ENDED = SPEND.replace('end: 2026-01-03\n', 'settle: 1h\n');
const named = (name: string, text = SPEND) => text.replace('name: spend', `name: ${name}`);

describe('plan', () => {
  test('shows what is new, what is due, and when jobs tick', async () => {
    const world = await openAt();
    expect(await plan(world)).toEqual({
      code: 0,
      stderr: '',
      stdout: lines(
        'CHANGE   VIEW   DUE              SPAN',
        '+ added  spend  2 runs, 2 units  [2026-01-01, 2026-01-03)',
        '',
        'CHANGE   JOB      WHAT',
        '+ added  nightly  15 3 * * * UTC',
        '',
        'JOB      CRON        ZONE  NEXT TICKS',
        'nightly  15 3 * * *  UTC   2026-01-06 03:15 UTC',
        '                           2026-01-07 03:15 UTC',
        '                           2026-01-08 03:15 UTC',
        '                           2026-01-09 03:15 UTC',
        '                           2026-01-10 03:15 UTC',
        '',
        'Deploy with: millrace apply (nothing is deployed yet)',
      ),
    });
  });

  test('shows changes and their cost, what is missing, and the effect of clock changes on ticks', async () => {
    const world = await openAt({
      'features/spend.yaml': OPEN_ENDED,
      'features/edited.yaml': named('edited'),
      'features/kept.yaml': named('kept', `${OPEN_ENDED}ttl: 30d\n`),
      'features/gone.yaml': named('gone'),
      'features/broken.yaml': named('broken').replace('from spend', 'from nowhere'),
      'jobs/stopped.yaml': NIGHTLY.replace('nightly', 'stopped'),
      'jobs/gone.yaml': NIGHTLY.replace('nightly', 'gone'),
    });
    await world.millrace('run edited kept broken --here --parallel 1');
    await world.millrace('apply');
    await world.database.run(
      `update millrace.coverage c set covered = covered - '{[2026-01-02, 2026-01-03)}', skipped = '{[2026-01-02, 2026-01-03)}'
         from millrace.view v where v.id = c.view_id and v.name = 'kept'`,
    );
    for (const file of ['features/gone.yaml', 'jobs/gone.yaml']) await rm(join(world.folder, file));
    await world.write({
      'features/edited.yaml': named('edited').replace('value,', 'value * 2 as value,'),
      'features/kept.yaml': named('kept', `${OPEN_ENDED}ttl: 60d\ndescription: What they spend\n`),
      'features/spent.yaml': named('spent'),
      'jobs/nightly.yaml': `${NIGHTLY.replace('15 3', '30 2')}timezone: Europe/Berlin\n`,
      'jobs/stopped.yaml': `${NIGHTLY.replace('nightly', 'stopped')}paused: true\n`,
      'jobs/fresh.yaml': NIGHTLY.replace('nightly', 'fresh').replace('15 3', '30 1'),
    });
    const { code, stderr, stdout } = await plan(world);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.replace(/\(postgres:[^)]+\)/, '(…)')).toBe(
      lines(
        'CHANGE       VIEW    DUE                                 SPAN',
        '  unchanged  broken  nothing',
        '! edited     edited  needs your decision',
        '- retired    gone    no more runs; stored rows are kept',
        '~ changed    kept    nothing',
        '  unchanged  spend   4 runs, 4 units                     [2026-01-01, 2026-01-05)',
        '+ added      spent   2 runs, 2 units                     [2026-01-01, 2026-01-03)',
        '',
        'edited: may change stored rows; needs your decision; 2 units stored, 4 rows',
        '  @@ -8,2 +8,2 @@',
        '   type: float',
        '  -query: select entity_id, value, {{end}} as timestamp from spend',
        '  +query: select entity_id, value * 2 as value, {{end}} as timestamp from spend',
        '  millrace apply edited --restate        reads 2 units again: about 4 rows in 0ms, based on 2 runs',
        '  millrace apply edited --forward-only   keeps stored rows; with --from TIME, keeps only rows older than TIME',
        '  millrace apply edited --equivalent     keeps stored rows: the edit changes none of them',
        '',
        'kept: changes no stored rows; the online store is rebuilt automatically',
        '  @@ -1,2 +1,3 @@',
        '   name: kept',
        '  +description: What they spend',
        '   entity: customer',
        '  @@ -7,3 +8,3 @@',
        '   settle: 1h',
        '  -ttl: 30d',
        '  +ttl: 60d',
        '   type: float',
        '',
        'VIEW    MISSING  SPAN                      WHY',
        'broken  held     [2026-01-01, 2026-01-03)  run 8: SOURCE_QUERY: View broken: source shop (…) rejected the query: relation "nowhere" does not exist (line 1, column 85 of the query).',
        'kept    skipped  [2026-01-02, 2026-01-03)  skipped by catch_up; to materialize it, run millrace backfill',
        '',
        'CHANGE     JOB      WHAT',
        '+ added    fresh    30 1 * * * UTC',
        '- retired  gone     is no longer scheduled',
        '~ changed  nightly  cron 15 3 * * * → 30 2 * * *, timezone UTC → Europe/Berlin',
        '~ changed  stopped  paused false → true, paused',
        '',
        'JOB      CRON        ZONE           NEXT TICKS',
        'fresh    30 1 * * *  UTC            2026-01-06 01:30 UTC',
        '                                    2026-01-07 01:30 UTC',
        '                                    2026-01-08 01:30 UTC',
        '                                    2026-01-09 01:30 UTC',
        '                                    2026-01-10 01:30 UTC',
        'nightly  30 2 * * *  Europe/Berlin  2026-01-06 02:30 CET (01:30Z)',
        '                                    2026-01-07 02:30 CET (01:30Z)',
        '                                    2026-01-08 02:30 CET (01:30Z)',
        '                                    2026-01-09 02:30 CET (01:30Z)',
        '                                    2026-01-10 02:30 CET (01:30Z)',
        '                                    02:30 does not exist on 2026-03-29: runs at 03:30 CEST (01:30Z)',
        '                                    02:30 occurs twice on 2026-10-25: runs once, the first time, at 02:30 CEST (00:30Z)',
        '',
        'No job schedules broken, edited, kept, spent. Add them to a file in jobs/, or run them with: millrace run VIEW',
        'Deploy with: millrace apply (generation 1, deployed at 2026-01-05 12:00 UTC)',
        '1 view needs your decision: see the commands above.',
      ),
    );
  });

  test('exits with --check by whether there is something to apply, jobs included, and changes nothing', async () => {
    const world = await openCommandWorld({}, await freshDatabase());
    expect((await world.millrace('plan --check')).code).toBe(4);
    expect(await world.database.query(`select to_regclass('millrace.view') as found`)).toEqual([{ found: null }]);
    await world.millrace('apply');
    expect((await world.millrace('plan')).stdout).toMatch(
      /\n\nNothing to apply \(generation 1, deployed at .* UTC\)\.\n$/,
    );
    const away = { MILLRACE_QUEUE_URL: 'redis://127.0.0.1:1', MILLRACE_ONLINE_URL: 'redis://127.0.0.1:1' };
    expect(await world.millrace('plan --check', away)).toMatchObject({ code: 0, stderr: '' });
    await world.write({ 'jobs/nightly.yaml': `${NIGHTLY}priority: 1\n` });
    expect(await world.millrace('plan --check')).toMatchObject({
      code: 4,
      stdout: expect.stringMatching(/\n~ changed {2}nightly {2}priority 5 → 1\n/),
    });
  });

  test('lists the migrations that tables of an older release need, and runs nothing', async () => {
    const world = await openAt();
    const [, ...newer] = (await world.database.query<{ name: string }>('select name from millrace.migration')).map(
      ({ name }) => name,
    );
    await world.database.run(`delete from millrace.migration where name <> '0001_state.sql'`);
    expect(await world.millrace('plan --check')).toEqual({
      code: 4,
      stderr: '',
      stdout: lines(
        `The tables in Postgres are from an older release; these migrations run first: ${[...newer.sort(), FUNCTIONS].join(', ')}.`,
        'To see what else would change, run "millrace migrate" and then "millrace plan" again.',
      ),
    });
    expect(await world.database.query('select name from millrace.migration')).toEqual([{ name: '0001_state.sql' }]);
  });

  test('counts what catch_up skips', async () => {
    const world = await openAt({ 'features/spend.yaml': `${OPEN_ENDED}catch_up: latest\n` });
    expect((await plan(world)).stdout).toContain(
      '1 run, 1 unit, 3 units skipped by catch_up  [2026-01-04, 2026-01-05)',
    );
  });

  slowTest('stays short for many views and jobs, unless --all is given', async () => {
    const many = Array.from({ length: 60 }, (_, index) => `v${String(index).padStart(2, '0')}`);
    const world = await openAt({
      ...Object.fromEntries(many.map((name) => [`features/${name}.yaml`, named(name)])),
      ...Object.fromEntries(many.map((name) => [`jobs/${name}.yaml`, NIGHTLY.replace('nightly', name)])),
    });
    const first = (await plan(world)).stdout.split('\n');
    expect(first.filter((line) => line.startsWith('+ added'))).toHaveLength(100);
    expect(first.filter((line) => line.startsWith('…'))).toEqual([
      '… and 11 more changed views (show all with --all)',
      '… and 11 more jobs (show all with --all)',
    ]);
    await world.millrace('apply');
    await world.write({ 'features/v07.yaml': named('v07', `${SPEND}ttl: 1d\n`) });
    expect((await plan(world)).stdout).toBe(
      lines(
        'CHANGE     VIEW  DUE              SPAN',
        '~ changed  v07   2 runs, 2 units  [2026-01-01, 2026-01-03)',
        '60 views unchanged: 120 units of 60 views due (show all with --all)',
        '',
        'v07: changes no stored rows; the online store is rebuilt automatically',
        '  @@ -7,2 +7,3 @@',
        '   end: 2026-01-03',
        '  +ttl: 1d',
        '   type: float',
        '',
        'No job schedules v00, v01, v02, v03, v04, v05, v06, v07, … and 52 more. Add them to a file in jobs/, or run them with: millrace run VIEW',
        'Deploy with: millrace apply (generation 1, deployed at 2026-01-05 12:00 UTC)',
      ),
    );
    const all = (await plan(world, '--all')).stdout;
    expect(all.match(/^ {2}unchanged/gm)).toHaveLength(60);
    expect(all.match(/03:15 UTC$/gm)).toHaveLength(61 * 5);
  });

  test('notes that a job with days of month and of week ticks on both, and reads SAT-SUN', async () => {
    const world = await openAt({ 'jobs/nightly.yaml': NIGHTLY.replace('15 3 * * *', '15 3 13 * SAT-SUN') });
    expect((await plan(world)).stdout).toContain(
      lines(
        'JOB      CRON               ZONE  NEXT TICKS',
        'nightly  15 3 13 * SAT-SUN  UTC   2026-01-10 03:15 UTC',
        '                                  2026-01-11 03:15 UTC',
        '                                  2026-01-13 03:15 UTC',
        '                                  2026-01-17 03:15 UTC',
        '                                  2026-01-18 03:15 UTC',
        '                                  on each day that matches day of month or day of week',
      ),
    );
  });

  test('shows how much of ten years of minutes is planned now, and how much when those runs close', async () => {
    const world = await openAt({
      'features/spend.yaml': SPEND.replace('interval: 1d', 'interval: 1m').replace('start: 2026', 'start: 2016'),
    });
    expect((await plan(world)).stdout).toContain(
      '+ added  spend  10,000 runs, 10,000 units, 5,253,200 more units when those finish  [2016-01-01, 2016-01-07T22:40Z)\n',
    );
    await world.millrace('apply');
    expect(JSON.parse((await plan(world, '--json')).stdout)).toMatchObject({
      views: [{ runs: { count: 10_000 }, units: 10_000, leftUnits: 5_253_200 }],
    });
  });

  test('has a stable JSON', async () => {
    const world = await openAt({ 'jobs/nightly.yaml': `${NIGHTLY.replace('15 3', '30 2')}timezone: Europe/Berlin\n` });
    expect(JSON.parse((await plan(world, '--json')).stdout)).toEqual({
      hasChanges: true,
      generation: null,
      migrations: [],
      views: [
        {
          name: 'spend',
          change: 'added',
          category: null,
          diff: [],
          units: 2,
          coveredUnits: 0,
          rows: 0,
          restate: null,
          lookbackUnits: 0,
          skippedUnits: 0,
          heldUnits: 0,
          leftUnits: 0,
          held: [],
          skipped: [],
          heldSpans: 0,
          skippedSpans: 0,
          pausedReason: null,
          pause: null,
          runs: {
            count: 2,
            first: { start: '2026-01-01T00:00:00.000Z', end: '2026-01-02T00:00:00.000Z' },
            last: { start: '2026-01-02T00:00:00.000Z', end: '2026-01-03T00:00:00.000Z' },
          },
        },
      ],
      jobs: [
        { name: 'nightly', change: 'added', changes: [], cron: '30 2 * * *', timezone: 'Europe/Berlin', paused: false },
      ],
      unscheduled: [],
      ticks: [
        {
          job: 'nightly',
          timezone: 'Europe/Berlin',
          paused: false,
          next: '2026-01-06T01:30:00.000Z',
          at: [6, 7, 8, 9, 10].map((day) => `2026-01-${String(day).padStart(2, '0')}T01:30:00.000Z`),
          eitherDay: false,
          notes: [
            { kind: 'moved', local: '2026-03-29T02:30', tick: '2026-03-29T01:30:00.000Z' },
            { kind: 'twice', local: '2026-10-25T02:30', tick: '2026-10-25T00:30:00.000Z' },
          ],
        },
      ],
    });
  });

  test.each<[string, string, string, string | null]>([
    ['a comment in the file', `# spent\n${SPEND}`, 'unchanged', null],
    ['a comment in the query', SPEND.replace('from spend', 'from /* all */ spend'), 'changed', 'nothing'],
    ['whitespace in the query', SPEND.replace('entity_id, value', 'entity_id,   value'), 'changed', 'nothing'],
    ['a description', `${SPEND}description: all of it\n`, 'changed', 'nothing'],
    ['a ttl', `${SPEND}ttl: 30d\n`, 'changed', 'rebuild'],
    ['a filter', SPEND.replace('from spend', 'from spend where value > 1'), 'edited', 'rows'],
    ['a type', SPEND.replace('type: float', 'type: decimal'), 'edited', 'rows'],
  ])('shows the effect of a change of %s', async (_what, text, change, category) => {
    const world = await openAt();
    await world.millrace('apply');
    await world.millrace('run spend --here');
    await world.write({ 'features/spend.yaml': text });
    const { views } = JSON.parse((await plan(world, '--json')).stdout);
    expect(views).toEqual([expect.objectContaining({ change, category })]);
    const found = await world.millrace('plan --check');
    expect(found.code).toBe(change === 'unchanged' ? 0 : 4);
  });

  test('shows a changed cron as a change of the job, not of a view', async () => {
    const world = await openAt();
    await world.millrace('apply');
    await world.write({ 'jobs/nightly.yaml': NIGHTLY.replace('15 3', '15 4') });
    const { views, jobs } = JSON.parse((await plan(world, '--json')).stdout);
    expect([views[0].change, jobs[0].change, jobs[0].changes]).toEqual([
      'unchanged',
      'changed',
      [{ key: 'cron', before: '15 3 * * *', after: '15 4 * * *' }],
    ]);
  });
});
