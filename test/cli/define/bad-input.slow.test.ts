// Every bad input gets a clear message (docs/architecture/promises.md): one line on stderr, a non-zero exit code, and no stack trace.

import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { publicData } from '../../support/public-data.ts';
import { CONFIG, type CommandWorld, type Ended, NIGHTLY, openCommandWorld, SPEND } from '../world.ts';

const CLOSED_PORT = '127.0.0.1:1';

/** One sentence on stderr, nothing that looks like a stack, and the exit code. */
function expectSentence({ code, stderr }: Ended, expected: { code: number; says: RegExp }): void {
  expect(stderr).toMatch(/^[^\n]+\n$/);
  expect(stderr).toMatch(expected.says);
  expect(stderr).not.toMatch(/\n\s+at |defect|undefined|\[object/);
  expect(code).toBe(expected.code);
}

/** A worker that is recorded as running but does nothing. */
async function pretendWorker({ database }: CommandWorld): Promise<void> {
  await database.run(
    `insert into millrace.process (id, kind, host, pid, version) values ('test', 'worker', 'test', 1, '0')`,
  );
}

describe('arguments', () => {
  // These commands change nothing.
  let fresh: CommandWorld;
  let deployed: CommandWorld;
  beforeAll(async () => {
    fresh = await openCommandWorld();
    deployed = await openCommandWorld();
    await deployed.millrace('apply');
  });

  test.each([
    ['staus', /Unknown command 'staus'; did you mean status\?/],
    ['run spend --hre', /Unknown option '--hre'; did you mean --here\?/],
    ['run', /Missing required argument 'view'; see "millrace run --help"\.$/m],
    ['run spnd --here', /no view "spnd".*did you mean `spend`\?/],
    ['apply spnd', /no view "spnd".*did you mean `spend`\?/],
    ['runs --limit many', /--limit.*'many' is invalid: expected a whole number/],
    ['backfill spend --mode some', /--mode.*'some' is invalid: expected missing, failed or all/],
    ['backfill spend --from 2026-01-02 --to 2026-01-01', /from must be before to/],
    ['backfill spend --chunk 36h', /--chunk 36h is not a whole number of units of spend: expected 1d/],
    ['backfill spend --chunk soon', /--chunk soon is not a whole number of units of spend: expected 1d/],
    ['backfill spend --chunk 2d --here', /spend.*one unit/],
    ['backfill spend --here --detach', /--here and --detach cannot be combined/],
    ['backfill spend --from 2027-01-01 --here', /spend/],
    ['backfill spnd --here', /no view "spnd".*did you mean `spend`\?/],
    ['backfills show first', /"first" is not a backfill id/],
    ['backfills show', /Missing required argument 'id'; see "millrace backfills show --help"\.$/m],
    ['backfills show 7', /There is no backfill 7/],
    ['runs show 7', /There is no run 7/],
    ['retry 7 --here', /There is no run 7/],
    [
      'backfills stop 1',
      /'backfills'.*; the commands are show, pause, resume, cancel; see "millrace backfills --help"\.$/m,
    ],
    ['retry first', /"first" is not a run id/],
    ['runs show first', /"first" is not a run id/],
    ['restate spend --from yesterday', /--from.*'yesterday' is invalid: expected a date such as 2026-09-01/],
    ['restate spend --from 2026-01-02 --to 2026-01-01', /from must be before to/],
    ['apply spend --restate --equivalent', /Use only one of --restate/],
    ['apply --restate', /Specify the edited view: "millrace apply VIEW --restate"/],
    [
      'apply spend --restate',
      /spend has no edits that may change stored rows; to read stored rows again, run "millrace restate spend"/,
    ],
    ['validate extra', /Too many arguments for 'validate'/],
    ['status --project nowhere', /millrace\.yaml.*not found.*--project.*millrace init/],
  ])('millrace %s', async (words, says) => {
    const world = /^apply spend --restate$| 7/.test(words) ? deployed : fresh;
    expectSentence(await world.millrace(words), { code: 3, says });
  });
});

describe('definitions', () => {
  test.each<[string, Record<string, string>, RegExp]>([
    [
      'an unknown key',
      { 'features/spend.yaml': `intervall: 2d\n${SPEND}` },
      /spend\.yaml:1:1: .*`intervall`; did you mean `interval`\?/,
    ],
    [
      'two views with one name',
      { 'features/zz.yaml': SPEND },
      /zz\.yaml:1:\d+: .*duplicate view 'spend', already defined in features\/spend\.yaml/,
    ],
    [
      'a cron that cannot be computed',
      { 'jobs/nightly.yaml': `${NIGHTLY.replace('15 3', '0 2')}timezone: Australia/Lord_Howe\n` },
      /nightly\.yaml:2:\d+: .*cannot be computed/,
    ],
    [
      'an unknown zone',
      { 'jobs/nightly.yaml': `${NIGHTLY}timezone: Europe/Londn\n` },
      /nightly\.yaml:4:\d+: .*Europe\/Londn/,
    ],
    [
      'a name that is not allowed',
      {
        'features/spend.yaml': SPEND.replace('name: spend', 'name: Spend-30d'),
        'jobs/nightly.yaml': NIGHTLY.replace('spend', 'Spend-30d'),
      },
      /spend\.yaml:1:\d+: .*Spend-30d/,
    ],
    [
      'an empty file pattern',
      {
        'features/spend.yaml': `${SPEND.replace('source: shop', 'source: lake').replace('from spend', 'from files')}files: ""\n`,
      },
      /spend\.yaml:10:\d+: .*files/,
    ],
    [
      'a view of a lake without files',
      { 'features/spend.yaml': SPEND.replace('source: shop', 'source: lake') },
      /spend\.yaml:\d+:\d+: `source`: 'lake' \(file:\) contains files/,
    ],
  ])('%s', async (_, files, says) => {
    const world = await openCommandWorld(files);
    for (const words of ['validate', 'plan', 'run spend --here']) {
      const ended = await world.millrace(words);
      expect(ended.stderr.split('\n').filter((line) => says.test(line))).toHaveLength(1);
      expect([ended.code, ended.stdout]).toEqual([3, '']);
      expect(ended.stderr).not.toMatch(/\n\s+at /);
    }
  });

  test('a missing environment variable is named with its file and line', async () => {
    const world = await openCommandWorld();
    const ended = await world.millrace('run spend --here', { SHOP_DATABASE_URL: undefined });
    expectSentence(ended, { code: 1, says: /SHOP_DATABASE_URL \(millrace\.yaml:6\) is not set/ });
  });
});

describe('servers', () => {
  test.each(['status', 'plan', 'apply', 'run spend --here', 'get spend ada', 'verify'])(
    'an unreachable Postgres: millrace %s',
    async (words) => {
      const world = await openCommandWorld();
      const env = { MILLRACE_OFFLINE_URL: `postgres://me:canary@${CLOSED_PORT}/shop` };
      const ended = await world.millrace(words, env);
      expectSentence(ended, { code: 1, says: /offline store \(postgres:\/\/127\.0\.0\.1:1\/shop\) is not responding/ });
    },
  );

  test.each(['get spend ada', 'verify', 'rebuild spend'])('an unreachable online Redis: millrace %s', async (words) => {
    const world = await openCommandWorld();
    await world.millrace('run spend --here');
    const ended = await world.millrace(words, { MILLRACE_ONLINE_URL: `redis://:canary@${CLOSED_PORT}` });
    expectSentence(ended, { code: 1, says: /online store \(redis:\/\/127\.0\.0\.1:1\) is not responding/ });
  });

  test('an unreachable queue', async () => {
    const world = await openCommandWorld();
    await world.millrace('apply');
    await pretendWorker(world);
    const ended = await world.millrace('run spend', { MILLRACE_QUEUE_URL: `redis://:canary@${CLOSED_PORT}` });
    expectSentence(ended, { code: 1, says: /queue \(redis:\/\/127\.0\.0\.1:1\) is not responding/ });
    expect(ended.stderr).toMatch(/ is correct\. The request is recorded and will run when the queue is back\.\n$/);
  });

  test('run without a worker names --here', async () => {
    const world = await openCommandWorld();
    expectSentence(await world.millrace('run spend'), { code: 1, says: /No worker is running, .*--here/ });
    expect(await world.database.query('select id from millrace.run')).toEqual([]);
  });

  test('an unreachable source', async () => {
    const world = await openCommandWorld();
    const env = { SHOP_DATABASE_URL: `postgres://me:canary@${CLOSED_PORT}/shop` };
    const { stderr, ...ended } = await world.millrace('run spend --here --debug', env);
    expect(stderr).not.toMatch(/canary/);
    const sentence = stderr.replaceAll(/^\{.*\n/gm, ''); // the log that --debug asks for
    expectSentence({ ...ended, stderr: sentence }, { code: 1, says: /ource .*shop.*is not responding/ });
  });

  test.each([
    ['plain', 'postgres://me:canary-7@127.0.0.1:1/shop', 1],
    ['URL-encoded', 'postgres://me:canary%2D7%40@127.0.0.1:1/shop', 1],
    ['a parameter', 'postgres://me@127.0.0.1:1/shop?password=canary-7', 3],
  ])('a failing connection never shows its password: %s', async (_, url, ends) => {
    const world = await openCommandWorld();
    const { stdout, stderr, code } = await world.millrace('run spend --here --debug', { MILLRACE_OFFLINE_URL: url });
    expect(code).toBe(ends);
    expect(stdout + stderr).not.toMatch(/canary/);
  });
});

test('the real command exits with the same message and code', async () => {
  const world = await openCommandWorld({ 'millrace.yaml': CONFIG.replaceAll('MILLRACE_OFFLINE_URL', 'AWAY_URL') });
  expectSentence(await world.start('plan').ended, { code: 1, says: /AWAY_URL \(millrace\.yaml:2\) is not set/ });
  await world.write({ '.env': `AWAY_URL=postgres://me:canary@${CLOSED_PORT}/shop` });
  expectSentence(await world.start('plan').ended, { code: 1, says: /is not responding/ });
});

describe('queries', () => {
  test.each([
    ['a missing column', 'select entity_id, {{end}} as timestamp from spend', /`?value`?/],
    ['an extra column', 'select entity_id, value, 1 as rank, {{end}} as timestamp from spend', /rank/],
    ['a wrongly typed column', 'select entity_id, array[value] as value, {{end}} as timestamp from spend', /value/],
    ['a table that is not there', 'select entity_id, value, {{end}} as timestamp from spent', /spent/],
    ['a syntax error', 'selct entity_id, value, {{end}} as timestamp from spend', /selct/],
  ])('%s', async (_, query, says) => {
    const view = SPEND.replace(/query: .*/, `query: ${query}`).replace('end: 2026-01-03', 'end: 2026-01-02');
    const world = await openCommandWorld({ 'features/spend.yaml': view });
    expectSentence(await world.millrace('run spend --here'), { code: 1, says });
  });

  test('prints one message for all runs that fail alike', async () => {
    const view = SPEND.replace(/query: .*/, 'query: select entity_id, {{end}} as timestamp from spend');
    const world = await openCommandWorld({ 'features/spend.yaml': view });
    expectSentence(await world.millrace('run spend --here'), { code: 1, says: /^runs (?:1, 2|2, 1): /m });
  });
});

describe('files', () => {
  const lake = (extra: string) =>
    `${SPEND.replace('source: shop', 'source: lake')
      .replace('end: 2026-01-03', 'end: 2026-01-02')
      .replace(
        /query: .*/,
        'query: select md5(files::text) as entity_id, count(*)::double as value, {{end}} as timestamp from files group by 1',
      )}${extra}`;

  test('a pattern that finds no file', async () => {
    const view = lake('files: "none/{yyyy}-{MM}-{dd}.parquet"\non_missing: fail\n');
    const world = await openCommandWorld({ 'features/spend.yaml': view, 'lake/readme.txt': '' });
    expectSentence(await world.millrace('run spend --here'), {
      code: 1,
      says: /no file for .* matches none\/\{yyyy\}/,
    });
  });

  test('a file that is not Parquet', async () => {
    const view = lake('files: "{yyyy}-{MM}-{dd}.parquet"\n');
    const world = await openCommandWorld({ 'features/spend.yaml': view, 'lake/2026-01-01.parquet': 'PAR1 not really' });
    expectSentence(await world.millrace('run spend --here'), { code: 1, says: /2026-01-01\.parquet/ });
  });

  const broken = publicData('parquet-testing');
  test.skipIf(broken === null).each(['ARROW-GH-41317.parquet', 'ARROW-GH-45185.parquet', 'PARQUET-1481.parquet'])(
    'the broken %s',
    async (name) => {
      const world = await openCommandWorld({ 'features/spend.yaml': lake('files: "{yyyy}-{MM}-{dd}.parquet"\n') });
      await mkdir(join(world.folder, 'lake'));
      await copyFile(join(broken ?? '', name), join(world.folder, 'lake', '2026-01-01.parquet'));
      expectSentence(await world.millrace('run spend --here'), { code: 1, says: /2026-01-01\.parquet/ });
    },
  );
});
