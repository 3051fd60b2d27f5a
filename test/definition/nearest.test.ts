import { describe, expect, test } from 'vitest';
import { nearestWord } from '../../src/definition/yaml/nearest.ts';

describe('nearestWord', () => {
  test.each([
    ['intervall', ['interval', 'entity'], 'interval'],
    ['INTERVAL', ['interval', 'entity'], 'interval'],
    ['tpye', ['name', 'type'], 'type'],
    ['shp', ['lake', 'shop'], 'shop'],
    ['x', ['max', 'name'], null],
    ['freshness', ['interval', 'entity'], null],
    ['a'.repeat(10_000), ['a'.repeat(9_999)], null],
    ['anything', [], null],
  ])('of %s among %j is %s', (written, words, nearest) => {
    expect(nearestWord(written, words)).toBe(nearest);
  });
});
