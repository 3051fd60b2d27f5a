// The files of a view on its page, as the definition has them, without internal names.

import { describe, expect, test } from 'vitest';
import { writtenColumns, writtenFiles } from '../../src/dashboard/parts/written-files.ts';
import type { ViewFiles } from '../../src/definition/view.ts';

const DAY_MS = 86_400_000;

const SALES: ViewFiles = {
  pattern: 'sales/{yyyy}-{MM}-{dd}.csv',
  format: 'csv',
  types: { CustomerID: 'float', 'Unit Price': 'decimal(10,2)' },
  windowMs: DAY_MS,
  onMissing: 'wait',
  lateMs: 7 * DAY_MS,
  onBadField: 'refuse',
  csv: { header: ['CustomerID', 'Unit Price'], delimiter: ';', quote: null, nullText: '\\N' },
};

describe('writtenFiles', () => {
  test('writes the pages of an HTTP API', () => {
    const pages = { next: '$.next', parameter: 'cursor', max: 10 };
    const request = { path: '/v1/users', parameters: { from: '{{start}}' }, pages };
    const { csv: _csv, ...table } = SALES;
    expect(writtenFiles({ pages: { ...table, types: {}, format: 'json', records: '$.data', request } })).toBe(
      [
        'path: "/v1/users"',
        'parameters:',
        '  from: "{{start}}"',
        'pages: { next: "$.next", parameter: "cursor", max: 10 }',
        'format: json',
        'records: "$.data"',
        'on_bad_field: refuse',
      ].join('\n'),
    );
  });

  test('writes the settings of exported files', () => {
    const csv = { quotedNull: true, skipLines: 2, footerLines: 1, decimalMark: ',', thousands: '.' } as const;
    const written = writtenFiles({ files: { ...SALES, encoding: 'latin-1', records: '$.data', csv } });
    for (const line of [
      'encoding: latin-1',
      'records: "$.data"',
      'quoted_null: true',
      'skip_lines: 2',
      'footer_lines: 1',
      'decimal_mark: ","',
      'thousands: "."',
    ]) {
      expect(written.split('\n')).toContain(line);
    }
  });

  test('writes the files of a view with the keys of its definition', () => {
    expect(writtenFiles({ files: SALES })).toBe(
      [
        'files: sales/{yyyy}-{MM}-{dd}.csv',
        'format: csv',
        'types:',
        '  CustomerID: float',
        '  Unit Price: decimal(10,2)',
        'header: [CustomerID, Unit Price]',
        'delimiter: ";"',
        'quote: none',
        'null_text: "\\\\N"',
        'files_window: 1d',
        'late_files: 7d',
        'on_missing: wait',
        'on_bad_field: refuse',
      ].join('\n'),
    );
  });

  test('writes several tables by name, and quotes text that YAML would misread', () => {
    const { csv: _, ...bare } = SALES;
    const lake: ViewFiles = { ...bare, pattern: '{yyyy}/*.parquet', format: 'parquet', types: {}, lateMs: 0 };
    expect(writtenFiles({ orders: lake, lines: { ...bare, format: 'json', types: { null: 'int' } } })).toBe(
      [
        'tables:',
        '  orders:',
        '    files: "{yyyy}/*.parquet"',
        '    format: parquet',
        '    files_window: 1d',
        '    late_files: 0s',
        '    on_missing: wait',
        '  lines:',
        '    files: sales/{yyyy}-{MM}-{dd}.csv',
        '    format: json',
        '    types:',
        '      "null": int',
        '    files_window: 1d',
        '    late_files: 7d',
        '    on_missing: wait',
        '    on_bad_field: refuse',
      ].join('\n'),
    );
  });
});

describe('writtenColumns', () => {
  test('writes the column mapping', () => {
    expect(writtenColumns({ entity_id: 'Customer: ID', value: 'Price' })).toBe(
      'columns:\n  entity_id: "Customer: ID"\n  value: Price',
    );
  });
});
