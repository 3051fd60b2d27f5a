import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { viewFile } from '../../src/definition/files/view-file.ts';
import { parseView } from '../../src/definition/parse/parse-view.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import { viewText } from '../../src/definition/view-text.ts';

const parsed = (text: string): FeatureView => parseView(viewFile.parse(parse(text)));

const SPEND = `name: spend
entity: customer
source: shop
kind: snapshot
interval: 1d
start: 2026-01-01
type: decimal
query: |
  select customer_id as entity_id, sum(amount) as value, {{end}} as timestamp -- all of it
    from orders
   group by customer_id
`;

const ORDERS = `name: orders
description: "What they order: all of it"
entity: customer
tags:
  - money
source: shop
kind: events
interval: 1h
start: 2026-01-01T05:00:00Z
end: 2026-02-01
settle: 90s
lookback: 2
ttl: 90d
catch_up: latest
after:
  - spend
freshness: 6h
failures_max: 0
refused_max: 0.05
rows_min: 10
redacted: true
duplicates_max: 0.5
rows_max: 1000
features:
  - name: amount
    type: float
    nullable: true
    nulls_max: 0.1
  - name: lines
    type: int
    min: 0
query: select 1
`;

const BASKET = `name: basket
entity: customer
source: lake
kind: snapshot
interval: 1d
start: 2026-01-01
columns:
  entity_id: CustomerID
  value: Total
  timestamp: At
type: decimal
nullable: true
files: sales/{yyyy}-{MM}-{dd}.csv
types:
  Total: decimal
files_window: 2d
on_missing: wait
late_files: 0s
delimiter: ;
quote: none
`;

const RATES = `name: rates
entity: currency
source: shop
kind: latest
type: float
query: select 1
`;

describe('viewText', () => {
  test.each([SPEND, ORDERS, BASKET, RATES])('writes a view without its defaults', (text) => {
    expect(viewText(parsed(text))).toBe(text);
  });

  test('does not depend on the order of keys in the state database', () => {
    const reversed = JSON.parse(JSON.stringify(parsed(ORDERS)), (_key, value) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).reverse())
        : value,
    );
    expect(viewText(reversed)).toBe(ORDERS);
  });

  test('parses back to the same view, also with several tables', () => {
    const view = parsed(
      RATES.replace('latest', 'snapshot\ninterval: 6h\nstart: 2026-01-01').concat(
        'tables:\n  a: { files: "a/{yyyy}/{MM}/{dd}/*.parquet", on_missing: fail }\n  b: { files: "b/{yyyy}-{MM}-{dd}.csv", header: [x, "y z"] }\n',
      ),
    );
    expect(parsed(viewText(view))).toEqual(view);
  });
});
