// Postgres must accept what the row check accepts: one bad line would fail the COPY of a whole run.

import { once } from 'node:events';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { identifier } from '../../src/postgres/database.ts';
import { stagingColumns } from '../../src/rows/layout.ts';
import { openTestDatabase } from '../support/database.ts';
import type { SampleType } from '../support/feature-types.ts';
import { freshDatabase } from '../support/servers.ts';
import { checkRows, layoutOf, type Row } from './checking.ts';

const digits = fc.stringMatching(/^[+-]?[0-9]{0,25}\.?[0-9]{0,25}(e[+-]?[0-9]{1,4})?$/);
const times = fc.stringMatching(
  /^(19|20|9[0-9])[0-9]{2}-[01][0-9]-[0-3][0-9]([Tt ][0-2][0-9]:[0-5][0-9](:[0-5][0-9](\.[0-9]{1,7}0{0,3})?)?( ?([Zz]|[+-][01][0-9](:?[0-5][0-9])?))?)?$/,
);
const texts: Readonly<Record<SampleType, fc.Arbitrary<string>>> = {
  float: fc.oneof(digits, fc.double().map(String), fc.constantFrom('5e-324', '2e-324', '1.', '.5', '+1')),
  int: fc.oneof(digits, fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(String)),
  decimal: digits,
  string: fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\\.', '\\N', '\\', '\r\n', '\u2028')),
  bool: fc.constantFrom('true', 'false', 't', ''),
  json: fc.oneof(
    fc.json(),
    fc.json({ noUnicodeString: false }),
    digits,
    fc.constantFrom('"\\u0000"', '"\\udc00x"', '[1e9999]'),
  ),
  timestamp: times,
  'vector(2)': fc.tuple(digits, digits).map(([a, b]) => `[${a}, ${b}]`),
};

describe('createRowCheck', () => {
  test.each(Object.entries(texts))('accepts of a %s only what Postgres takes', async (type, text) => {
    const world = { type: type as SampleType, columnTypes: { tie_break: 'decimal' as const } };
    const row = fc.record({
      entity_id: fc.string({ unit: 'binary' }),
      timestamp: times,
      value: text,
      tie_break: digits,
    });
    const rows: Row[] = fc.sample(row, 20_000);
    const checked = checkRows(rows, { ...world, options: { range: null } });
    expect(checked.accepted).toBeGreaterThan(200);

    await using database = openTestDatabase(await freshDatabase());
    const { view, layout } = layoutOf(world);
    const columns = stagingColumns(view, layout).map(({ name, sqlType }) => `${identifier(name)} ${sqlType}`);
    await database.run(`create table staged (${columns.join(', ')})`);
    await database.session(async (session) => {
      const copy = session.copyIn('copy staged from stdin');
      copy.end(checked.text);
      await once(copy, 'finish');
    });
    expect(await database.query('select count(*)::int4 from staged')).toEqual([{ count: checked.accepted }]);
  });
});
