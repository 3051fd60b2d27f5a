// Commands on an incremental view.

import { describe, expect, test } from 'vitest';
import { BACKFILL_DEFAULTS } from '../../src/operations/backfill-start.ts';
import { startBackfill } from '../../src/state/backfills/backfill.ts';
import { planDue } from '../../src/state/planning/planning.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/runs/run.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import { type CommandWorld, openCommandWorld } from './world.ts';

const VIEW = `name: activity
entity: user
source: shop
kind: snapshot
interval: 1h
start: 2026-01-01T06:00:00Z
end: 2026-01-01T12:00:00Z
lookback: 1
incremental: true
from: { table: user_events, entity_id: user_id, timestamp: at }
features:
  - { name: spend, type: decimal, aggregate: sum, column: amount, window: 4h }
`;
const JOB = 'name: hourly\ncron: "5 * * * *"\nviews: [activity]\n';

async function openShop(): Promise<CommandWorld> {
  const world = await openCommandWorld({ 'features/spend.yaml': VIEW, 'jobs/nightly.yaml': JOB });
  await world.database.run('create table user_events (user_id text, at timestamptz, amount numeric, kind text)');
  await world.database.run(
    `insert into user_events select 'ada', timestamptz '2026-01-01Z' + h * interval '1 hour', 1, 'buy' from generate_series(0, 12) h`,
  );
  return world;
}

const sums = async ({ database }: CommandWorld) =>
  (await database.query<{ spend: string }>('select spend::text from features.activity order by event_timestamp')).map(
    ({ spend }) => spend,
  );

/** Open runs of the parts, of an earlier query, so they end immediately. */
function addOlderRuns({ database }: CommandWorld, runs: number): Promise<number> {
  return database.run(
    `insert into millrace.run (view_id, span, reason, fingerprint, options)
     select id, tstzrange(at, at + interval '1 hour'), 'schedule', 'earlier', $2
       from millrace.view, generate_series(1, $1::int) h, lateral (select timestamptz '2020-01-01Z' + h * interval '1 hour' as at) a
      where name = 'activity.parts'`,
    [runs, JSON.stringify(DEFAULT_RUN_OPTIONS)],
  );
}

describe('commands on an incremental view', () => {
  test('plan says what it saves, and --sql prints the query of the parts', async () => {
    const world = await openShop();
    const { stdout } = await world.millrace('plan');
    expect(stdout).toContain(
      'activity reads 1h of its source per unit instead of 4h, because activity.parts stores the rest.',
    );
    expect(stdout).toMatch(/\+ added\s+activity\.parts\s+1 run, 9 units/);
    expect((await world.millrace('plan --sql')).stdout).toMatch(
      /-- activity\.parts \(postgres\)\n[\s\S]*>= \{\{start\}\}/,
    );
  });

  test('run and status show the parts', async () => {
    const world = await openShop();
    const ran = await world.millrace('run activity --here');
    expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 0, stderr: '' });
    expect(await sums(world)).toEqual(['4', '4', '4', '4', '4', '4']);
    expect((await world.millrace('status')).stdout).toMatch(/activity\.parts\s+ok/);
    expect((await world.millrace('run activity --here')).stdout).not.toContain('activity.parts');
    expect((await world.millrace('verify')).stdout).not.toContain('activity.parts');
    expect((await world.millrace('rebuild activity.parts')).stderr).toContain(
      'activity.parts is never published to the online store. Rebuild the view that combines its rows instead: "millrace rebuild activity".',
    );
  });

  test('restate and backfill --mode all read the windows of the range again', async () => {
    const world = await openShop();
    await world.millrace('run activity --here');
    await world.database.run(`update user_events set amount = 2 where at = '2026-01-01 04:00Z'`);
    const restated = await world.millrace(
      'restate activity --from 2026-01-01T06:00:00Z --to 2026-01-01T07:00:00Z --here',
    );
    expect({ code: restated.code, stderr: restated.stderr }).toEqual({ code: 0, stderr: '' });
    // The interval before has the changed part in its window, too.
    await world.millrace('run activity --here');
    expect(await sums(world)).toEqual(['5', '5', '4', '4', '4', '4']);

    await world.database.run(`update user_events set amount = 3 where at = '2026-01-01 09:00Z'`);
    const filled = await world.millrace(
      'backfill activity --mode all --from 2026-01-01T09:00:00Z --to 2026-01-01T12:00:00Z --here --yes',
    );
    expect({ code: filled.code, stderr: filled.stderr }).toEqual({ code: 0, stderr: '' });
    expect(await sums(world)).toEqual(['5', '5', '4', '6', '6', '6']);
  });

  test.each([
    ['started', 'backfill activity --here --yes'],
    ['resumed', 'backfills resume 1 --here'],
  ])('a backfill that is %s here also reads parts that were planned before', async (way, words) => {
    const world = await openShop();
    const { database } = world;
    await world.millrace('apply');
    await planDue(database, await requireAppliedView(database, 'activity.parts'), 'schedule', DEFAULT_RUN_OPTIONS);
    if (way === 'resumed') {
      await startBackfill(database, await requireAppliedView(database, 'activity'), {
        ...BACKFILL_DEFAULTS,
        range: { from: null, to: null },
        mode: 'missing',
        options: DEFAULT_RUN_OPTIONS,
        askedBy: 'test',
      });
    }
    const { code, stderr } = await world.millrace(words);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await sums(world)).toEqual(['4', '4', '4', '4', '4', '4']);
  });

  test.each([
    ['no room', 10_000],
    ['room for one of two', 9_999],
  ])('a backfill here reads all parts of its range while older runs leave %s', async (_, older) => {
    const world = await openShop();
    await world.millrace('apply');
    // Covers the middle of the range, so that the rest takes two runs.
    await world.millrace('backfill activity --from 2026-01-01T09:00:00Z --to 2026-01-01T10:00:00Z --here --yes');
    await addOlderRuns(world, older);
    const { code, stderr } = await world.millrace('backfill activity --here --yes');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await sums(world)).toEqual(['4', '4', '4', '4', '4', '4']);
  });

  test('a backfill here reads the other parts while one waits for a retry, and older runs leave no room', async () => {
    const world = await openShop();
    const { database } = world;
    await world.millrace('apply');
    await world.millrace('backfill activity --from 2026-01-01T09:00:00Z --to 2026-01-01T10:00:00Z --here --yes');
    await database.run(
      `insert into millrace.run (view_id, span, reason, fingerprint, options, attempt, waiting_for, not_before)
       select id, '[2026-01-01 03:00Z,2026-01-01 06:00Z)', 'schedule', data_fingerprint, $1, 1,
              '{"kind": "retry", "facts": {"code": "SOURCE_QUERY"}}', millrace.now() + interval '1 day'
         from millrace.view where name = 'activity.parts'`,
      [JSON.stringify(DEFAULT_RUN_OPTIONS)],
    );
    await addOlderRuns(world, 10_000);
    await world.millrace('backfill activity --here --yes');
    expect(
      await database.query(
        `select c.covered::text as covered from millrace.coverage c join millrace.view v on v.id = c.view_id
          where v.name = 'activity.parts'`,
      ),
    ).toEqual([{ covered: '{["2026-01-01 06:00:00+00","2026-01-01 12:00:00+00")}' }]);
  });

  test('pause and resume include the parts', async () => {
    const world = await openShop();
    await world.millrace('apply');
    await world.millrace('pause activity');
    const paused = () =>
      world.database.query('select name from millrace.view where paused_kind is not null order by name');
    expect(await paused()).toEqual([{ name: 'activity' }, { name: 'activity.parts' }]);
    await world.millrace('resume activity');
    expect(await paused()).toEqual([]);
  });

  test('apply takes an edit of the parts only as a restatement, and settles both views', async () => {
    const world = await openShop();
    await world.millrace('run activity --here');
    const edited = VIEW.replace('timestamp: at }', 'timestamp: at, where: { kind: buy } }').replace(
      'window: 4h',
      'window: 4h, where: { amount: { gt: 0 } }',
    );
    await world.write({ 'features/spend.yaml': edited });
    await world.database.run(`update user_events set kind = 'gift' where at >= '2026-01-01 10:00Z'`);
    const refused = await world.millrace('apply activity --forward-only');
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain(
      'activity is incremental, and this edit changes its stored partial aggregates, so they must be read again: run "millrace apply activity --restate".',
    );
    expect((await world.millrace('apply activity --equivalent')).code).not.toBe(0);

    const { code, stdout } = await world.millrace('apply activity --restate');
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('applied as restate  activity.parts'),
    });
    await world.millrace('run activity --here');
    expect(await sums(world)).toEqual(['4', '4', '4', '4', '3', '2']);
  });

  test('an edit of the parts alone is settled through their view', async () => {
    const world = await openShop();
    await world.millrace('run activity --here');
    const edited = VIEW.replace('window: 4h', 'window: 4h, where: { kind: buy }');
    await world.write({ 'features/spend.yaml': edited.replace('incremental: true\n', '') });
    await world.millrace('apply');
    await world.millrace('apply activity --restate');
    await world.write({ 'features/spend.yaml': edited });
    const applied = await world.millrace('apply');
    expect(applied.code).toBe(2);
    expect(applied.stderr).toContain('"millrace apply activity" with --restate');
    expect(applied.stderr).not.toContain('millrace apply activity.parts');
    for (const name of ['activity', 'activity.parts']) {
      const refused = await world.millrace(`apply ${name} --forward-only`);
      expect(refused.stderr).toContain('so they must be read again: run "millrace apply activity --restate"');
    }
    const run = await world.millrace('run activity --here');
    expect(run.stderr).toContain(
      '"millrace apply activity" with --restate (read all stored rows again) or --equivalent',
    );
    const restated = await world.millrace('apply activity --restate');
    expect({ code: restated.code, stdout: restated.stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('applied as restate  activity.parts'),
    });
    expect((await world.millrace('run activity --here')).code).toBe(0);
    expect(await sums(world)).toEqual(['4', '4', '4', '4', '4', '4']);
  });

  test('a view that is no longer incremental retires its parts, and keeps its rows', async () => {
    const world = await openShop();
    await world.millrace('run activity --here');
    await world.write({ 'features/spend.yaml': VIEW.replace('incremental: true\n', '') });
    expect((await world.millrace('apply')).stdout).toMatch(/retired {2}activity\.parts/);
    const retired = await world.database.query('select name from millrace.view where retired_at is not null');
    expect(retired).toEqual([{ name: 'activity.parts' }]);
    expect(await sums(world)).toHaveLength(6);
  });

  test('get says that an entity is not in the newest snapshot', async () => {
    const world = await openShop();
    await world.database.run(`insert into user_events values ('bob', '2026-01-01 03:30Z', 1, 'buy')`);
    await world.millrace('run activity --here');
    const { code, stdout } = await world.millrace('get activity ada bob');
    expect(code).toBe(0);
    expect(stdout).toContain(
      'activity has no row for user bob: it is not in the newest snapshot (2026-01-01T12:00:00Z).',
    );
  });
});
