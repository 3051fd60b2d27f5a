// The effects of commands.

import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { openRedis } from '../../src/redis/connection.ts';
import { freshDatabase } from '../support/servers.ts';
import { until } from '../support/until.ts';
import { NIGHTLY, openCommandWorld, performMillrace, projectFolder, SPEND } from './world.ts';

const EDITED = SPEND.replace('value,', 'value * 2 as value,');

describe('init', () => {
  test('creates a valid project, and overwrites nothing', async () => {
    const folder = await projectFolder({});
    expect((await performMillrace(folder, 'init shop')).code).toBe(0);
    const valid = await performMillrace(folder, 'validate --project shop');
    expect(valid).toEqual({ code: 0, stderr: '', stdout: 'valid  shop: 1 view, 1 job, 1 source\n' });
    expect(await performMillrace(folder, 'init shop')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('already exists'),
    });
  });
});

describe('migrate', () => {
  test('lists the migrations it ran, and then has nothing to do', async () => {
    const world = await openCommandWorld({}, await freshDatabase());
    expect((await world.millrace('migrate')).stdout).toMatch(
      /^migrated {2}0001_state\.sql\nmigrated {2}0002_time\.sql\n/,
    );
    expect((await world.millrace('migrate')).stdout).toBe('Nothing to do: the tables are up to date.\n');
  });
});

describe('apply', () => {
  test('deploys new views and retires removed ones', async () => {
    const world = await openCommandWorld();
    expect((await world.millrace('apply')).stdout).toMatch(/^added {2}spend\n/);
    expect((await world.millrace('apply')).stdout).toBe('1 view unchanged\n');
    await world.write({
      'features/spend.yaml': SPEND.replace('name: spend', 'name: spent'),
      'jobs/nightly.yaml': NIGHTLY.replace('[spend]', '[spent]'),
    });
    expect((await world.millrace('apply')).stdout).toMatch(/^added {2}spent\nretired {2}spend\n/);
  });

  test('does not run an edited view until the edit is deployed', async () => {
    const world = await openCommandWorld();
    await world.millrace('run spend --here');
    await world.write({ 'features/spend.yaml': EDITED });
    const waiting = await world.millrace('apply');
    expect([waiting.code, waiting.stdout]).toEqual([2, expect.stringMatching(/^edited {2}spend\n/)]);
    expect(waiting.stderr).toMatch(
      /^spend was edited [^\n]*"millrace apply spend" with --restate[^\n]*--forward-only[^\n]*--equivalent[^\n]*\n$/,
    );
    expect(await world.millrace('run spend --here')).toEqual({ code: 3, stdout: '', stderr: waiting.stderr });
    expect((await world.millrace('status')).stdout).toMatch(/spend {2}edited/);
    expect(await world.millrace('apply spend --restate')).toEqual({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(
        /^applied as restate {2}spend\n {2}2 units will be read again at the next tick of nightly, /,
      ),
    });
    expect((await world.millrace('run spend --here')).stdout).toMatch(/2 runs done, 4 rows read: 4 changed\.\n$/);
    expect((await world.millrace('get spend ada --json')).stdout).toContain('"spend": 3');
  });
});

describe('run', () => {
  test('exits with 2 if some views fail, and prints the failure as a sentence', async () => {
    const world = await openCommandWorld({
      'features/bad.yaml': SPEND.replace('name: spend', 'name: bad').replace('from spend', 'from spent'),
    });
    const { code, stdout, stderr } = await world.millrace('run spend bad --here');
    expect(code).toBe(2);
    expect(stdout).toMatch(/2 runs done, 4 rows read: 4 inserted\./);
    expect(stderr).toMatch(/^runs 3, 4: [^\n]*spent[^\n]*\n$/);
    expect((await world.millrace('runs show 3')).stdout).toMatch(/state +failed[\s\S]*error +.*spent/);
  });

  test('reports stored rows that are not online yet, and publishes them the next time', async () => {
    const world = await openCommandWorld();
    const away = await world.millrace('run spend --here', { MILLRACE_ONLINE_URL: 'redis://127.0.0.1:1' });
    expect([away.code, away.stderr]).toEqual([
      2,
      expect.stringMatching(/^runs 1, 2: The rows of spend are stored but not online yet: [^\n]*\n$/),
    ]);
    expect((await world.millrace('status')).stdout).toMatch(/spend: 2 units stored but not yet in the online store/);
    await world.database.run('update millrace.run set not_before = null');
    expect((await world.millrace('run spend --here')).code).toBe(0);
    expect(await world.millrace('verify')).toEqual({
      code: 0,
      stderr: '',
      stdout: 'agrees  spend: 2 entities compared\n',
    });
  });

  test('--here hands its runs back on Ctrl-C and shows how to continue', async () => {
    const slow = SPEND.replace('from spend', 'from spend, pg_sleep(60)');
    const world = await openCommandWorld({ 'features/spend.yaml': slow }, await freshDatabase());
    const running = world.start('run spend --here');
    await until(async () => {
      const [runs] = await world.database.query<{ found: string | null }>(
        `select to_regclass('millrace.run') as found`,
      );
      if (runs?.found == null) return false;
      return (await world.database.query(`select from millrace.run where state = 'active'`)).length === 2;
    });
    running.kill('SIGINT');
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([1, 'Stopped with 2 runs left; to continue: millrace run spend --here\n']);
    expect(await world.database.query('select state, owner, attempt from millrace.run')).toEqual([
      { state: 'planned', owner: null, attempt: 0 },
      { state: 'planned', owner: null, attempt: 0 },
    ]);
  });

  test('hands runs to the workers and watches them', async () => {
    const world = await openCommandWorld();
    const worker = world.start('worker --concurrency 2');
    await until(() => worker.output().includes('worker.started'));
    const { code, stdout, stderr } = await world.millrace('run spend');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/2 runs done, 4 rows read: 4 inserted\.\n$/);
    worker.kill('SIGTERM');
    expect((await worker.ended).code).toBe(0);
  });
});

describe('restate', () => {
  test('reads stored units again, and releases held ones', async () => {
    const world = await openCommandWorld();
    await world.millrace('run spend --here');
    await world.database.run(`update spend set value = 7 where entity_id = 'ada'`);
    const one = await world.millrace('restate spend --from 2026-01-02 --here');
    expect(one).toEqual({
      code: 0,
      stderr: '',
      stdout: [
        'spend: 1 stored unit will be read again.',
        'run 3  spend  [2026-01-02, 2026-01-03)  done  2 rows read: 1 changed, 1 unchanged',
        '1 run done, 2 rows read: 1 changed, 1 unchanged.',
        '',
      ].join('\n'),
    });
    await world.database.run(`update spend set value = 'NaN'`);
    await world.database.run(`insert into spend select 'c' || n, 'NaN' from generate_series(1, 20) n`);
    expect((await world.millrace('restate spend --here --parallel 1')).code).toBe(1);
    expect((await world.millrace('run spend --here')).stdout).toMatch(
      /2 units are held.*millrace backfill spend --mode failed --from 2026-01-01 --to 2026-01-03/,
    );
    expect((await world.millrace('quarantine spend --rows --limit 1')).stdout).toMatch(/RUN.*\n5 +\w+/);
    await world.database.run('delete from spend where value = $1', ['NaN']);
    await world.database.run(`insert into spend values ('ada', 1), ('bob', 2)`);
    const released = await world.millrace('restate spend --from 2026-01-01 --to 2026-01-03 --here');
    expect([released.code, released.stdout]).toEqual([0, expect.stringContaining('2 held units released')]);
  });
});

describe('verify', () => {
  test('lists differences and exits with 1; rebuild fixes them', async () => {
    const world = await openCommandWorld();
    await world.millrace('run spend --here');
    await world.database.run(`delete from features.spend where entity_id = 'bob'`);
    const differs = await world.millrace('verify spend');
    expect([differs.code, differs.stdout]).toEqual([
      1,
      expect.stringMatching(/^differs {2}spend: 1 difference[\s\S]*extra {2}bob[\s\S]*millrace rebuild spend\n$/),
    ]);
    expect((await world.millrace('rebuild spend')).stdout).toBe('rebuilt  spend: 0 written, 1 unchanged, 1 removed\n');
    expect((await world.millrace('verify')).code).toBe(0);
  });
});

describe('a damaged key of the online store', () => {
  test('is reported by get and verify, and replaced by rebuild', async () => {
    const world = await openCommandWorld();
    await world.millrace('run spend --here');
    const url = world.env['MILLRACE_ONLINE_URL'] ?? '';
    await using redis = openRedis({ url, clock: systemClock, deadlineMs: 30_000, connectionName: 'test' });
    await redis.send([
      ['DEL', 'mr:spend:ada'],
      ['SET', 'mr:spend:ada', 'x'],
    ]);
    expect(await world.millrace('get spend ada bob')).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^The key mr:spend:ada of [^\n]* because its key holds a string instead [^\n]*"millrace rebuild spend"\.\n$/,
      ),
    });
    const differs = await world.millrace('verify spend');
    expect([differs.code, differs.stdout]).toEqual([
      1,
      expect.stringMatching(
        /\n {2}unreadable {2}ada {2}offline 2026-01-03T00:00:00\.000000Z, online mr:spend:ada: its key holds a string instead of a hash\n/,
      ),
    ]);
    expect((await world.millrace('rebuild spend')).stdout).toBe('rebuilt  spend: 1 written, 1 unchanged, 0 removed\n');
    expect((await world.millrace('get spend ada')).code).toBe(0);
  });
});

describe('rebuild', () => {
  test('accepts several views, and reports each', async () => {
    const world = await openCommandWorld({ 'features/more.yaml': SPEND.replace('name: spend', 'name: more') });
    await world.millrace('run spend more --here');
    expect(await world.millrace('rebuild spend more')).toEqual({
      code: 0,
      stderr: '',
      stdout: [
        'rebuilt  spend: 0 written, 2 unchanged, 0 removed',
        'rebuilt  more: 0 written, 2 unchanged, 0 removed',
        '',
      ].join('\n'),
    });
    expect(JSON.parse((await world.millrace('rebuild more --json')).stdout)).toEqual({
      views: [
        {
          view: 'more',
          publishNumber: expect.any(Number),
          counts: expect.objectContaining({ written: 0, unchanged: 2, removed: 0 }),
        },
      ],
    });
  });
});

describe('get', () => {
  const EXACT = `name: spend
entity: customer
source: shop
kind: snapshot
interval: 1d
start: 2026-01-01
end: 2026-01-02
features:
  - { name: big, type: int }
  - { name: minus, type: float }
  - { name: note, type: string }
query: |
  select entity_id, 9007199254740993::bigint as big, '-0'::float8 as minus, chr(27) || '[31mred' || chr(155) || chr(8238) as note,
         {{end}} as timestamp from spend
`;

  test('is exact in JSON, and sanitized on a terminal', async () => {
    const world = await openCommandWorld({ 'features/spend.yaml': EXACT });
    expect((await world.millrace('run spend --here')).code).toBe(0);
    const json = (await world.millrace('get spend ada --json')).stdout;
    expect(json).toContain('"big": 9007199254740993,');
    expect(json).toContain('"minus": -0,');
    expect(json).not.toMatch(/[^\n\P{Cc}]|\u202e/u);
    expect(JSON.parse(json)).toMatchObject({ entities: [{ values: { note: '\u001b[31mred\u009b\u202e' } }] });
    const text = (await world.millrace('get spend ada')).stdout;
    expect(text).toMatch(/ada +2026-01-02T00:00:00\.000000Z +.* +9007199254740993 +-0 +red\n/);
  });

  test('reports entities without a row, and exits with 1 if none has a row', async () => {
    const world = await openCommandWorld();
    await world.millrace('run spend --here');
    expect((await world.millrace('get spend ada zoe')).code).toBe(0);
    expect(await world.millrace('get spend zoe')).toEqual({
      code: 1,
      stderr: '',
      stdout: 'spend has no row for customer zoe in the online store, or the row has expired (ttl).\n',
    });
  });
});

describe('dev', () => {
  test('runs what is due, deploys saved files, and exits on Ctrl-C', async () => {
    const world = await openCommandWorld();
    const dev = world.start('dev');
    const stored = async (view: string) => (await world.millrace(`get ${view} ada`)).code === 0;
    await until(() => dev.output().split('"run.completed"').length === 3);
    expect(await stored('spend')).toBe(true);
    await world.write({ 'features/more.yaml': SPEND.replace('name: spend', 'name: more') });
    await until(() => stored('more'));
    dev.kill('SIGINT');
    expect((await dev.ended).code).toBe(0);
  });
});
