// millrace test: output, exit codes, formats, recording.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { slowTest } from '../../support/sample.ts';
import { until } from '../../support/until.ts';
import { CONFIG, openCommandWorld, performMillrace, projectFolder, startMillrace } from '../world.ts';

const LAKE = `entity: customer
source: lake
kind: snapshot
interval: 1d
start: 2026-01-01
`;

const FILES = {
  'millrace.yaml': CONFIG,
  'features/basket.yaml': `name: basket
${LAKE}files: baskets/{yyyy}-{MM}-{dd}.csv
types: { amount: decimal }
delimiter: ";"
decimal_mark: ","
type: decimal
query: select customer as entity_id, sum(amount) as value, {{end}} as timestamp from files group by customer
`,
  'features/visits.yaml': `name: visits
${LAKE}tables:
  visits: { files: "visits/dt={yyyy}-{MM}-{dd}/*.parquet", on_missing: wait }
  people: { files: "people/{yyyy}{MM}{dd}.csv.{zip,gz}", delimiter: ";", encoding: utf-16, skip_lines: 2, footer_lines: 1 }
  tags: { files: "tags/{yyyy}/{MM}/[a-c]{dd}.json", types: { tags: json }, records: $.result.items }
features:
  - { name: seconds, type: float }
  - { name: at, type: timestamp }
  - { name: tags, type: json }
  - { name: shape, type: vector(2) }
query: |
  select p.name as entity_id, {{end}} as timestamp, sum(v.seconds) as seconds, max(v.at) as "at",
         any_value(t.tags) as tags, [1.0, 2.0] as shape
    from visits v join people p on p.id = v.person::text join tags t on t.person = p.id group by 1
`,
  'tests/basket.yaml': `view: basket
given:
  files:
    - { customer: ada, amount: 1.5 }
    - { customer: ada, amount: 2 }
    - { customer: "", amount: 4 }
span: [2026-01-01, 2026-01-02]
expect:
  rows:
    - { entity_id: ada, timestamp: 2026-01-02, basket: 3.50 }
  refused:
    - { reason: entity_id_empty }
`,
  'tests/visits.yaml': `view: visits
given:
  visits:
    - { person: 1, seconds: 1.5, at: 2026-01-01T10:00:00Z }
    - { person: 1, seconds: 2, at: 2026-01-01T12:00:00.25Z }
  people: [{ id: "1", name: "ada; \\"the\\" first" }]
  tags: [{ person: "1", tags: { b: [1, 2], a: null } }]
span: [2026-01-01, 2026-01-02]
expect:
  rows:
    - { entity_id: "ada; \\"the\\" first", seconds: 3.5, at: 2026-01-01T13:00:00.25+01:00, tags: { a: null, b: [1, 2] }, shape: [1, 2] }
`,
};

let folder: string;

beforeAll(async () => {
  folder = await projectFolder(FILES);
});

async function edited(file: keyof typeof FILES, from: string, to: string): Promise<string> {
  return projectFolder({ ...FILES, [file]: FILES[file].replace(from, to) });
}

describe('test', () => {
  test('passes over files of each format, without servers and variables', async () => {
    expect(await performMillrace(folder, 'test')).toEqual({
      code: 0,
      stdout: 'pass  tests/basket.yaml  basket\npass  tests/visits.yaml  visits\n2 tests passed, 0 failed\n',
      stderr: '',
    });
  });

  test('shows expected and found rows, and exits with 1', async () => {
    const wrong = await edited('features/basket.yaml', 'sum(amount)', 'max(amount)');
    const { code, stdout } = await performMillrace(wrong, 'test basket');
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: `FAIL  tests/basket.yaml  basket
  rows:
    - entity_id: ada, timestamp: 2026-01-02T00:00:00Z, basket: 3.5
    + entity_id: ada, timestamp: 2026-01-02T00:00:00Z, basket: 2
0 tests passed, 1 failed
`,
    });
  });

  test('reports a refused row that is not expected', async () => {
    const wrong = await edited('tests/basket.yaml', '    - { reason: entity_id_empty }', '    []');
    const { code, stdout } = await performMillrace(wrong, 'test basket --json');
    expect({ code, tests: JSON.parse(stdout).tests }).toMatchObject({
      code: 1,
      tests: [
        {
          file: 'tests/basket.yaml',
          passed: false,
          rows: [],
          refused: [{ expected: null, actual: { reason: 'entity_id_empty' } }],
        },
      ],
    });
  });

  test('fails a test whose query cannot run, and writes JUnit XML', async () => {
    const wrong = await edited('features/visits.yaml', 'sum(v.seconds)', 'sum(v.minutes)');
    const { code, stdout } = await performMillrace(wrong, 'test visits --junit results.xml');
    expect(code).toBe(1);
    expect(stdout).toMatch(/FAIL {2}tests\/visits\.yaml {2}visits\n.*does not have a column named "minutes"/);
    const xml = await readFile(join(wrong, 'results.xml'), 'utf8');
    expect(xml).toMatch(
      /^<\?xml .*\n<testsuite name="millrace" tests="1" failures="1">\n {2}<testcase classname="visits" name="tests\/visits.yaml" time="[\d.]+">\n {4}<failure>.*&quot;minutes&quot;/,
    );
  });

  test('fails a test with rows that its engine rejects, and runs the others', async () => {
    const wrong = await edited('tests/visits.yaml', 'span:', 'types: { visits: { seconds: nummeric } }\nspan:');
    const { code, stdout, stderr } = await performMillrace(wrong, 'test --junit results.xml');
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatch(/tests\/visits\.yaml: the table visits cannot be stored for the test: .*nummeric/);
    expect(stdout).toMatch(/^1 test passed, 1 failed$/m);
    expect(await readFile(join(wrong, 'results.xml'), 'utf8')).toContain('tests="2" failures="1"');
  });

  slowTest('sets the clock of a query over files and over Postgres', async () => {
    const query = (from: string) =>
      `query: select 'c' as entity_id, {{end}} as timestamp, (current_date = date '2026-01-03' and now() = current_timestamp\n    and '2026-01-03T04:05:06Z'::timestamptz = current_timestamp and 'now() -- current_date' <> '') as value from ${from}\n`;
    const view = (name: string, source: string) =>
      `name: ${name}\n${LAKE.replace('source: lake', `source: ${source}`)}type: bool\n`;
    const timed = (name: string, table: string) => `view: ${name}
now: 2026-01-03T04:05:06Z
given: { ${table}: [{ id: 1 }] }
span: [2026-01-01, 2026-01-02]
expect: { rows: [{ entity_id: c, ${name}: true }] }
`;
    const project = await projectFolder({
      'millrace.yaml': CONFIG,
      'features/on_files.yaml': `${view('on_files', 'lake')}files: "f/{yyyy}-{MM}-{dd}.csv"\n${query('files')}`,
      'features/on_shop.yaml': `${view('on_shop', 'shop')}${query('orders')}`,
      'tests/on_files.yaml': timed('on_files', 'files'),
      'tests/on_shop.yaml': timed('on_shop', 'orders'),
    });
    expect((await performMillrace(project, 'test')).stdout).toBe(
      'pass  tests/on_files.yaml  on_files\npass  tests/on_shop.yaml  on_shop\n2 tests passed, 0 failed\n',
    );
  });

  slowTest('runs again with --watch when a definition changes', async () => {
    const watched = await projectFolder(FILES);
    const running = startMillrace(watched, 'test basket --watch');
    onTestFinished(async () => {
      running.kill('SIGKILL');
      await running.ended;
    });
    const rounds = async (count: number) =>
      until(() => running.output().split('Waiting for changes.').length === count + 1);
    const file = join(watched, 'features/basket.yaml');
    await rounds(1);
    await writeFile(file, FILES['features/basket.yaml'].replace('sum(amount)', 'max(amount)'));
    await rounds(2);
    await writeFile(file, 'name: [');
    await rounds(3);
    await writeFile(file, FILES['features/basket.yaml']);
    await rounds(4);
    running.kill('SIGTERM');
    const { code, stdout, stderr } = await running.ended;
    expect(stdout.match(/^\d tests? passed, \d failed$/gm)).toEqual([
      '1 test passed, 0 failed',
      '0 tests passed, 1 failed',
      '1 test passed, 0 failed',
    ]);
    expect({ code, stderr: stderr.slice(0, 24) }).toEqual({ code: 0, stderr: 'features/basket.yaml:1:8' });
  });

  test('reports problems of test files with their line', async () => {
    const tests = {
      'tests/a.yaml': 'view: baskt\ngiven: {}\nspan: [2026-01-01, 2026-01-02]\nexpect: {}\n',
      'tests/b.yaml': 'view: basket\ngiven: {}\nspan: [2026-01-01, 2026-01-01T06:00]\nexpect: { rws: [] }\n',
      'tests/c.yaml': 'view: basket\ngiven: {}\nexpect: {}\n',
    };
    const { code, stderr } = await performMillrace(await projectFolder({ ...FILES, ...tests }), 'validate');
    expect({ code, stderr: stderr.split('\n') }).toEqual({
      code: 3,
      stderr: [
        "tests/a.yaml:1:7: `view`: there is no view 'baskt'; did you mean `basket`?",
        'tests/b.yaml:3:7: `span`: expected whole intervals of 1d, because the view has `interval: 1d`',
        'tests/b.yaml:4:11: unknown key `rws` in `expect`; did you mean `rows`?',
        'tests/c.yaml:1:1: `span` is missing; expected the start and the end of the time to run, such as [2026-01-02, 2026-01-03]',
        '',
      ],
    });
  });

  test('fails when it is interrupted, and writes no JUnit XML', async () => {
    const wrong = await edited('tests/visits.yaml', 'span:', 'types: { visits: { seconds: nummeric } }\nspan:');
    let calls = 0;
    const now = () => {
      calls += 1;
      // After the definitions are loaded, while the rows of the test are stored.
      if (calls === 2) process.emit('SIGINT');
      return systemClock.now();
    };
    const { code, stdout } = await performMillrace(
      wrong,
      'test visits --junit results.xml',
      {},
      { ...systemClock, now },
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    await expect(readFile(join(wrong, 'results.xml'))).rejects.toThrow('ENOENT');
  });

  test('refuses a test of a pushed view, and dates that are not in the calendar', async () => {
    const tests = {
      'features/amount.yaml': 'name: amount\nentity: customer\nkind: pushed\ntype: float\n',
      'tests/a.yaml': 'view: amount\ngiven: {}\nspan: [2026-01-01, 2026-01-02]\nexpect: {}\n',
      'tests/b.yaml': 'view: basket\ngiven: {}\nspan: [2026-02-30, 2026-03-02]\nexpect: {}\n',
      'tests/c.yaml': 'view: basket\nnow: 2026-02-30\ngiven: {}\nspan: [2026-01-01, 2026-01-02]\nexpect: {}\n',
    };
    const project = await projectFolder({ ...FILES, ...tests });
    expect((await performMillrace(project, 'validate')).stderr.split('\n')).toEqual([
      "tests/a.yaml:1:7: `view`: 'amount' is a pushed view: programs push its rows, so it has no query to test",
      "tests/b.yaml:3:8: `span[0]`: '2026-02-30' is not a valid date",
      "tests/c.yaml:2:6: `now`: '2026-02-30' is not a valid date",
      '',
    ]);
  });

  test('does not record a pushed view', async () => {
    const world = await openCommandWorld({
      'features/amount.yaml': 'name: amount\nentity: customer\nkind: pushed\ntype: float\n',
    });
    expect(await world.millrace('test --record amount --from 2026-01-01')).toEqual({
      code: 3,
      stdout: '',
      stderr: 'The rows of amount are pushed by other programs (kind: pushed), so there is no query to test.\n',
    });
  });

  test('names what is missing if no test matches', async () => {
    const { code, stderr } = await performMillrace(folder, 'test nothing');
    expect({ code, stderr }).toEqual({ code: 3, stderr: 'No tests match "nothing".\n' });
  });

  slowTest('records a test from the real source that passes', async () => {
    const world = await openCommandWorld({
      'features/spend.yaml': `name: spend
entity: customer
source: shop
kind: events
interval: 1d
start: 2026-01-01
type: decimal
query: |
  with big as (select * from paid where amount > 1)
  select trim(both from b.customer) as entity_id, b.at as timestamp, b.amount * r.rate * cardinality(b.tags) as value
    from big b, rates r
   where r.currency = b.currency and b.by = 'card' and b.at >= {{start}} and b.at < {{end}}
`,
    });
    await world.database.run(`create type paid_by as enum ('card', 'cash')`);
    await world.database.run(
      'create table paid (customer varchar(20), at timestamptz, amount numeric(10,2), currency text, by paid_by, tags text[])',
    );
    await world.database.run('create table rates (currency text, rate numeric(6,4))');
    await world.database.run(`insert into rates values ('EUR', 1.0825), ('USD', 1)`);
    await world.database.run(
      `insert into paid select 'c' || i, timestamptz '2026-01-01Z' + i * interval '6 hours', i + 0.5, 'EUR', 'card', array['a, b', null] from generate_series(0, 20) i`,
    );
    const recorded = await world.millrace('test --record spend --from 2026-01-02');
    expect(recorded).toEqual({ code: 0, stdout: 'wrote  tests/spend.yaml: 4 rows, 0 refused rows\n', stderr: '' });
    expect(await readFile(join(world.folder, 'tests/spend.yaml'), 'utf8')).toContain('amount: numeric(10,2)');
    expect((await world.millrace('test')).stdout).toBe('pass  tests/spend.yaml  spend\n1 test passed, 0 failed\n');
  });

  slowTest('records the numbers inside JSON with all their digits', async () => {
    const world = await openCommandWorld({
      'features/detail.yaml': `name: detail
entity: customer
source: shop
kind: latest
type: json
query: select customer as entity_id, now() as timestamp, detail as value from details
`,
    });
    await world.database.run('create table details (customer text, detail jsonb)');
    await world.database.run(
      `insert into details values ('a', '{"id": 12345678901234567890, "share": 1.50}'), ('b', '12345678901234567890')`,
    );
    expect((await world.millrace('test --record detail')).code).toBe(0);
    expect(await readFile(join(world.folder, 'tests/detail.yaml'), 'utf8')).toMatch(
      /id: 12345678901234567890\n.*detail: 12345678901234567890\n/s,
    );
    expect((await world.millrace('test')).stdout).toBe('pass  tests/detail.yaml  detail\n1 test passed, 0 failed\n');
  });

  slowTest('records a test of a view of kind latest, and a NaN', async () => {
    const world = await openCommandWorld({
      'features/score.yaml': `name: score
entity: customer
source: shop
kind: latest
type: float
query: select customer as entity_id, now() as timestamp, score as value from scores
`,
    });
    await world.database.run('create table scores (customer text, score float8)');
    await world.database.run(`insert into scores values ('a', 1.5), ('b', 'NaN')`);
    const recorded = await world.millrace('test --record score');
    expect(recorded).toEqual({ code: 0, stdout: 'wrote  tests/score.yaml: 1 row, 1 refused row\n', stderr: '' });
    expect((await world.millrace('test')).stdout).toBe('pass  tests/score.yaml  score\n1 test passed, 0 failed\n');
  });
});
