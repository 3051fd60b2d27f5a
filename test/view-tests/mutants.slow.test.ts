// The tests of the sample project notice changes of its queries.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { performTest, viewOf } from '../../src/cli/define/test-run.ts';
import { systemClock } from '../../src/core/clock.ts';
import { type Definitions, loadDefinitions } from '../../src/definition/load.ts';
import { type Fixtures, openFixtures } from '../../src/view-tests/open-fixtures.ts';

const CHECKOUT = new URL('../..', import.meta.url).pathname;

/** View → changes of its query: a string, and what replaces it. */
const MUTANTS: Readonly<Record<string, readonly (readonly [from: string, to: string])[]>> = {
  customer_orders: [
    ['>= {{start}}', '> {{start}}'],
    ['< {{end}}', '<= {{end}}'],
    ['amount as order_amount', 'amount * 1.2 as order_amount'],
    ['id as tie_break', '-id as tie_break'],
    ['where ordered_at', 'where customer_id is not null and ordered_at'],
  ],
  customer_spend_30d: [
    ["interval '30 days'", "interval '31 days'"],
    ['>= {{end}} - interval', '> {{end}} - interval'],
    ['ordered_at < {{end}}', 'ordered_at <= {{end}}'],
    ['sum(amount)', 'max(amount)'],
    ['{{end}} as timestamp', "{{end}} - interval '1 hour' as timestamp"],
  ],
  customer_basket: [
    ['quantity * unit_price', 'quantity + unit_price'],
    ['sum(quantity * unit_price)', 'sum(abs(quantity) * unit_price)'],
    ['sum(quantity * unit_price)', 'avg(quantity * unit_price)::decimal(18, 2)'],
    ['where customer_id is not null', ''],
    ['where customer_id is not null', 'where quantity > 0 and customer_id is not null'],
  ],
  product_reviews: [
    ['where received_at >= {{start}}', 'where received_at > {{start}}'],
    ['received_at < {{end}}', 'received_at <= {{end}}'],
    ['received_at', 'written_at'],
    ['stars, would_rebuy', 'coalesce(stars, 0) as stars, would_rebuy'],
    ['stars, would_rebuy', 'stars, coalesce(would_rebuy, false) as would_rebuy'],
  ],
  product_stock: [
    ['stock as value', 'stock + 1 as value'],
    ['stock as value', 'coalesce(stock, 0) as value'],
    ['from products', 'from products where stock > 0'],
    ['from products', 'from products where stock is not null'],
    ['now() as timestamp', "now() - interval '1 day' as timestamp"],
  ],
};

let definitions: Definitions;
let fixtures: Fixtures;

beforeAll(async () => {
  definitions = await loadDefinitions(CHECKOUT, systemClock.now());
  fixtures = openFixtures(systemClock);
});

afterAll(() => fixtures[Symbol.asyncDispose]());

/** Whether all tests of a view pass with another query. */
async function passes(view: string, query: string): Promise<boolean> {
  const views = definitions.views.map((one) => (one.name === view ? { ...one, query } : one));
  const tests = definitions.tests.filter((one) => one.view === view);
  const signal = new AbortController().signal;
  const results = [];
  for (const one of tests)
    results.push(await performTest(systemClock, fixtures, { ...definitions, views }, one, signal));
  // A mutant that a database rejects would be noticed without any test.
  expect(results.map(({ failure }) => failure)).toEqual(results.map(() => null));
  return results.length > 0 && results.every(({ passed }) => passed);
}

describe.each(Object.entries(MUTANTS))('the tests of %s', (view, mutants) => {
  test('pass with its query', async () => {
    expect(await passes(view, viewOf(definitions, view).query ?? '')).toBe(true);
  });

  test.each(mutants)('notice %s → %s', async (from, to) => {
    const query = viewOf(definitions, view).query ?? '';
    expect(query).toContain(from);
    expect(await passes(view, query.replaceAll(from, to))).toBe(false);
  });
});
