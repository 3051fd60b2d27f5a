// Spans have the same arithmetic over intervals and over multiranges in SQL.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { epochMsOf } from '../../src/core/instant.ts';
import { difference, type Interval, interval, union } from '../../src/core/interval.ts';
import { multirangeLiteral, parseRanges } from '../../src/postgres/range.ts';
import { at } from '../support/views.ts';
import { openWorld } from '../support/world.ts';

const CASES = 10_000;

/** Mostly on a coarse grid, where spans touch, nest and coincide; else anywhere in the valid time. */
const instant = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.integer({ min: 0, max: 12 }).map((hour) => epochMsOf(at('2026-01-01') + hour * 3_600_000)),
  },
  { weight: 1, arbitrary: fc.integer({ min: at('1900-01-01'), max: at('2200-01-01') }).map(epochMsOf) },
);
const span = fc
  .tuple(instant, instant)
  .filter(([one, other]) => one !== other)
  .map(([one, other]) => interval(epochMsOf(Math.min(one, other)), epochMsOf(Math.max(one, other))));
const spans = fc.array(span, { maxLength: 6 });

type Sums = { readonly union: Interval[]; readonly difference: Interval[]; readonly intersection: Interval[] };

function sumsOf(a: readonly Interval[], b: readonly Interval[]): Sums {
  return { union: union([...a, ...b]), difference: difference(a, b), intersection: difference(a, difference(a, b)) };
}

test('union, difference and intersection of 10,000 pairs of sets are the same over intervals and in SQL', async () => {
  await using world = await openWorld();
  const pairs = fc.sample(fc.tuple(spans, spans), CASES);
  const rows = await world.sql(
    `select (a + b)::text as union, (a - b)::text as difference, (a * b)::text as intersection
       from jsonb_to_recordset($1::jsonb) as pair(place int, a tstzmultirange, b tstzmultirange) order by place`,
    [JSON.stringify(pairs.map(([a, b], place) => ({ place, a: multirangeLiteral(a), b: multirangeLiteral(b) })))],
  );
  expect(rows).toHaveLength(CASES);
  for (const [index, [a, b]] of pairs.entries()) {
    const row = Object.entries(rows[index] ?? {}).map(([name, text]) => [name, parseRanges(String(text))]);
    expect(Object.fromEntries(row), `${multirangeLiteral(a)} and ${multirangeLiteral(b)}`).toEqual(sumsOf(a, b));
  }
});
