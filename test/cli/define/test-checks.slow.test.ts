// millrace test: the checks of a view.

import { beforeAll, describe, expect, test } from 'vitest';
import { CONFIG, performMillrace, projectFolder } from '../world.ts';

const VIEW = `name: basket
entity: customer
source: lake
kind: snapshot
interval: 1d
start: 2026-01-01
complete: true
files: baskets/{yyyy}-{MM}-{dd}.csv
types: { amount: decimal, items: int }
features:
  - { name: amount, type: decimal }
  - { name: items, type: int }
  - { name: country, type: string }
checks:
  - { row: "amount >= 0 and
           items > 0", on_failure: refuse }
  - { row: "amount < 100" }
  - { matches: "^[A-Z]{2}$", feature: country, on_failure: warn }
  - { unique: [items], at_least: 60% }
  - { entities: { min: 1000 } }
  - { volume: 40% }
  - { drift: amount }
query: select customer as entity_id, {{end}} as timestamp, amount, items, country from files
`;

const TEST = `view: basket
given:
  files:
    - { customer: ada, amount: 1.5, items: 1, country: GB }
    - { customer: bob, amount: 2, items: 2, country: GB }
    - { customer: cy, amount: -2, items: 3, country: GB }
    - { customer: "", amount: 4, items: 4, country: GB }
span: [2026-01-01, 2026-01-02]
expect:
  rows:
    - { entity_id: ada, amount: 1.5 }
    - { entity_id: bob, amount: 2 }
  refused:
    - { reason: entity_id_empty }
    - { reason: check_failed, entity_id: cy, amount: -2 }
`;

const MEMBERS = `name: members
entity: member
source: shop
kind: snapshot
interval: 1d
start: 2026-01-01
complete: true
type: bool
query: select id as entity_id, {{end}} as timestamp, true as value from members where until >= {{end}}
`;

let folder: string;

/** The results of the test, after changes of it. */
async function results(...changes: readonly (readonly [from: string, to: string])[]) {
  let file = TEST;
  for (const [from, to] of changes) {
    expect(file).toContain(from);
    file = file.replace(from, to);
  }
  const changed = await projectFolder({ 'millrace.yaml': CONFIG, 'features/basket.yaml': VIEW, 'tests/t.yaml': file });
  return { json: await performMillrace(changed, 'test --json'), changed };
}

async function textOf(changed: string): Promise<string> {
  return (await performMillrace(changed, 'test')).stdout;
}

beforeAll(async () => {
  folder = await projectFolder({ 'millrace.yaml': CONFIG, 'features/basket.yaml': VIEW, 'tests/t.yaml': TEST });
});

describe('test of a view with checks', () => {
  test('expects the rows that a check refuses under refused', async () => {
    expect(await performMillrace(folder, 'test')).toEqual({
      code: 0,
      stdout: 'pass  tests/t.yaml  basket\n1 test passed, 0 failed\n',
      stderr: '',
    });
  });

  test('fails if rows fail a check that fails a run, and names the check', async () => {
    const { json, changed } = await results(['amount: 1.5', 'amount: 150'], ['amount: 1.5', 'amount: 150']);
    expect(JSON.parse(json.stdout).tests).toMatchObject([
      {
        passed: false,
        rows: [],
        checks: [
          { expected: null, result: 'failed', state: 'broken', check: { kind: 'row' }, facts: { broken: 1, rows: 2 } },
        ],
      },
    ]);
    expect(await textOf(changed)).toBe(`FAIL  tests/t.yaml  basket
  checks:
    - passed: row "amount < 100"
    + failed: row "amount < 100": 1 of 2 rows (50%) fails
0 tests passed, 1 failed
`);
  });

  test('passes if it expects what checks do', async () => {
    const { json } = await results(
      ['amount: 1.5', 'amount: 150'],
      ['amount: 1.5', 'amount: 150'],
      ['items: 2, country: GB', 'items: 1, country: England'],
      [
        '  rows:',
        `  checks:
    - { row: "amount  <  100", result: failed, rows: 1 }
    - { matches: "^[A-Z]{2}$", result: warned, rows: 1 }
    - { unique: [items], result: failed, rows: 1 }
    - { entities: { min: 1000 }, result: failed }
  rows:`,
      ],
    );
    expect({ code: json.code, tests: JSON.parse(json.stdout).tests }).toMatchObject({
      code: 0,
      tests: [{ checks: [] }],
    });
  });

  test('fails if a check fails for another number of rows, or not at all', async () => {
    const { changed } = await results([
      '  rows:',
      `  checks:
    - { row: "amount < 100", result: failed, rows: 2 }
    - { matches: "^[A-Z]{2}$", feature: country, result: passed }
  rows:`,
    ]);
    expect(await textOf(changed)).toContain(`  checks:
    - failed: row "amount < 100", 2 rows
    + passed: row "amount < 100": 0 of 2 rows (0%) fail
`);
  });

  test('reports a check that Postgres cannot evaluate', async () => {
    const changed = await projectFolder({
      'millrace.yaml': CONFIG,
      'features/basket.yaml': VIEW.replace('amount < 100', '1 / (items - 1) > 0'),
      'tests/t.yaml': TEST,
    });
    expect(await textOf(changed)).toMatch(
      /FAIL .*\n {2}Postgres cannot evaluate the check `row "1 \/ \(items - 1\) > 0"`/,
    );
  });

  test('reports a snapshot of a complete view that lacks everything', async () => {
    const changed = await projectFolder({
      'millrace.yaml': CONFIG,
      'features/members.yaml': MEMBERS,
      'tests/t.yaml': `view: members
given: { members: [{ id: m1, until: 2026-01-02T12:00:00Z }] }
span: [2026-01-01, 2026-01-03]
expect: { rows: [{ entity_id: m1, timestamp: 2026-01-02T00:00:00Z }] }
`,
    });
    expect(await textOf(changed)).toBe(`FAIL  tests/t.yaml  members
  A run would fail: The snapshot is empty, but the previous one has 1 entity, so all of their values would be removed. To store it, set allow_empty: true in the view, or use --allow-removals.
0 tests passed, 1 failed
`);
  });

  test.each([
    ['{ row: "amount < 1", result: failed }', 'the view has no such check; expected one of its `row`'],
    ['{ volume: 40%, result: failed }', 'unknown key `volume` in `expect.checks[0]`'],
    ['{ row: "amount >= 0 and items > 0", result: failed }', 'this check refuses rows: list them under `refused`'],
    ['{ row: "amount < 100", result: warned }', 'expected `result: passed` or `failed`'],
  ])('refuses to expect %s', async (written, message) => {
    const changed = await projectFolder({
      'millrace.yaml': CONFIG,
      'features/basket.yaml': VIEW,
      'tests/t.yaml': TEST.replace('  rows:', `  checks: [${written}]\n  rows:`),
    });
    const { code, stderr } = await performMillrace(changed, 'validate');
    expect(code).toBe(3);
    expect(stderr).toMatch(/tests\/t\.yaml:\d+/);
    expect(stderr).toContain(message);
  });
});
