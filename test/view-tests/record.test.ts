import { describe, expect, test } from 'vitest';
import type { FeatureView } from '../../src/definition/view.ts';
import { viewTestText } from '../../src/definition/view-test-text.ts';
import type { Column } from '../../src/rows/batch.ts';
import type { Source } from '../../src/sources/source.ts';
import { recordGiven } from '../../src/view-tests/record.ts';
import { view as viewWith } from '../support/views.ts';

const COLUMNS: readonly Column[] = [
  { name: 'amount', type: 'decimal', nativeType: 'decimal' },
  { name: 'id', type: 'int', nativeType: 'bigint unsigned' },
  { name: 'lines', type: 'int', nativeType: 'int' },
];
const PARQUET: readonly Column[] = [
  { name: 'amount', type: 'decimal', nativeType: 'DECIMAL(10,2)' },
  { name: 'at', type: 'timestamp', nativeType: 'TIMESTAMP' },
  { name: 'tags', type: 'array', nativeType: 'VARCHAR[]' },
];

function sourceWith(columns: readonly Column[], row: readonly string[]): Source {
  const unused = async () => {
    throw new Error('not used');
  };
  return {
    probe: unused,
    describe: async () => columns,
    async *read() {
      yield { rows: 1, columns: row.map((text) => [text]) };
    },
    async [Symbol.asyncDispose]() {},
  };
}

async function recorded(view: FeatureView, dialect: 'mysql' | 'duckdb' | 'postgres', source: Source) {
  const { signal } = new AbortController();
  return recordGiven({ source, view, dialect, span: null, rowsMax: 10, signal });
}

describe('recordGiven', () => {
  test('records the types of numbers that are text, from MySQL', async () => {
    const view = { ...viewWith(), query: 'select * from orders' };
    const source = sourceWith(COLUMNS, ['1.50', '18446744073709551615', '3']);
    expect(await recorded(view, 'mysql', source)).toEqual({
      given: { orders: [{ amount: '1.50', id: '18446744073709551615', lines: 3 }] },
      types: { orders: { amount: 'decimal(65, 2)', id: 'bigint unsigned' } },
    });
  });

  test('records the types of Parquet files', async () => {
    const files = { pattern: '{yyyy}-{MM}-{dd}.parquet', format: 'parquet', types: {}, windowMs: 1 } as const;
    const view = {
      ...viewWith(),
      files: { files: { ...files, onMissing: 'empty', lateMs: 0, onBadField: 'refuse' } },
    };
    const source = sourceWith(PARQUET, ['1.50', '2026-01-01 10:00:00', '["a"]']);
    expect(await recorded(view as FeatureView, 'duckdb', source)).toEqual({
      given: { files: [{ amount: '1.50', at: '2026-01-01 10:00:00', tags: ['a'] }] },
      types: { files: { amount: 'DECIMAL(10,2)', at: 'TIMESTAMP' } },
    });
  });

  test('keeps NaN, which JSON does not have', async () => {
    const view = { ...viewWith(), query: 'select * from orders' };
    const source = sourceWith([{ name: 'x', type: 'float', nativeType: 'double precision' }], ['NaN']);
    expect((await recorded(view, 'postgres', source)).given).toEqual({ orders: [{ x: 'NaN' }] });
  });

  test.each([
    ['postgres', 'jsonb', 'jsonb'],
    ['postgres', 'some_domain', 'json'],
    ['mysql', 'json', 'json'],
    ['duckdb', 'JSON', 'json'],
  ] as const)(
    'records the type of JSON that is a number, from %s with the type %s',
    async (dialect, nativeType, type) => {
      const files = { pattern: '{yyyy}-{MM}-{dd}.json', format: 'json', types: {}, windowMs: 1 } as const;
      const view = {
        ...viewWith(),
        query: 'select * from orders',
        ...(dialect === 'duckdb' ? { files: { orders: files } } : {}),
      };
      const source = sourceWith([{ name: 'detail', type: 'json', nativeType }], ['12345678901234567890']);
      const found = await recorded(view as FeatureView, dialect, source);
      expect(JSON.stringify(found)).toBe(
        `{"given":{"orders":[{"detail":12345678901234567890}]},"types":{"orders":{"detail":"${type}"}}}`,
      );
    },
  );

  test('keeps the digits of numbers inside JSON and lists', async () => {
    const view = { ...viewWith(), query: 'select * from orders' };
    const columns: readonly Column[] = [
      { name: 'detail', type: 'json', nativeType: 'jsonb' },
      { name: 'rates', type: 'array', nativeType: 'numeric[]' },
    ];
    const source = sourceWith(columns, ['{"id": 12345678901234567890, "n": 7}', '[0.1234567890123456789, 1.50]']);
    const { given, types } = await recorded(view, 'postgres', source);
    const expected = { rows: [], refused: [], checks: [] };
    const written = viewTestText({
      view: 'spend',
      description: '',
      now: null,
      given,
      types,
      span: null,
      expect: expected,
    });
    expect(written).toBe(`view: spend
given:
  orders:
    - detail:
        id: 12345678901234567890
        n: 7
      rates:
        - 0.1234567890123456789
        - 1.50
types:
  orders:
    detail: jsonb
    rates: numeric[]
expect:
  rows: []
  refused: []
`);
  });
});
