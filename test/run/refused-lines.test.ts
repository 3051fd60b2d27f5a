import { describe, expect, test } from 'vitest';
import type { CheckedRefusal } from '../../src/rows/check.ts';
import { createRefusedLines } from '../../src/run/refused-lines.ts';

const refused = (key: string | null): CheckedRefusal => ({
  reason: 'value_null',
  detail: 'a\tb',
  row: { v: null },
  field: 'v',
  key,
});

describe('createRefusedLines', () => {
  test('keeps all details of some rows, only the key of the others, and drops those without a key', () => {
    const lines = createRefusedLines(2);
    lines.add([refused('a\tT'), refused(null)]);
    lines.add([refused('b\tT'), refused(null)]);
    expect(lines.take()).toBe(
      [
        'value_null\ta\\tb\t{"v":null}\tv\ta\tT',
        'value_null\ta\\tb\t{"v":null}\tv\t\\N\t\\N',
        '\\N\t\\N\t\\N\t\\N\tb\tT',
        '',
      ].join('\n'),
    );
    expect([lines.take(), lines.count()]).toEqual(['', 3]);
  });

  test('must be written before it grows beyond some megabytes', () => {
    const lines = createRefusedLines(0);
    const many = Array.from({ length: 1_000 }, () => refused(`${'x'.repeat(500)}\tT`));
    let added = 0;
    for (; !lines.isLarge() && added < 100; added += 1) lines.add(many);
    expect(added).toBe(9);
    lines.take();
    expect([lines.isLarge(), lines.count()]).toEqual([false, 9_000]);
  });
});
