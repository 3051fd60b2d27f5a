// The exact output of `intervals`, with a stopped database clock.

import { describe, expect, test } from 'vitest';
import { changeViews } from '../../support/change-views.ts';
import { at } from '../../support/views.ts';
import { type CommandWorld, openCommandWorld, SPEND } from '../world.ts';

const NOW = '2026-01-05 12:00:00+00';

/** A deployed view without an end, with a stopped database clock. */
async function openAt(interval: string, extra = ''): Promise<CommandWorld> {
  const spend = SPEND.replace('interval: 1d', `interval: ${interval}`).replace('end: 2026-01-03\n', extra);
  const world = await openCommandWorld({ 'features/spend.yaml': spend });
  await world.millrace('migrate');
  await world.database.run(
    `create or replace function millrace.now() returns timestamptz language sql volatile as $$ select timestamptz '${NOW}' $$`,
  );
  await world.millrace('apply');
  return world;
}

async function addRun(world: CommandWorld, span: string, columns: Readonly<Record<string, unknown>>): Promise<void> {
  const names = Object.keys(columns);
  await world.database.run(
    `insert into millrace.run (view_id, span, fingerprint, reason${names.map((name) => `, ${name}`).join('')})
     select id, $1, data_fingerprint, 'schedule'${names.map((_, index) => `, $${index + 2}`).join('')} from millrace.view`,
    [span, ...Object.values(columns)],
  );
}

const BROKEN = JSON.stringify({ code: 'SOURCE_QUERY', message: 'Division by zero.', owner: 'author' });

/** Four and a half days of hours, with units in every state. */
async function openHours(): Promise<CommandWorld> {
  const world = await openAt('1h', 'catch_up: latest\n');
  await world.database.run(
    `update millrace.coverage set
       covered = '{[2026-01-01 00:00Z, 2026-01-02 06:00Z), [2026-01-02 09:00Z, 2026-01-05 08:00Z)}',
       published = '{[2026-01-01 00:00Z, 2026-01-05 05:00Z)}', held = '{[2026-01-02 06:00Z, 2026-01-02 08:00Z)}',
       stale = '{[2026-01-05 05:00Z, 2026-01-05 08:00Z)}', skipped = '{[2026-01-02 08:00Z, 2026-01-02 09:00Z)}'`,
  );
  await world.database.run(
    `insert into millrace.event (view_id, kind, span, note)
     select id, 'skipped', '{[2026-01-02 08:00Z, 2026-01-02 09:00Z)}', '{"kind": "catch_up", "facts": {"catchUp": "latest"}}' from millrace.view`,
  );
  await addRun(world, '[2026-01-02 06:00Z, 2026-01-02 07:00Z)', { state: 'failed', error: BROKEN });
  await addRun(world, '[2026-01-02 06:00Z, 2026-01-02 08:00Z)', { state: 'cancelled' });
  await addRun(world, '[2026-01-02 06:00Z, 2026-01-02 07:00Z)', { state: 'failed', error: BROKEN });
  await addRun(world, '[2026-01-05 08:00Z, 2026-01-05 09:00Z)', {
    waiting_for: JSON.stringify({ kind: 'files', facts: { pattern: 'sales/2026-01-05.csv', place: 's3://shop' } }),
  });
  await addRun(world, '[2026-01-05 09:00Z, 2026-01-05 10:00Z)', { state: 'active', owner: 'host.1' });
  return world;
}

describe('intervals', () => {
  test('draws a strip, with the reasons for uncovered units and the commands that fix them', async () => {
    const world = await openHours();
    const { code, stdout } = await world.millrace('intervals spend');
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        'spend  units of 1h, UTC',
        '2026-01-01  ########################',
        '2026-01-02  ######xx-###############',
        '2026-01-03  ########################',
        '2026-01-04  ########################',
        '2026-01-05  #####~~~>>..',
        '# covered   ~ to be read again   . missing   x held   > running or planned   - skipped',
        '',
        '108 units from 2026-01-01 to 2026-01-05T12:00Z: 98 covered, 3 to be read again, 2 missing, 2 held, 2 running or planned, 1 skipped; 3 stored but not yet in the online store.',
        '',
        'held     [2026-01-02T06:00Z, 2026-01-02T07:00Z)  run 3 failed: SOURCE_QUERY Division by zero.',
        'held     [2026-01-02T07:00Z, 2026-01-02T08:00Z)  run 2 was cancelled',
        'skipped  [2026-01-02T08:00Z, 2026-01-02T09:00Z)  catch_up: latest',
        'waiting  [2026-01-05T08:00Z, 2026-01-05T09:00Z)  run 4: no file matches sales/2026-01-05.csv in s3://shop yet',
        'missing  [2026-01-05T10:00Z, 2026-01-05T12:00Z)  due at the next tick of nightly',
        '',
        'To fix them, run:',
        '  millrace retry 2 3',
        '  millrace backfill spend --from 2026-01-02T08:00Z --to 2026-01-02T09:00Z',
        '  millrace run spend',
        '',
      ].join('\n'),
    );
  });

  test.each([
    ['intervals spend --from 0001-01-01'],
    ['intervals spend --to 9999-12-31'],
    ['preview spend --from 0001-01-01'],
    ['test --record spend --from 9999-12-31'],
  ])('refuses whole intervals that leave the years 1 to 9999: %s', async (words) => {
    const world = await openAt('7d');
    expect(await world.millrace(words)).toMatchObject({
      code: 3,
      stderr: 'The range, in whole intervals of the view, is not within the years 1 to 9999: choose other times.\n',
    });
  });

  test('shows as much as fits a screen, and what it leaves out', async () => {
    const world = await openAt('5m');
    await world.database.run(
      `update millrace.coverage set covered = '{[2026-01-01 00:00Z, 2026-01-05 11:30Z)}', published = covered`,
    );
    expect((await world.millrace('intervals spend')).stdout).toBe(
      [
        'spend  units of 5m, UTC',
        'Not shown: 336 units before 2026-01-02T04:00Z (all covered); to show them: --from 2026-01-01',
        '2026-01-02 04:00  ################################################',
        '2026-01-02 08:00  ################################################',
        '2026-01-02 12:00  ################################################',
        '2026-01-02 16:00  ################################################',
        '2026-01-02 20:00  ################################################',
        '2026-01-03 00:00  ################################################',
        '2026-01-03 04:00  ################################################',
        '2026-01-03 08:00  ################################################',
        '2026-01-03 12:00  ################################################',
        '2026-01-03 16:00  ################################################',
        '2026-01-03 20:00  ################################################',
        '2026-01-04 00:00  ################################################',
        '2026-01-04 04:00  ################################################',
        '2026-01-04 08:00  ################################################',
        '2026-01-04 12:00  ################################################',
        '2026-01-04 16:00  ################################################',
        '2026-01-04 20:00  ################################################',
        '2026-01-05 00:00  ################################################',
        '2026-01-05 04:00  ################################################',
        '2026-01-05 08:00  ##########################################......',
        '# covered   ~ to be read again   . missing   x held   > running or planned   - skipped',
        '',
        '1,296 units from 2026-01-01 to 2026-01-05T12:00Z: 1,290 covered, 6 missing; 1,290 stored but not yet in the online store.',
        '',
        'missing  [2026-01-05T11:30Z, 2026-01-05T12:00Z)  due at the next tick of nightly',
        '',
        'To fix them, run:',
        '  millrace run spend',
        '',
      ].join('\n'),
    );
    expect((await world.millrace('intervals spend --from 2026-01-01')).stdout.split('\n')).toHaveLength(37);
  });

  test('shows the requested part of the time, widened to whole units', async () => {
    const world = await openHours();
    expect((await world.millrace('intervals spend --from 2026-01-02T05:30Z --to 2026-01-02T08:30Z')).stdout).toBe(
      [
        'spend  units of 1h, UTC',
        '2026-01-02       #xx-',
        '# covered   ~ to be read again   . missing   x held   > running or planned   - skipped',
        '',
        '4 units from 2026-01-02T05:00Z to 2026-01-02T09:00Z: 1 covered, 2 held, 1 skipped.',
        '',
        'held     [2026-01-02T06:00Z, 2026-01-02T07:00Z)  run 3 failed: SOURCE_QUERY Division by zero.',
        'held     [2026-01-02T07:00Z, 2026-01-02T08:00Z)  run 2 was cancelled',
        'skipped  [2026-01-02T08:00Z, 2026-01-02T09:00Z)  catch_up: latest',
        '',
        'To fix them, run:',
        '  millrace retry 2 3',
        '  millrace backfill spend --from 2026-01-02T08:00Z --to 2026-01-02T09:00Z',
        '',
      ].join('\n'),
    );
  });

  test('shows which held units are still covered', async () => {
    const world = await openHours();
    await world.database.run(`update millrace.coverage set held = held + '{[2026-01-02 04:00Z, 2026-01-02 06:00Z)}'`);
    const { stdout } = await world.millrace('intervals spend --from 2026-01-02 --to 2026-01-03');
    expect(stdout.split('\n').filter((line) => /^2026|^24 units/.test(line))).toEqual([
      '2026-01-02  ####xxxx-###############',
      '24 units from 2026-01-02 to 2026-01-03: 19 covered, 4 held, 1 skipped; 2 held, but still covered by earlier rows.',
    ]);
  });

  test('has a stable JSON', async () => {
    const world = await openHours();
    const { stdout } = await world.millrace('intervals spend --from 2026-01-02T05:00Z --to 2026-01-02T10:00Z --json');
    const hour = (from: number, to: number) => ({
      start: `2026-01-02T0${from}:00:00.000Z`,
      end: `2026-01-02T${to < 10 ? '0' : ''}${to}:00:00.000Z`,
    });
    expect(JSON.parse(stdout)).toEqual({
      view: 'spend',
      unitMs: 3_600_000,
      range: hour(5, 10),
      watermark: '2026-01-02T06:00:00.000Z',
      frontier: '2026-01-05T12:00:00.000Z',
      units: { covered: 2, held: 2, skipped: 1 },
      heldAndCovered: 0,
      spans: [
        { ...hour(5, 6), state: 'covered' },
        { ...hour(6, 8), state: 'held' },
        { ...hour(8, 9), state: 'skipped' },
        { ...hour(9, 10), state: 'covered' },
      ],
      holes: [
        {
          ...hour(6, 7),
          kind: 'held',
          run: 3,
          why: 'run 3 failed: SOURCE_QUERY Division by zero.',
          command: 'millrace retry 3',
        },
        { ...hour(7, 8), kind: 'held', run: 2, why: 'run 2 was cancelled', command: 'millrace retry 2' },
        {
          ...hour(8, 9),
          kind: 'skipped',
          run: null,
          why: 'catch_up: latest',
          command: 'millrace backfill spend --from 2026-01-02T08:00Z --to 2026-01-02T09:00Z',
        },
      ],
      unpublished: [{ start: '2026-01-05T05:00:00.000Z', end: '2026-01-05T08:00:00.000Z' }],
      complete: true,
    });
  });

  test('suggests a backfill of held units if too many runs failed to list each', async () => {
    const world = await openAt('1h');
    for (let hour = 1; hour <= 6; hour += 1) {
      await addRun(world, `[2026-01-01 0${hour}:00Z, 2026-01-01 0${hour + 1}:00Z)`, { state: 'failed', error: BROKEN });
    }
    await world.database.run(`update millrace.coverage set held = '{[2026-01-01 01:00Z, 2026-01-01 07:00Z)}'`);
    const { stdout } = await world.millrace('intervals spend --from 2026-01-01T01:00Z --to 2026-01-01T07:00Z');
    expect(stdout.split('\n').slice(-4)).toEqual([
      '',
      'To fix them, run:',
      '  millrace backfill spend --mode failed --from 2026-01-01T01:00Z --to 2026-01-01T07:00Z',
      '',
    ]);
  });

  test.each([
    ['edited_fingerprint', 'other', 'the view has been edited but not deployed yet', 'millrace apply spend'],
    ['paused_kind', 'person', 'the view is paused', 'millrace resume spend'],
    ['name', 'spend', 'due at the next tick of nightly', 'millrace run spend'],
  ])('shows why due units of a view do not run: %s', async (column, value, why, command) => {
    const world = await openAt('1d');
    await world.database.run(`update millrace.view set ${column} = $1`, [value]);
    expect((await world.millrace('intervals spend')).stdout.split('\n').slice(-5)).toEqual([
      `missing  [2026-01-01, 2026-01-05)  ${why}`,
      '',
      'To fix them, run:',
      `  ${command}`,
      '',
    ]);
  });

  test.each([
    [
      'intervals spend --from 2026-02-01',
      'No interval in that range is settled: spend starts at 2026-01-01 and is settled up to 2026-01-05.\n',
    ],
    ['intervals spend --from 2026-01-02 --to 2026-01-01', '--from must be before --to.\n'],
    ['intervals spnd', 'There is no view "spnd" in the deployed definitions; did you mean `spend`?\n'],
  ])('refuses millrace %s', async (words, stderr) => {
    const world = await openAt('1d');
    expect(await world.millrace(words)).toEqual({ code: 3, stdout: '', stderr });
  });

  test('explains that a view of kind latest has none, and that another has not started yet', async () => {
    const world = await openAt('1d');
    await changeViews(world.database, null, { kind: 'latest' });
    expect((await world.millrace('intervals spend')).stderr).toBe(
      'spend is a `latest` view, which has no intervals. To see its state, run "millrace status spend".\n',
    );
    await changeViews(world.database, null, { kind: 'snapshot', start: at('2030-01-01') });
    expect((await world.millrace('intervals spend')).stdout).toBe(
      'spend has no settled intervals yet: it starts at 2030-01-01.\n',
    );
  });
});
