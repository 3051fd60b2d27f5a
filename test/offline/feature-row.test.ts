import { describe, expect, test } from 'vitest';
import { plainJson } from '../../src/cli/output/plain.ts';
import { asShownValue } from '../../src/offline/feature-row.ts';

describe('asShownValue', () => {
  test.each([
    '{"id":12345678901234567890,"list":[1.10,-0.5,{"big":1e400}]}',
    '12345678901234567890',
    '{"id":17,"name":"a","is":null}',
  ])('shows all digits of %s', (text) => {
    const value = asShownValue(text, 'json');
    expect(JSON.stringify(value)).toBe(text);
    expect(plainJson(value).replace(/\s/g, '')).toBe(text);
  });

  test('returns other values as readers get them', () => {
    expect([asShownValue('17', 'int'), asShownValue('[1,2.5]', 'vector(2)'), asShownValue('1e3', 'float')]).toEqual([
      17n,
      [1, 2.5],
      1000,
    ]);
  });
});
