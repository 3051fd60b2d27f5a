// Given rows that the engine of a test rejects: a failed test that names the file, the table and the row.

import { afterAll, describe, expect, test } from 'vitest';
import { performTest } from '../../src/cli/define/test-run.ts';
import { systemClock } from '../../src/core/clock.ts';
import { loadDefinitions } from '../../src/definition/load.ts';
import { openFixtures } from '../../src/view-tests/open-fixtures.ts';
import { CONFIG, projectFolder } from '../cli/world.ts';

const VIEW = `name: paid
entity: customer
source: shop
kind: events
interval: 1h
start: 2026-01-01
type: int
query: select customer as entity_id, at as timestamp, 1 as value from orders where at >= {{start}} and at < {{end}}
`;

const fixtures = openFixtures(systemClock);
afterAll(() => fixtures[Symbol.asyncDispose]());

const GOOD = '{ customer: a, at: 2026-01-01T10:00:00Z, amount: 1 }';

/** The failure of a test with these rows and types. */
async function failureOf(dialect: string, row: string, types = '{}'): Promise<string | undefined> {
  const config = CONFIG.replace(/shop: \{ url: ("[^"]*")/, `shop: { url: $1, dialect: ${dialect}`);
  const yaml = `view: paid
given:
  orders:
    - ${GOOD}
    - ${row}
types: { orders: ${types} }
span: [2026-01-01T10:00Z, 2026-01-01T11:00Z]
expect: {}
`;
  const folder = await projectFolder({ 'millrace.yaml': config, 'features/paid.yaml': VIEW, 'tests/paid.yaml': yaml });
  const definitions = await loadDefinitions(folder, systemClock.now());
  const [one] = definitions.tests;
  if (one === undefined) throw new Error('the project has no test');
  const result = await performTest(systemClock, fixtures, definitions, one, new AbortController().signal);
  return result.failure?.message;
}

describe.each(['postgres', 'mysql'])('a test with bad rows on %s', (dialect) => {
  test.each([
    [
      'an unknown type',
      GOOD,
      '{ amount: nummeric }',
      /^tests\/paid\.yaml: the table orders cannot be stored .*nummeric/i,
    ],
    [
      'a value that is not of the type',
      '{ customer: b, at: 2026-01-01T10:00:00Z, amount: many }',
      '{ amount: int }',
      /^tests\/paid\.yaml: (?:amount of )?row 2 of the table orders cannot be stored for the test: .*many/,
    ],
    [
      'a day that does not exist',
      '{ customer: b, at: 2026-13-45, amount: 1 }',
      '{}',
      /^tests\/paid\.yaml: at of row 2 of the table orders .*2026-13-45/,
    ],
  ])('has %s', async (_what, row, types, message) => {
    expect(await failureOf(dialect, row, types)).toMatch(message);
  });
});
