import { describe, expect, test } from 'vitest';
import { trimmedEnd } from '../../src/core/trimmed-end.ts';

describe('trimmedEnd', () => {
  test.each([
    ['1.500', '0', '1.5'],
    ['000', '0', ''],
    ['a. \n.', '. \n', 'a'],
    ['', '0', ''],
  ])('of %j without %j is %j', (text, characters, trimmed) => {
    expect(trimmedEnd(text, characters)).toBe(trimmed);
  });

  test('takes linear time for a run that is not at the end', () => {
    const text = `${'0'.repeat(5_000_000)}x`;
    expect(trimmedEnd(text, '0')).toBe(text);
  });
});
