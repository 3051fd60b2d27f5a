import { describe, expect, test } from 'vitest';
import { epochMsOf } from '../../../src/core/instant.ts';
import { interval } from '../../../src/core/interval.ts';
import { expandPattern } from '../../../src/sources/storage/file-pattern.ts';

function between(start: string, end: string) {
  return interval(epochMsOf(Date.parse(start)), epochMsOf(Date.parse(end)));
}

describe('expandPattern', () => {
  test.each([
    ['{yyyy}-{MM}-{dd}.csv', '2024-02-28T00:00Z', '2024-03-01T00:00Z', ['2024-02-28.csv', '2024-02-29.csv']],
    ['{HH}/*', '2026-01-31T22:00Z', '2026-02-01T01:00Z', ['22/*', '23/*', '00/*']],
    ['{yyyy}/{MM}/**', '2025-12-01T00:00Z', '2026-02-01T00:00Z', ['2025/12/**', '2026/01/**']],
    ['{yyyy}.csv', '2025-01-01T00:00Z', '2026-01-01T00:00Z', ['2025.csv']],
    ['{dd}.csv', '2026-01-31T05:00Z', '2026-01-31T06:00Z', []],
    ['{dd}.csv', '2026-01-30T05:00Z', '2026-01-31T05:00Z', ['31.csv']],
    ['all/*.csv', '2026-01-30T05:00Z', '2026-01-31T05:00Z', ['all/*.csv']],
  ])('of %s from %s to %s names %j', (pattern, start, end, globs) => {
    expect(expandPattern(pattern, between(start, end))).toEqual(globs);
  });

  test.each(['../x', 'a/../../x', '/etc/passwd', 'a\0b'])('refuses %j, which leaves its folder', (pattern) => {
    expect(() => expandPattern(pattern, null)).toThrow(/points outside the folder/);
  });

  test('refuses a placeholder if the view has no intervals', () => {
    expect(() => expandPattern('{yyyy}.csv', null)).toThrow(/has a placeholder for a time/);
  });
});
