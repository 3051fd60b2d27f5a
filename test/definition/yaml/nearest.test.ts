import { describe, expect, test } from 'vitest';
import { nearestWord } from '../../../src/definition/yaml/nearest.ts';

describe('nearestWord', () => {
  test.each([
    ['intervall', ['interval', 'entity'], 'interval'],
    ['INTERVAL', ['interval', 'entity'], 'interval'],
    ['tpye', ['name', 'type'], 'type'],
    ['shp', ['lake', 'shop'], 'shop'],
    ['x', ['max', 'name'], null],
    ['abc', ['end', 'day'], null],
    ['orders', ['users', 'visits'], null],
    ['window', ['views', 'name'], null],
    ['timezone', ['timeout', 'name'], null],
    ['strat', ['start', 'end'], 'start'],
    ['begin', ['start', 'end'], null],
    ['costumer_orders', ['customer_orders', 'customer_spend'], 'customer_orders'],
    ['retires', ['retries', 'timeout'], 'retries'],
    ['freshness', ['interval', 'entity'], null],
    ['a'.repeat(10_000), ['a'.repeat(9_999)], null],
    ['anything', [], null],
  ])('of %s among %j is %s', (written, words, nearest) => {
    expect(nearestWord(written, words)).toBe(nearest);
  });
});
