// Given and expected values reach the query, and are compared, as they are written.

import { afterAll, describe, expect, test } from 'vitest';
import { performTest } from '../../src/cli/define/test-run.ts';
import { systemClock } from '../../src/core/clock.ts';
import { loadDefinitions } from '../../src/definition/load.ts';
import { openFixtures } from '../../src/view-tests/open-fixtures.ts';
import { CONFIG, projectFolder } from '../cli/world.ts';

const VIEW = `name: paid
entity: customer
kind: snapshot
interval: 1d
start: 2026-01-01
query: select id as entity_id, v as value, {{end}} as timestamp from files
`;
const FILES = 'source: lake\nfiles: "{yyyy}-{MM}-{dd}.csv"\n';

const fixtures = openFixtures(systemClock);
afterAll(() => fixtures[Symbol.asyncDispose]());

type Written = {
  readonly view: string;
  readonly given: string;
  readonly value: string;
  readonly config?: string;
  readonly type?: string;
};

/** Loads a project with a test of one row. */
async function loaded({ view, given, value, config = CONFIG, type }: Written) {
  const yaml = `view: paid
given:
  files:
    - { id: a, v: ${given} }${type === undefined ? '' : `\ntypes: { files: { v: ${type} } }`}
span: [2026-01-01, 2026-01-02]
expect:
  rows:
    - { entity_id: a, paid: ${value} }
`;
  const folder = await projectFolder({
    'millrace.yaml': config,
    'features/paid.yaml': VIEW + view,
    'tests/paid.yaml': yaml,
  });
  return loadDefinitions(folder, systemClock.now());
}

/** The differences of the rows, or the message of the failure. */
async function resultOf(written: Written): Promise<unknown> {
  const definitions = await loaded(written);
  const [one] = definitions.tests;
  if (one === undefined) throw new Error('the project has no test');
  const result = await performTest(systemClock, fixtures, definitions, one, new AbortController().signal);
  return result.failure?.message ?? result.outcome?.rows;
}

describe('a test of a view over files', () => {
  test.each([
    ['a euro sign in windows-1252', 'encoding: windows-1252', '"€5"'],
    ['a quotation mark of the view', `quote: "'"`, `"it's"`],
    ['a delimiter and a quotation mark', `quote: "'"\ndelimiter: ";"`, `"'a';\\"b\\""`],
  ])('gives the query %s', async (_what, settings, value) => {
    expect(await resultOf({ view: `${FILES}type: string\n${settings}\n`, given: value, value })).toEqual([]);
  });

  test.each([
    ['a character that its encoding lacks', 'encoding: latin-1', '"€5"', /"€" is not a character of latin-1/],
    ['a delimiter without quotes', 'quote: none', '"a,b"', /the value "a,b" has a delimiter or a line break/],
  ])('refuses %s', async (_what, settings, value, message) => {
    expect(await resultOf({ view: `${FILES}type: string\n${settings}\n`, given: value, value })).toMatch(message);
  });
});

describe('a test file', () => {
  test('accepts limits of a check that JavaScript writes with other digits', async () => {
    const folder = await projectFolder({
      'millrace.yaml': CONFIG,
      'features/paid.yaml': `${VIEW}${FILES}type: string\nchecks: [{ entities: { max: 1000000, min: 1 } }]\n`,
      'tests/paid.yaml': `view: paid\ngiven: { files: [] }\nspan: [2026-01-01, 2026-01-02]\nexpect: { checks: [{ entities: { max: 1e6, min: 1.0 }, result: passed }] }\n`,
    });
    const { tests } = await loadDefinitions(folder, systemClock.now());
    expect(tests).toHaveLength(1);
  });
});

describe('a test with small and large numbers', () => {
  const mysql = CONFIG.replace(/shop: \{ url: ("[^"]*")/, 'shop: { url: $1, dialect: mysql');

  test.each(['0.0000001', '1.5e-7', '1e+21'])('keeps the digits of %s', async (number) => {
    const view = 'source: shop\ntype: decimal\n';
    expect(await resultOf({ view, given: number, value: number, config: mysql })).toEqual([]);
  });

  test.each([
    ['{ id: 12345678901234567890, share: 1.50 }', '{ share: 1.5, id: 12345678901234567890 }', []],
    ['[0.1234567890123456789, +1e400, .5]', `'[0.1234567890123456789, 1${'0'.repeat(400)}, 0.5]'`, []],
    ['{ id: 12345678901234567890 }', '{ id: 12345678901234567891 }', [expect.anything()]],
    ['{ id: 0x20000000000001 }', '{ id: 9007199254740993 }', []],
  ])('keeps the digits of numbers inside the JSON %s', async (given, value, differences) => {
    expect(await resultOf({ view: 'source: shop\ntype: json\n', given, value })).toEqual(differences);
  });

  test.each([
    ['12345678901234567890', 'jsonb', "'12345678901234567890'", []],
    ['1.50', 'JSON', '1.5', []],
    ['12345678901234567890', 'json', "'12345678901234567891'", [expect.anything()]],
  ])('keeps the digits of the number %s in a column of type %s', async (given, type, value, differences) => {
    expect(await resultOf({ view: 'source: shop\ntype: json\n', given, type, value })).toEqual(differences);
  });

  test('refuses numbers that YAML rounds', async () => {
    const view = 'source: shop\ntype: int\n';
    await expect(loaded({ view, given: '9007199254740993', value: '9007199254740993' })).rejects.toThrow(
      /tests\/paid\.yaml:4:19: 9007199254740993 has more digits .*\n.*paid\.yaml:8:29: 9007199254740993/,
    );
  });
});
