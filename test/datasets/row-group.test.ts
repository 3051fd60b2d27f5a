import { describe, expect, test } from 'vitest';
import { groupRows, memoryLimitMb } from '../../src/datasets/row-group.ts';

const MIB = 1_048_576;

describe('groupRows', () => {
  test.each([
    ['narrow rows', { bytes: 60_000_000, rows: 500_000, types: ['varchar', 'double'] }, 122_880],
    ['rows of 600 numbers', { bytes: 500_000 * 600 * 8, rows: 500_000, types: new Array(600).fill('double') }, 2_048],
    ['vectors of 1,536 short numbers', { bytes: 60_000 * 3_072, rows: 60_000, types: ['double[]'] }, 2_048],
    ['texts of 64 KiB', { bytes: 65_536 * 100, rows: 100, types: ['varchar'] }, 2_048],
    ['no rows', { bytes: 0, rows: 0, types: [] }, 122_880],
  ] as const)('of %s', (_what, csv, rows) => {
    expect(groupRows(csv)).toBe(rows);
  });
});

describe('memoryLimitMb', () => {
  test('grows only for rows so long that 2,048 of them need more', () => {
    expect(memoryLimitMb({ bytes: 28_000 * 100, rows: 100, types: ['double[]'] })).toBe(512);
    expect(memoryLimitMb({ bytes: MIB * 0.1 * 100, rows: 100, types: ['varchar'] })).toBe(948);
  });
});
