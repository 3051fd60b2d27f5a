import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseReceipt } from '../../../src/datasets/receipt.ts';
import { rowsOf } from '../../datasets/build-world.ts';
import { type CommandWorld, openCommandWorld } from '../world.ts';

const CHURN = `name: churn
labels:
  source: shop
  query: select entity_id, at as timestamp, churned from churn where at >= {{start}} and at < {{end}}
start: 2026-01-01
end: 2026-01-04
views: [spend]
`;

async function churnWorld(changes: (text: string) => string = (same) => same): Promise<CommandWorld> {
  const world = await openCommandWorld({ 'datasets/churn.yaml': changes(CHURN) });
  await world.database.run('create table churn (entity_id text, at timestamptz, churned boolean)');
  await world.database.run(
    `insert into churn values ('ada', '2026-01-02 12:00+00', true), ('bob', '2026-01-01 12:00+00', false), ('zoe', '2026-01-03+00', null)`,
  );
  await world.millrace('run spend --here');
  return world;
}

describe('millrace dataset build', () => {
  test('writes labels with the features that were known at each of them, and a receipt', async () => {
    const world = await churnWorld();
    const { code, stdout, stderr } = await world.millrace('dataset build churn --out file:./sets/churn');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/3 labels in 1 part\n.*part-00000\.parquet {2}3 rows.*\nbuilt {2}churn: 3 rows, 1 file/);
    const out = join(world.folder, 'sets/churn');
    expect((await readdir(out)).sort()).toEqual(['_receipt.json', 'part-00000.parquet']);
    const receipt = parseReceipt(await readFile(join(out, '_receipt.json'), 'utf8'), out);
    expect(receipt).toMatchObject({
      name: 'churn',
      rows: 3,
      views: [
        {
          view: 'spend',
          entity: 'customer',
          range: { start: '2026-01-01T00:00:00Z', end: '2026-01-03T00:00:00Z' },
          covered: [{ start: '2026-01-01T00:00:00Z', end: '2026-01-03T00:00:00Z' }],
          holes: [],
          found: 1,
          inHoles: 0,
        },
      ],
      columns: ['entity_id', 'timestamp', 'churned', 'spend__spend', 'spend__event_timestamp'].map((name) => ({
        name,
      })),
    });
    expect(await rowsOf(out, receipt)).toEqual([
      {
        entity_id: 'ada',
        timestamp: '2026-01-02 12:00:00+00',
        churned: 'true',
        spend__spend: '1.5',
        spend__event_timestamp: '2026-01-02 00:00:00+00',
      },
      {
        entity_id: 'bob',
        timestamp: '2026-01-01 12:00:00+00',
        churned: 'false',
        spend__spend: null,
        spend__event_timestamp: null,
      },
      {
        entity_id: 'zoe',
        timestamp: '2026-01-03 00:00:00+00',
        churned: null,
        spend__spend: null,
        spend__event_timestamp: null,
      },
    ]);
    const listed = await world.millrace('dataset list --json');
    expect(JSON.parse(listed.stdout)).toMatchObject({
      datasets: [{ name: 'churn', views: ['spend'] }],
      builds: [{ name: 'churn', state: 'done', labels: 3, target: out }],
    });
  });

  test.each([
    [
      'a label without a time',
      `insert into churn values ('eve', null, true)`,
      'its timestamp is null; expected a time',
    ],
    [
      'a label without an entity',
      `insert into churn values (null, '2026-01-02', true)`,
      'its entity_id is null; expected an entity id',
    ],
    [
      'an entity that is empty',
      `insert into churn values ('', '2026-01-02', true)`,
      'its entity_id is ""; expected a string of 1 to 512 bytes',
    ],
    [
      'a duplicate label',
      `insert into churn select * from churn`,
      'contain entity_id "ada", timestamp "2026-01-02 12:00:00+00" twice',
    ],
    [
      'a time that cannot be read',
      `alter table churn alter at type text using 'soon'`,
      'its timestamp is "soon" (entity_id "ada"); expected an ISO date or time',
    ],
  ])('refuses %s, and leaves nothing', async (_what, sql, message) => {
    const world = await churnWorld((text) => text.replace(/where .*/, 'where {{start}} < {{end}}'));
    await world.database.run(sql);
    const { code, stderr } = await world.millrace('dataset build churn --out sets/churn');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(message) });
    expect(existsSync(join(world.folder, 'sets/churn'))).toBe(false);
  });

  test('refuses a label outside of the span of the set', async () => {
    const world = await churnWorld((text) =>
      text.replace(/at >= .*/, '{{start}} < {{end}}').replace('end: 2026-01-04', 'end: 2026-01-02'),
    );
    const { stderr } = await world.millrace('dataset build churn --out sets/churn');
    expect(stderr).toContain(
      'Label 1 of churn cannot be used: its timestamp "2026-01-02 12:00:00+00" (entity_id "ada") is outside the span of the set, [2026-01-01T00:00:00Z, 2026-01-02T00:00:00Z)',
    );
  });

  test.each([
    [
      'a label column that is missing',
      'entity_id, at as timestamp',
      'entity_id as id, at as timestamp',
      'the column "entity_id" is missing',
    ],
    [
      'an entity column that is missing',
      'views: [spend]',
      'views: [{ view: spend, entity_id: payer }]',
      'the column "payer" is missing',
    ],
    [
      'two columns of one name',
      'churned from',
      '1 as "spend__spend" from',
      'would have two columns named "spend__spend"',
    ],
    ['a query that does not run', 'from churn', 'from churned', 'relation "churned" does not exist'],
  ])('refuses %s', async (_what, from, to, message) => {
    const world = await churnWorld((text) => text.replace(from, to));
    const { code, stderr } = await world.millrace('dataset build churn --out sets/churn');
    expect({ code, stderr }).toEqual({ code: expect.toBeOneOf([1, 3]), stderr: expect.stringContaining(message) });
  });

  test('refuses a hole in coverage, naming it, and builds around it where the set allows that', async () => {
    const world = await churnWorld();
    await world.millrace('restate spend --from 2026-01-01 --to 2026-01-02');
    await world.database.run(`update millrace.coverage set stale = '{[2026-01-01,2026-01-02)}'`);
    const refused = await world.millrace('dataset build churn --out sets/churn');
    expect(refused.stderr).toContain(
      'churn needs intervals of spend that are not stored: [2026-01-01T00:00:00Z, 2026-01-02T00:00:00Z) stale.',
    );
    await world.write({ 'datasets/churn.yaml': `${CHURN}require_coverage: false\n` });
    const built = await world.millrace('dataset build churn --out sets/churn --json');
    expect(JSON.parse(built.stdout)).toMatchObject({ views: [{ found: 0, inHoles: 2, holes: [{ why: 'stale' }] }] });
  });

  test('refuses a place that exists, a view that is not deployed, and a set that is not defined', async () => {
    const world = await churnWorld();
    await mkdir(join(world.folder, 'sets/churn'), { recursive: true });
    const present = await world.millrace('dataset build churn --out sets/churn');
    expect(present.stderr).toContain('sets/churn already exists, and training sets never overwrite files');
    const misspelt = await world.millrace('dataset build churm --out sets/1');
    expect(misspelt.stderr).toContain('There is no training set "churm" in datasets/; did you mean `churn`?');
    await world.database.run('delete from millrace.view');
    const absent = await world.millrace('dataset build churn --out sets/2');
    expect(absent.stderr).toContain('No view named "spend" is deployed');
  });
});

describe('millrace dataset preview', () => {
  test('shows the first rows, of labels of a query and of steps', async () => {
    const world = await churnWorld((text) => text.replace('from churn where', 'from churn where true and'));
    const { code, stdout } = await world.millrace('dataset preview churn --rows 1 --json');
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      {
        name: 'churn',
        rows: [
          {
            entity_id: 'ada',
            timestamp: '2026-01-02 12:00:00+00',
            churned: 'true',
            spend__spend: 1.5,
            spend__event_timestamp: '2026-01-02T00:00:00.000Z',
          },
        ],
      },
    ]);
    await world.write({ 'datasets/churn.yaml': CHURN.replace(/source: shop\n.*/, 'every: 1d\n  entities: spend') });
    const steps = await world.millrace('dataset preview churn');
    expect(steps.stdout).toMatch(
      /^entity_id +timestamp.*\nada +2026-01-02T00:00:00\.000000Z +1\.5 .*\nbob +2026-01-02T/,
    );
  });
});

describe('millrace dataset verify', () => {
  test('compares a set with its receipt, and with the stores', async () => {
    const world = await churnWorld();
    await world.millrace('dataset build churn --out sets/churn');
    const same = await world.millrace('dataset verify sets/churn --rebuild');
    expect(same).toEqual({
      code: 0,
      stdout: 'agrees  churn: 3 rows in 1 file\nsame  the stores still produce the same set\n',
      stderr: '',
    });
    const receiptFile = join(world.folder, 'sets/churn/_receipt.json');
    const receipt = await readFile(receiptFile, 'utf8');
    await writeFile(receiptFile, receipt.replace(/"engine": ".*?"/, '"engine": "duckdb v0"'));
    const older = await world.millrace('dataset verify sets/churn --rebuild');
    expect(older).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^agrees .*\nunknown .*\n {2}columns cannot be compared: .*duckdb v0,.*\n$/),
    });
    await writeFile(receiptFile, receipt);
    await writeFile(join(world.folder, 'sets/churn/part-00000.parquet'), 'other');
    await world.database.run(`insert into churn values ('kim', '2026-01-03', true)`);
    const other = await world.millrace('dataset verify sets/churn --rebuild --json');
    expect([other.code, JSON.parse(other.stdout)]).toMatchObject([
      1,
      {
        name: 'churn',
        problems: [{ file: 'part-00000.parquet', problem: 'other_size', found: 5 }],
        rebuilt: { changes: [], differences: [{ what: 'rows', expected: 3, found: 4 }, {}, {}, {}, {}, {}] },
      },
    ]);
  });
});

describe('millrace types', () => {
  test('writes the types of the defined or the deployed views', async () => {
    const world = await churnWorld();
    const printed = await world.millrace('types');
    expect(printed.stdout).toContain(
      "  spend: {\n    entity: 'customer';\n    features: {\n      spend: number;\n    };\n  };\n",
    );
    await world.millrace(`types --deployed --out ${join(world.folder, 'features.d.ts')}`);
    expect(await readFile(join(world.folder, 'features.d.ts'), 'utf8')).toBe(printed.stdout);
    const nowhere = await world.millrace(`types --out ${join(world.folder, 'none/features.d.ts')}`);
    expect([nowhere.code, nowhere.stderr]).toEqual([3, expect.stringMatching(/^--out .* cannot be written: ENOENT/)]);
  });
});
