import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FeatureType } from '../../src/feature-types/index.ts';
import { createRowCheck } from '../../src/rows/check.ts';
import { REFUSAL_REASONS } from '../../src/rows/refusal.ts';
import { acceptedFields, checkRows, fieldOf, layoutOf, NOON, type Row, type World } from './checking.ts';

describe('createRowCheck', () => {
  test('writes accepted rows as COPY lines in the order of the staging table', () => {
    const checked = checkRows([{ entity_id: 'a\\b', value: '-0' }, { entity_id: 'c' }]);
    expect(checked).toEqual({
      text: `a\\\\b\t${NOON}\t-0\nc\t${NOON}\t1\n`,
      read: 2,
      accepted: 2,
      refused: [],
    });
  });

  test('refuses a row by its first bad column, with the value found and the value expected', () => {
    expect(checkRows([{ entity_id: 'x', value: 'abc' }]).refused).toEqual([
      {
        reason: 'value_wrong_type',
        field: 'value',
        detail: 'value is "abc", not a number',
        row: { entity_id: 'x', timestamp: NOON, value: 'abc' },
        key: `x\t${NOON}`,
      },
    ]);
  });

  test('shows no value of a redacted view except the entity', () => {
    const world: World = { view: { redacted: true } };
    expect(checkRows([{ entity_id: 'x', value: 'secret' }], world).refused).toEqual([
      {
        reason: 'value_wrong_type',
        field: 'value',
        detail: 'value is not a number',
        row: { entity_id: 'x', timestamp: '[redacted]', value: '[redacted]' },
        key: `x\t${NOON}`,
      },
    ]);
  });

  test('counts rows that the source refused', () => {
    const { view, layout } = layoutOf({});
    const check = createRowCheck({ view, layout, range: null, latestAllowedMicros: Infinity });
    const refused = [{ reason: 'field_wrong_type', field: 'x', detail: 'in a.csv, …', row: {} }] as const;
    expect(check.check({ rows: 0, columns: [], refused })).toEqual({
      text: '',
      read: 1,
      accepted: 0,
      refused: refused.map((row) => ({ ...row, key: null })),
    });
  });

  test('returns the key of a refused row if both its parts are valid, in the form of an accepted row', () => {
    const keysOf = (row: Row, world: World = {}) => checkRows([row], world).refused.map(({ key }) => key);
    expect(keysOf({ entity_id: 'a\\b', value: null })).toEqual([`a\\\\b\t${NOON}`]);
    expect(keysOf({ entity_id: '17.0', value: null }, { columnTypes: { entity_id: 'float' } })).toEqual([
      `17\t${NOON}`,
    ]);
    expect(keysOf({ tie_break: 'x' }, { columnTypes: { tie_break: 'int' } })).toEqual([`a\t${NOON}`]);
    expect(keysOf({ entity_id: '' })).toEqual([null]);
    expect(keysOf({ timestamp: '2026-02-01 00:00:00+00' })).toEqual([null]);
    expect(keysOf({ timestamp: null, value: null })).toEqual([null]);
  });

  test('accepts null only if the feature is nullable', () => {
    expect(fieldOf({ value: null })).toBe('value_null');
    expect(checkRows([{ value: null }], { feature: { nullable: true } }).text).toBe(`a\t${NOON}\t\\N\n`);
  });

  test('puts tie_break last, accepts null, and refuses values without an order', () => {
    const world: World = { columnTypes: { tie_break: 'float' } };
    expect(checkRows([{ tie_break: '2.5' }, { tie_break: null }], world).text).toBe(
      `a\t${NOON}\t1\t2.5\na\t${NOON}\t1\t\\N\n`,
    );
    expect(fieldOf({ tie_break: 'NaN' }, world)).toBe('tie_break_wrong_type');
  });

  test('keeps a column named __proto__ as data', () => {
    const [refused] = checkRows([{ entity_id: '__proto__', value: '__proto__' }]).refused;
    expect(JSON.parse(JSON.stringify(refused?.row))).toEqual({
      entity_id: '__proto__',
      timestamp: NOON,
      value: '__proto__',
    });
    expect(Object.getPrototypeOf(refused?.row)).toBeNull();
  });

  test('makes a refused row storable as jsonb', () => {
    const [refused] = checkRows([{ entity_id: 'x', value: `\0\ud800${'y'.repeat(10_000)}` }]).refused;
    expect(refused?.row['value']).toHaveLength(501);
    expect(JSON.stringify(refused)).not.toMatch(/\\u0000|\\ud800/);
  });

  const anyText = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      ...['__proto__', 'constructor', '', '\t', '\\N', '\\.', '\n', '\r', '\ud800', '\0', 'NaN', '1e400'],
    ),
    fc.double().map(String),
    fc.bigInt().map(String),
    fc.json(),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  );
  const types: FeatureType[] = ['float', 'int', 'decimal', 'string', 'bool', 'json', 'timestamp', 'vector(3)'];

  test.each(types)('never throws, and accepts or refuses every row, for any text in a %s', (type) => {
    const row = fc.record({
      entity_id: fc.option(anyText),
      timestamp: fc.oneof(anyText, fc.constant(NOON)),
      value: fc.option(anyText),
    });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 20 }), (rows) => {
        const checked = checkRows(rows, { type });
        expect(checked.read).toBe(rows.length);
        expect(checked.accepted + checked.refused.length).toBe(rows.length);
        expect(acceptedFields(checked)).toHaveLength(checked.accepted);
        for (const fields of acceptedFields(checked)) expect(fields).toHaveLength(3);
        for (const { reason } of checked.refused) expect(Object.keys(REFUSAL_REASONS)).toContain(reason);
      }),
      { numRuns: 200 },
    );
  });

  test('returns text unchanged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const field = fieldOf({ value: text }, { type: 'string' });
        expect(field).toBe(text.isWellFormed() && !text.includes('\0') ? text : 'value_bad_unicode');
      }),
    );
  });

  // Every reason, with a row that is refused for it. row_broken and field_wrong_type come from sources
  // (test/sources/lake/fields.slow.test.ts), check_failed from checks (test/run/row-checks.test.ts).
  const refusals: readonly [keyof typeof REFUSAL_REASONS, Row, World?][] = [
    ['entity_id_null', { entity_id: null }],
    ['entity_id_empty', { entity_id: '' }],
    ['entity_id_too_long', { entity_id: 'é'.repeat(257) }],
    ['entity_id_control_character', { entity_id: 'a\tb' }],
    ['entity_id_bad_unicode', { entity_id: 'a\ud800' }],
    ['entity_id_not_whole', { entity_id: '1.5' }, { columnTypes: { entity_id: 'float' } }],
    ['entity_id_out_of_range', { entity_id: '9007199254740994' }, { columnTypes: { entity_id: 'float' } }],
    ['entity_id_wrong_parts', { entity_id: '1' }, { view: { entity: 'customer|product' } }],
    ['timestamp_null', { timestamp: null }],
    ['timestamp_unparsable', { timestamp: 'yesterday' }],
    ['timestamp_too_precise', { timestamp: '2026-01-31 12:00:00.1234567' }],
    ['timestamp_out_of_range', { timestamp: 'infinity' }],
    ['timestamp_outside_span', { timestamp: '2026-02-01 00:00:00+00' }],
    ['timestamp_in_future', { timestamp: NOON }, { options: { latestAllowedMicros: Date.UTC(2026, 0, 1) * 1000 } }],
    ['value_null', { value: null }],
    ['value_not_finite', { value: 'NaN' }],
    ['value_out_of_range', { value: '1e400' }],
    ['value_wrong_type', { value: 'one' }],
    ['value_wrong_length', { value: '[1,2]' }, { type: 'vector(3)' }],
    ['value_too_precise', { value: '2026-01-31 12:00:00.1234567' }, { type: 'timestamp' }],
    ['value_too_long', { value: 'x'.repeat(65_537) }, { type: 'string' }],
    ['value_too_deep', { value: '['.repeat(101) + ']'.repeat(101) }, { type: 'json' }],
    ['value_bad_unicode', { value: '"\\ud800"' }, { type: 'json' }],
    ['tie_break_wrong_type', { tie_break: 'x' }, { columnTypes: { tie_break: 'int' } }],
  ];
  test.each(refusals)('refuses for %s', (reason, row, world) => {
    expect(checkRows([row], world).refused.map((refused) => refused.reason)).toEqual([reason]);
  });

  test('has a test for every reason', () => {
    expect(
      new Set([
        ...refusals.map(([reason]) => reason),
        // Needs two key columns: composite.test.ts.
        'entity_id_part_null',
        'row_broken',
        'field_wrong_type',
        'check_failed',
        'column_unknown',
        'value_out_of_limits',
        // Needs a view with `pivot`: test/pivot/pivot.test.ts.
        'value_repeated',
      ]),
    ).toEqual(new Set(Object.keys(REFUSAL_REASONS)));
  });
});
