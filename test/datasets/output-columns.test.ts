import { describe, expect, test } from 'vitest';
import type { LabelColumn } from '../../src/datasets/labels/label-columns.ts';
import { outputColumns } from '../../src/datasets/output-columns.ts';
import { CHURN } from './small-set.ts';

function value(name: string): LabelColumn {
  return { name, role: 'value', type: 'int', sqlType: 'bigint', fileType: 'bigint' };
}

describe('outputColumns', () => {
  test('refuses a column named like the folders of the set, which would replace it', () => {
    const columns = [value('id'), value('Month')];
    expect(() => outputColumns({ ...CHURN, partition: 'month' }, columns, [])).toThrow(
      expect.objectContaining({ code: 'DEFINITION_INVALID', message: expect.stringContaining('a column "Month"') }),
    );
    expect(outputColumns({ ...CHURN, partition: 'day' }, columns, [])).toHaveLength(2);
  });

  test('refuses the name that DuckDB has for numbers of rows in Parquet', () => {
    const columns = [value('id'), value('file_row_number')];
    expect(() => outputColumns(CHURN, columns, [])).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID' }));
    expect(outputColumns({ ...CHURN, format: 'csv' }, columns, [])).toHaveLength(2);
  });

  test('refuses more columns than one query can return', () => {
    const columns = Array.from({ length: 1_663 }, (_, index) => value(`c${index}`));
    expect(outputColumns(CHURN, columns, [])).toHaveLength(1_663);
    expect(() => outputColumns(CHURN, [...columns, value('one_more')], [])).toThrow(
      expect.objectContaining({ code: 'DEFINITION_INVALID', message: expect.stringContaining('1,664 columns') }),
    );
  });
});
