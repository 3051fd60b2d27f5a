import { describe, expect, test } from 'vitest';
import type { Receipt } from '../../src/datasets/receipt.ts';
import { leftoverParts } from '../../src/datasets/targets/set-files.ts';

const PARTS = [
  { file: 'month=2026-09/part-00000.parquet', bytes: 10 },
  { file: 'month=2026-10/part-00001.parquet', bytes: 20 },
];
const RECEIPT = { parts: PARTS } as unknown as Receipt; // all that the function reads of it
const WHOLE = new Map(PARTS.map(({ file, bytes }) => [file, bytes]));

describe('leftoverParts', () => {
  test('are the parts that the receipt does not have, also those whose upload was interrupted', () => {
    const left = ['part-00000.parquet', 'day=2026-09-01/part-00007.csv', 'month=2026-09/part-00003.jsonl.part'];
    const others = ['.build', '_receipt.json', 'month=2026-09/.DS_Store'];
    const found = new Map([...WHOLE, ...[...left, ...others].map((name): [string, number] => [name, 1])]);
    expect(leftoverParts('sets/churn', RECEIPT, found)).toEqual(left);
  });

  test.each([
    [['month=2026-10/part-00001.parquet', 21], 'month=2026-10/part-00001.parquet has 21 bytes instead of 20'],
    [['month=2026-09/thesis.txt', 1], 'contains month=2026-09/thesis.txt, which is not part of the training set'],
  ] as const)('refuses a folder that something else has changed: %j', ([name, bytes], message) => {
    const changed = () => leftoverParts('sets/churn', RECEIPT, new Map([...WHOLE, [name, bytes]]));
    expect(changed).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', message: expect.stringContaining(message) }),
    );
  });

  test('refuses a folder without one of the parts', () => {
    expect(() => leftoverParts('sets/churn', RECEIPT, new Map([...WHOLE].slice(1)))).toThrow(
      expect.objectContaining({ message: expect.stringContaining('month=2026-09/part-00000.parquet is missing') }),
    );
  });
});
