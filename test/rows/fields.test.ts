import { describe, expect, test } from 'vitest';
import type { ColumnType } from '../../src/feature-types/column-type.ts';
import { parseMicros } from '../../src/feature-types/iso-time.ts';
import { slowSuite } from '../support/sample.ts';
import { checkRows, fieldOf, RANGE } from './checking.ts';

describe('entityIdCheck', () => {
  test.each<[ColumnType, string, string]>([
    ['text', '17850.0', '17850.0'],
    ['text', 'é'.repeat(256), 'é'.repeat(256)],
    ['text', ' ', ' '],
    ['text', 'a\u0085b', 'entity_id_control_character'],
    ['text', 'a\x7f', 'entity_id_control_character'],
    ['int', '-12', '-12'],
    ['int', '007', '7'],
    ['int', '170141183460469231731687303715884105727', '170141183460469231731687303715884105727'],
    ['decimal', '17850.00', '17850'],
    ['decimal', '17850.01', 'entity_id_not_whole'],
    ['decimal', 'NaN', 'entity_id_not_whole'],
    ['decimal', '1'.repeat(513), 'entity_id_too_long'],
    ['float', '17850.0', '17850'],
    ['float', '17850', '17850'],
    ['float', '1e3', '1000'],
    ['float', '-0', '0'],
    ['float', '9007199254740991', '9007199254740991'],
    ['float', '9007199254740992', 'entity_id_out_of_range'],
    ['float', '1e300', 'entity_id_out_of_range'],
    ['float', 'NaN', 'entity_id_not_whole'],
    ['float', 'Infinity', 'entity_id_not_whole'],
    ['float', '0x10', 'entity_id_not_whole'],
  ])('reads from a %s column %s as %s', (type, text, expected) => {
    expect(fieldOf({ entity_id: text }, { columnTypes: { entity_id: type } }, 0)).toBe(expected);
  });
});

describe('timestampCheck', () => {
  test.each([
    ['2026-01-31 00:00:00+00', '2026-01-31 00:00:00+00'],
    ['2026-01-31 23:59:59.999999+00', '2026-01-31 23:59:59.999999+00'],
    ['2026-01-31 12:00:00', '2026-01-31 12:00:00+00'],
    ['2026-01-31', '2026-01-31 00:00:00+00'],
    ['2026-01-31T12:00:00.5Z', '2026-01-31T12:00:00.5Z'],
    ['2026-01-31T12:00:00.123456000Z', '2026-01-31T12:00:00.123456000Z'],
    ['2026-01-31T12:00:00z', '2026-01-31T12:00:00z'],
    ['2026-01-31 12:00:00 UTC', '2026-01-31 12:00:00+00'],
    ['2026-01-31 12:00:00.123456 UTC', '2026-01-31 12:00:00.123456+00'],
    ['2026-01-31T12:00UTC', '2026-01-31T12:00+00'],
    ['2026-01-31 12:00:00 CET', 'timestamp_unparsable'],
    ['2026-02-01T05:29:59+05:30', '2026-02-01T05:29:59+05:30'],
    ['2026-02-01T05:30:00+0530', 'timestamp_outside_span'],
    ['2026-01-30 23:59:59.999999+00', 'timestamp_outside_span'],
    ['2026-02-01', 'timestamp_outside_span'],
    ['1899-12-31 23:59:59', 'timestamp_out_of_range'],
    ['2201-01-01', 'timestamp_out_of_range'],
    ['-infinity', 'timestamp_out_of_range'],
    ['0044-03-15 00:00:00+00 BC', 'timestamp_out_of_range'],
    ['12026-01-31 00:00:00', 'timestamp_out_of_range'],
    ['2026-01-31 12:00:00.0000001', 'timestamp_too_precise'],
    ['2026-02-30 00:00:00', 'timestamp_unparsable'],
    ['2026-01-31 24:00:00', 'timestamp_unparsable'],
    ['2026-01-31 12:60:00', 'timestamp_unparsable'],
    ['2026-01-31 12:00:00+16:00', 'timestamp_unparsable'],
    ['2026-01-31 12:00:00.', 'timestamp_unparsable'],
    [' 2026-01-31', 'timestamp_unparsable'],
    ['31/01/2026', 'timestamp_unparsable'],
    ['1769860800', 'timestamp_unparsable'],
    ['now', 'timestamp_unparsable'],
    ['', 'timestamp_unparsable'],
  ])('reads %s as %s', (text, expected) => {
    expect(fieldOf({ timestamp: text }, {}, 1)).toBe(expected);
  });

  test('excludes the start and includes the end for a snapshot', () => {
    const options = { range: { ...RANGE, bounds: '(]' as const } };
    expect(fieldOf({ timestamp: '2026-01-31' }, { options }, 1)).toBe('timestamp_outside_span');
    expect(fieldOf({ timestamp: '2026-01-31 00:00:00.000001' }, { options }, 1)).toBe('2026-01-31 00:00:00.000001+00');
    expect(fieldOf({ timestamp: '2026-02-01' }, { options }, 1)).toBe('2026-02-01 00:00:00+00');
    expect(fieldOf({ timestamp: '2026-02-01 00:00:00.000001' }, { options }, 1)).toBe('timestamp_outside_span');
  });

  test('accepts the first and the last allowed time, and no other', () => {
    const options = { range: null };
    expect(fieldOf({ timestamp: '1900-01-01' }, { options }, 1)).toBe('1900-01-01 00:00:00+00');
    expect(fieldOf({ timestamp: '2200-12-31 23:59:59.999999' }, { options }, 1)).toBe('2200-12-31 23:59:59.999999+00');
    const latest = { range: null, latestAllowedMicros: Date.UTC(2026, 0, 31, 12) * 1_000 };
    expect(fieldOf({ timestamp: '2026-01-31 12:00:00' }, { options: latest }, 1)).toBe('2026-01-31 12:00:00+00');
    expect(fieldOf({ timestamp: '2026-01-31 12:00:00.000001' }, { options: latest }, 1)).toBe('timestamp_in_future');
  });
});

slowSuite('parseMicros', () => {
  test('agrees with Date on every day of four centuries', () => {
    for (let day = Date.UTC(1850, 0, 1); day < Date.UTC(2250, 0, 1); day += 86_400_000) {
      const iso = new Date(day + 45_296_789).toISOString();
      expect(parseMicros(`${iso.slice(0, 10)} ${iso.slice(11, 23)}`)).toBe((day + 45_296_789) * 1000);
    }
  });
});

describe('floatCheck', () => {
  test.each<[ColumnType, string, string]>([
    ['float', '-0', '-0'],
    ['float', '1e308', '1e308'],
    ['float', '5e-324', '5e-324'],
    ['float', '.5', '.5'],
    ['float', '0e-999', '0e-999'],
    ['float', '-Infinity', 'value_not_finite'],
    ['float', '1e309', 'value_out_of_range'],
    ['float', '1e-400', 'value_out_of_range'],
    ['float', '0x10', 'value_wrong_type'],
    ['float', '', 'value_wrong_type'],
    ['float', ' 1', 'value_wrong_type'],
    ['int', '9007199254740992', '9007199254740992'],
    ['int', '9007199254740993', 'value_out_of_range'],
    ['decimal', '0.1000000000000000000001', '0.1000000000000000000001'],
    ['decimal', '18446744073709551617', 'value_out_of_range'],
    ['decimal', '9007199254740992.00', '9007199254740992.00'],
    ['decimal', '9007199254740993.00', 'value_out_of_range'],
    ['decimal', '-9007199254740993.', 'value_out_of_range'],
    ['decimal', '9007199254740993.01', '9007199254740993.01'],
  ])('reads from a %s column %s as %s', (type, text, expected) => {
    expect(fieldOf({ value: text }, { columnTypes: { value: type } })).toBe(expected);
  });
});

describe('int', () => {
  test.each([
    ['9223372036854775807', '9223372036854775807'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['9223372036854775808', 'value_out_of_range'],
    ['-9223372036854775809', 'value_out_of_range'],
    ['1'.repeat(500), 'value_out_of_range'],
    ['1699999999.000000', '1699999999'],
    ['-1.0', '-1'],
    ['1e3', '1000'],
    ['1.50E+2', '150'],
    ['10e-1', '1'],
    ['0.0e9', '0'],
    ['.0', '0'],
    ['9223372036854775807.000', '9223372036854775807'],
    ['9.223372036854775807e18', '9223372036854775807'],
    ['9.223372036854775808e18', 'value_out_of_range'],
    ['1e999999999', 'value_out_of_range'],
    ['1.5', 'value_wrong_type'],
    ['15e-1', 'value_wrong_type'],
    ['1e-999999999', 'value_wrong_type'],
    ['0x10', 'value_wrong_type'],
    ['e3', 'value_wrong_type'],
    ['.', 'value_wrong_type'],
    ['', 'value_wrong_type'],
    ['NaN', 'value_not_finite'],
  ])('reads %s as %s', (text, expected) => {
    expect(fieldOf({ value: text }, { type: 'int', columnTypes: { value: 'decimal' } })).toBe(expected);
  });
});

describe('decimal', () => {
  test.each([
    ['1.00', '1.00'],
    ['-12345678901234567890.123456789012345678901234567890', '-12345678901234567890.123456789012345678901234567890'],
    ['1e3', '1e3'],
    ['1e-05', '1e-05'],
    ['1e999', '1e999'],
    ['1e1000', 'value_out_of_range'],
    ['1e-1000', 'value_out_of_range'],
    ['1e999999999', 'value_out_of_range'],
    ['9'.repeat(1_000), '9'.repeat(1_000)],
    ['9'.repeat(1_001), 'value_out_of_range'],
    ['NaN', 'value_not_finite'],
    ['1,5', 'value_wrong_type'],
  ])('reads %s as %s', (text, expected) => {
    expect(fieldOf({ value: text }, { type: 'decimal' })).toBe(expected);
  });
});

describe('timestamp', () => {
  test.each([
    ['0001-01-01T00:00:00-01:00', '0001-01-01T00:00:00-01:00'],
    ['0001-01-01T01:00:00+01:00', '0001-01-01T01:00:00+01:00'],
    ['0001-01-01T00:59:59.999999+01:00', 'value_out_of_range'],
    ['9999-12-31T23:59:59.999999', '9999-12-31T23:59:59.999999+00'],
    ['9999-12-31T18:59:59.999999-05:00', '9999-12-31T18:59:59.999999-05:00'],
    ['9999-12-31T19:00:00-05:00', 'value_out_of_range'],
    ['9999-12-31T23:59:59+15:59', '9999-12-31T23:59:59+15:59'],
  ])('reads %s as %s', (text, expected) => {
    expect(fieldOf({ value: text }, { type: 'timestamp' })).toBe(expected);
  });
});

describe('string and bool', () => {
  test('accepts the empty text, and text of exactly 64 KiB', () => {
    expect(fieldOf({ value: '' }, { type: 'string' })).toBe('');
    expect(fieldOf({ value: 'é'.repeat(32_768) }, { type: 'string' })).toHaveLength(32_768);
    expect(fieldOf({ value: 'é'.repeat(32_769) }, { type: 'string' })).toBe('value_too_long');
  });

  test('refuses values other than true and false', () => {
    expect(['true', 'false', 't', 'TRUE', '1', ''].map((value) => fieldOf({ value }, { type: 'bool' }))).toEqual([
      'true',
      'false',
      ...Array(4).fill('value_wrong_type'),
    ]);
  });
});

describe('json', () => {
  test.each([
    ['{"a": [1, 2.50, "\\n\\\\"]}', '{"a": [1, 2.50, "\\n\\\\"]}'],
    ['"\\ud83d\\ude00"', '"\\ud83d\\ude00"'],
    ['"\\\\u0000"', '"\\\\u0000"'],
    ['"\\u0000"', 'value_bad_unicode'],
    ['{"\\udc00": 1}', 'value_bad_unicode'],
    ['1e999999', 'value_out_of_range'],
    ['1e-16384', 'value_out_of_range'],
    ['[NaN]', 'value_wrong_type'],
    ['{a: 1}', 'value_wrong_type'],
    ['', 'value_wrong_type'],
    [`"${'x'.repeat(65_535)}"`, 'value_too_long'],
  ])('reads %s as %s', (text, expected) => {
    expect(fieldOf({ value: text }, { type: 'json' })).toBe(expected);
  });
});

describe('numbers in JSON', () => {
  test('have at most 64 KiB of digits when they are written without exponents', () => {
    const list = (number: string, count: number) => `[${Array(count).fill(number).join()}]`;
    expect(fieldOf({ value: list('1e999', 65) }, { type: 'json' })).toBe(list('1e999', 65));
    expect(fieldOf({ value: list('1e999', 66) }, { type: 'json' })).toBe('value_too_long');
    expect(fieldOf({ value: list('1e131071', 7_000) }, { type: 'json' })).toBe('value_too_long');
    expect(fieldOf({ value: list('1', 32_767) }, { type: 'json' })).toHaveLength(65_535);
  });
});

describe('a JSON null', () => {
  test.each(['json', 'vector(3)'] as const)('is null for a feature of type %s, from any column', (type) => {
    for (const column of ['json', 'text', 'array'] as const) {
      for (const value of ['null', ' null\n']) {
        const columnTypes = { value: column };
        expect(fieldOf({ value }, { type, columnTypes })).toBe('value_null');
        expect(fieldOf({ value }, { type, columnTypes, feature: { nullable: true } })).toBe(null);
        expect(checkRows([{ value }], { type, columnTypes }).refused[0]?.detail).toBe(`value is null, not a ${type}`);
      }
    }
  });

  test('is a text for a feature of type string, and a value inside a document', () => {
    expect(fieldOf({ value: 'null' }, { type: 'string' })).toBe('null');
    expect(fieldOf({ value: '[null]' }, { type: 'json' })).toBe('[null]');
    expect(fieldOf({ value: '"null"' }, { type: 'json' })).toBe('"null"');
  });
});

describe('every check', () => {
  // A regular expression with backtracking would take an hour for one such field.
  const runs = ['1', '1.', '.', '-', ' ', 'e', 'n', '[', '"', '\\"', '[1,', '2026-01-31 ', '+', 'Z', ':00', '{"a":'];
  test.each(runs)('looks through a million characters in one go: %s', (run) => {
    const text = run.repeat(Math.ceil(1_000_000 / run.length));
    const types = ['float', 'int', 'decimal', 'string', 'bool', 'json', 'timestamp', 'vector(3)'] as const;
    for (const value of [text, `${text}x`, `1${text}!`, `"${text}`]) {
      for (const type of types) expect(fieldOf({ value }, { type })).toMatch(/^value_/);
      expect(fieldOf({ entity_id: value }, { columnTypes: { entity_id: 'float' } }, 0)).toMatch(/^entity_id_/);
      expect(fieldOf({ entity_id: value }, { columnTypes: { entity_id: 'decimal' } }, 0)).toMatch(/^entity_id_/);
      expect(fieldOf({ timestamp: value }, {}, 1)).toMatch(/^timestamp_/);
    }
  });
});

describe('vectorCheck', () => {
  test.each([
    ['[1, 2.5,-0]', '{1,2.5,-0}'],
    [' [1e-7,1E3,0.1] ', '{1e-7,1E3,0.1}'],
    ['[1,2,3,4]', 'value_wrong_length'],
    ['[]', 'value_wrong_length'],
    ['[1,null,3]', 'value_wrong_type'],
    ['[1,[2],3]', 'value_wrong_type'],
    ['[1,"2",3]', 'value_wrong_type'],
    ['[1,NaN,3]', 'value_not_finite'],
    ['[1,1e999,3]', 'value_out_of_range'],
    ['1,2,3', 'value_wrong_type'],
  ])('reads %s as %s', (text, expected) => {
    expect(fieldOf({ value: text }, { type: 'vector(3)' })).toBe(expected);
  });
});
