// Tests of views on MySQL and MariaDB.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { performTest } from '../../src/cli/define/test-run.ts';
import { systemClock } from '../../src/core/clock.ts';
import { epochMsOf } from '../../src/core/instant.ts';
import { type Definitions, loadDefinitions } from '../../src/definition/load.ts';
import { type Fixtures, openFixtures } from '../../src/view-tests/open-fixtures.ts';
import { CONFIG, projectFolder } from '../cli/world.ts';

const VIEW = `name: paid
entity: customer
source: shop
kind: events
interval: 1h
start: 2026-01-01
features:
  - { name: amount, type: decimal }
  - { name: is_first, type: bool }
  - { name: details, type: json, nullable: true }
query: |
  select concat("c", o.customer) as entity_id, o.at as timestamp, o.amount * r.rate as amount, o.is_first, o.details
    from orders o join rates r using (currency)
   where o.at >= {{start}} and o.at < {{end}}
`;

const TEST = `view: paid
given:
  orders:
    - { customer: 1, at: 2026-01-01T10:00:00.25Z, amount: 1.5, currency: EUR, is_first: true, details: { gift: true } }
    - { customer: 2, at: 2026-01-01T12:30:00+02:00, amount: 2, currency: USD, is_first: false, details: null }
    - { customer: 3, at: 2026-01-01T11:00:00Z, amount: 3, currency: USD, is_first: false, details: null }
    - { customer: 4, at: 2026-01-01T10:10:00Z, amount: null, currency: USD, is_first: false, details: null }
  rates:
    - { currency: EUR, rate: 1.25 }
    - { currency: USD, rate: 1 }
types:
  orders: { amount: "decimal(10, 2)" }
span: [2026-01-01T10:00Z, 2026-01-01T11:00Z]
expect:
  rows:
    - { entity_id: c1, timestamp: 2026-01-01T10:00:00.25Z, amount: 1.875, is_first: true, details: { gift: true } }
    - { entity_id: c2, timestamp: 2026-01-01T10:30Z, amount: 2, is_first: false, details: null }
  refused: [{ reason: value_null, entity_id: c4 }]
`;

let definitions: Definitions;
let fixtures: Fixtures;

beforeAll(async () => {
  const config = CONFIG.replace(/shop: \{ url: ("[^"]*")/, 'shop: { url: $1, dialect: mysql');
  const folder = await projectFolder({ 'millrace.yaml': config, 'features/paid.yaml': VIEW, 'tests/paid.yaml': TEST });
  definitions = await loadDefinitions(folder, systemClock.now());
  fixtures = openFixtures(systemClock);
});

afterAll(() => fixtures[Symbol.asyncDispose]());

async function resultOf(query: string) {
  const views = definitions.views.map((view) => ({ ...view, query }));
  const [one] = definitions.tests;
  if (one === undefined) throw new Error('the project has no test');
  return performTest(systemClock, fixtures, { ...definitions, views }, one, new AbortController().signal);
}

describe('a test of a view on MariaDB', () => {
  const query = () => definitions.views[0]?.query ?? '';

  test('passes with its query', async () => {
    expect(await resultOf(query())).toMatchObject({ failure: null, passed: true, outcome: { rows: [], refused: [] } });
  });

  test('has the clock of the test', async () => {
    const [one] = definitions.tests;
    if (one === undefined) throw new Error('the project has no test');
    const latest = `select 'c' as entity_id, now() as timestamp, timestampdiff(hour, o.at, current_timestamp) as amount,
      curdate() = '2026-03-04' and utc_timestamp(6) = sysdate(6) as is_first, null as details
      from orders o where o.customer = 1 and 'now()' <> ''`;
    const views = definitions.views.map((view) => ({ ...view, kind: 'latest' as const, query: latest }));
    const now = epochMsOf(Date.parse('2026-03-04T10:00:00.250Z'));
    const rows = [
      { entity_id: 'c', timestamp: '2026-03-04T10:00:00.25Z', amount: 1488, is_first: true, details: null },
    ];
    const timed = { ...one, now, span: null, expect: { rows, refused: [], checks: [] } };
    const signal = new AbortController().signal;
    expect(await performTest(systemClock, fixtures, { ...definitions, views }, timed, signal)).toMatchObject({
      failure: null,
      outcome: { rows: [], refused: [] },
    });
  });

  test.each([
    ['* r.rate', '+ r.rate'],
    ['o.at >= {{start}}', 'o.at > {{end}}'],
    ['o.at < {{end}}', 'o.at <= {{end}}'],
    ['o.is_first', 'not o.is_first as is_first'],
    ['join rates r using (currency)', 'join rates r'],
  ])('notices %s → %s', async (from, to) => {
    expect(query()).toContain(from);
    expect((await resultOf(query().replace(from, to))).passed).toBe(false);
  });
});
