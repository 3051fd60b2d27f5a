// Repairing many views together, as after an outage of their source.

import { describe, expect, test } from 'vitest';
import { slowTest } from '../../support/sample.ts';
import { type CommandWorld, openCommandWorld, SPEND } from '../world.ts';

const named = (name: string, extra = '') => SPEND.replace('name: spend', `name: ${name}${extra}`);
const LAKE = `name: visits
entity: customer
source: lake
kind: snapshot
interval: 1d
start: 2026-01-01
end: 2026-01-02
type: float
files: "{yyyy}-{MM}-{dd}.csv"
types: { value: float }
on_missing: fail
columns: { entity_id: entity_id, value: value, timestamp: at }
`;
const FILES = {
  'features/spend.yaml': named('spend', '\ntags: [money]'),
  'features/more.yaml': named('more', '\ntags: [money]'),
  'features/other.yaml': named('other').replace(
    'select entity_id, value',
    'select entity_id, 1 / (value - value) as value',
  ),
  'features/visits.yaml': LAKE,
};

const ALL = 'spend more other visits';

/** The states of the runs of each view, oldest first. */
async function states({ database }: CommandWorld): Promise<Record<string, string>> {
  const rows = await database.query<{ name: string; states: string }>(
    `select v.name, string_agg(r.state, ' ' order by r.id) as states
       from millrace.view v join millrace.run r on r.view_id = v.id group by 1 order by 1`,
  );
  return Object.fromEntries(rows.map((row) => [row.name, row.states]));
}

/** Every view has failed: two because of a missing table, one in its own query, one because of a missing file; two are paused by that. */
async function afterOutage(): Promise<CommandWorld> {
  const world = await openCommandWorld(FILES);
  await world.database.run('alter table spend rename to away');
  await world.millrace(`run ${ALL} --here`);
  await world.database.run('alter table away rename to spend');
  await world.database.run(
    `update millrace.view set paused_kind = 'circuit', paused_facts = '{"code": "SOURCE_QUERY", "runs": 2}', paused_at = millrace.now()
      where name in ('spend', 'more')`,
  );
  return world;
}

describe('retry --failed', () => {
  test('retries runs that failed on a source, and resumes the views paused because of them', async () => {
    const world = await afterOutage();
    const { code, stdout } = await world.millrace('retry --failed tag:money --here');
    expect(stdout).toMatch(/^4 runs planned in 2 views: \d+ for \d+, /);
    expect(stdout).toMatch(/\nResumed 2 views: (?:spend, more|more, spend)\.\n/);
    expect(code).toBe(0);
    expect(await states(world)).toEqual({
      more: 'failed failed done done',
      spend: 'failed failed done done',
      other: 'failed failed',
      visits: 'failed',
    });
    expect(await world.database.query('select from millrace.view where paused_kind is not null')).toEqual([]);
    expect((await world.millrace('retry --failed tag:money --here')).stdout).toBe(
      'There are no failed runs to retry.\n',
    );
  });

  test('has one JSON, also if nothing failed', async () => {
    const world = await afterOutage();
    const retried = JSON.parse((await world.millrace('retry --failed tag:money --here --json')).stdout);
    expect(retried).toMatchObject({ done: 4, failed: 0, hasMore: false });
    expect(retried.resumed.toSorted()).toEqual(['more', 'spend']);
    expect(retried.retried.map(({ run }: { run: number }) => run)).toHaveLength(4);
    expect(retried.retried[0]).toEqual({
      run: expect.any(Number),
      failed: expect.any(Number),
      view: expect.any(String),
    });
    const none = JSON.parse((await world.millrace('retry --failed tag:money --here --json')).stdout);
    expect(none).toMatchObject({ done: 0, failed: 0, waiting: 0, runs: [], retried: [], resumed: [], hasMore: false });
    expect(Object.keys(none)).toEqual(Object.keys(retried));
  });

  test('covers everything held if a run failed within a wider failed run', async () => {
    const world = await openCommandWorld({
      'features/spend.yaml': `name: spend
entity: customer
source: shop
kind: events
interval: 1h
start: 2026-01-01
end: 2026-01-02
type: float
query: select entity_id, value, {{start}} as timestamp from away where {{end}} > {{start}}
`,
    });
    await world.millrace('run spend --here');
    await world.millrace('restate spend --from 2026-01-01T05:00Z --to 2026-01-01T06:00Z --here');
    await world.database.run('alter table spend rename to away');
    const { code, stdout } = await world.millrace('retry --failed --here');
    expect({ code, planned: stdout.split(':')[0] }).toEqual({ code: 0, planned: '3 runs planned in 1 view' });
    expect(
      await world.database.query('select held::text as held, covered::text as covered from millrace.coverage'),
    ).toEqual([{ held: '{}', covered: '{["2026-01-01 00:00:00+00","2026-01-02 00:00:00+00")}' }]);
  });

  test('has nothing to do without failed runs, even without a worker', async () => {
    const world = await openCommandWorld(FILES);
    await world.millrace('apply');
    expect((await world.millrace('retry --failed')).stdout).toBe('There are no failed runs to retry.\n');
  });

  slowTest('leaves out runs that failed for another reason or earlier, and views paused by a person', async () => {
    const world = await afterOutage();
    expect((await world.millrace('retry --failed --code FILE_BROKEN --here')).stdout).toMatch(
      /^There are no failed runs/,
    );
    await world.database.run(`update millrace.run set closed_at = closed_at - interval '3 hours'`);
    expect((await world.millrace('retry --failed --since 2h --here')).stdout).toMatch(/^There are no failed runs/);
    await world.millrace('resume more');
    await world.millrace('pause more --reason moving');
    await world.millrace('retry --failed --source shop --code SOURCE_QUERY --since 4h --here');
    expect(await states(world)).toMatchObject({
      more: 'failed failed',
      spend: 'failed failed done done',
      other: 'failed failed failed failed',
      visits: 'failed',
    });
  });

  test.each([
    ['retry', 'Specify run ids, or retry all failed runs: "millrace retry --failed".\n'],
    ['retry 1 --source shop', '--source, --code and --since require --failed.\n'],
    ['retry --failed --source shopp', 'No deployed view has the source "shopp"; did you mean `shop`?\n'],
    ['retry --failed tag:mony', 'No deployed view has the tag "mony"; did you mean `money`?\n'],
    ['pause', 'Specify view names, a tag (tag:NAME), --source SOURCE or --all.\n'],
  ])('refuses: millrace %s', async (words, stderr) => {
    const world = await openCommandWorld(FILES);
    await world.millrace('apply');
    expect(await world.millrace(words)).toEqual({ code: 3, stdout: '', stderr });
  });
});

describe('pause and resume', () => {
  test('accept a tag, a source, and all paused views', async () => {
    const world = await openCommandWorld(FILES);
    await world.millrace('apply');
    const paused = async () =>
      (
        await world.database.query<{ name: string }>(
          'select name from millrace.view where paused_kind is not null order by 1',
        )
      ).map(({ name }) => name);
    expect((await world.millrace('pause tag:money')).code).toBe(0);
    expect(await paused()).toEqual(['more', 'spend']);
    expect((await world.millrace('pause --source lake')).code).toBe(0);
    expect(await paused()).toEqual(['more', 'spend', 'visits']);
    expect((await world.millrace('resume --source shop')).code).toBe(0);
    expect(await paused()).toEqual(['visits']);
    expect((await world.millrace('resume --all')).code).toBe(0);
    expect(await paused()).toEqual([]);
    expect((await world.millrace('resume --all')).stdout).toBe('None of these views is paused.\n');
  });
});
