import { describe, expect, test } from 'vitest';
import { globsMatching, listingsOf, matcher } from '../../../src/sources/storage/globs.ts';

const days = Array.from({ length: 90 }, (_, day) => new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10));

describe('listingsOf', () => {
  test('starts with the fixed prefix of each glob, without duplicates', () => {
    expect(listingsOf(['a/b.csv', 'a/b.csv', 'a/b*.csv', 'c/*/d.csv', '**'], 'prefix')).toEqual([
      { prefix: 'a/b.csv', depth: 'folder' },
      { prefix: 'a/b', depth: 'folder' },
      { prefix: 'c/', depth: 'all' },
      { prefix: '', depth: 'all' },
    ]);
  });

  test('lists folders for a store that narrows by folders', () => {
    expect(listingsOf(['a/b.csv', 'a/c*.csv', 'x.csv', 'c/d/e*/f.csv'], 'folder')).toEqual([
      { prefix: 'a/', depth: 'folder' },
      { prefix: '', depth: 'folder' },
      { prefix: 'c/d/', depth: 'all' },
    ]);
  });

  test('merges many by their common prefixes', () => {
    const flat = listingsOf(
      days.map((day) => `sales/${day}.csv`),
      'prefix',
    );
    expect(flat).toHaveLength(32);
    expect(new Set(flat.map(({ depth }) => depth))).toEqual(new Set(['folder']));
    const deep = listingsOf(
      days.map((day) => `dt=${day}/*.csv`),
      'prefix',
    );
    expect(deep).toHaveLength(32);
    const joined = deep.filter(({ depth }) => depth === 'all').map(({ prefix }) => prefix);
    // Days of the same month that have the same first digit.
    expect(joined.filter((prefix) => !/^dt=2026-0[1-3]-[0-3]$/.test(prefix))).toEqual([]);
  });

  test.each(['prefix', 'folder'] as const)('loses no match by joining, where a store narrows by %s', (narrowing) => {
    for (const pattern of ['sales/DAY.csv', 'dt=DAY/*.csv', 'dt=DAY/**/part-*', 'x/DAY/y/z.csv']) {
      const globs = days.map((day) => pattern.replace('DAY', day));
      const listings = listingsOf(globs, narrowing);
      for (const glob of globs) {
        const name = glob.replace('**', 'deep/er').replace('*', 'q');
        expect(matcher(glob)(name)).toBe(true);
        const isListed = listings.some(
          ({ prefix, depth }) =>
            name.startsWith(prefix) && (depth === 'all' || !name.slice(prefix.length).includes('/')),
        );
        expect([name, isListed]).toEqual([name, true]);
      }
    }
  });
});

describe('globsMatching', () => {
  test('returns each glob that matches a name, and no other', () => {
    const globs = ['a/*.csv', 'a/b.csv', 'a/*', '**/b.csv', 'a/b?.csv', 'a/b.csv'];
    const matching = globsMatching(globs);
    for (const name of ['a/b.csv', 'a/bc.csv', 'a/.b.csv', 'x/y/b.csv', 'b.csv', 'a', 'a/b.json', '']) {
      const expected = [...new Set(globs)].filter((glob) => matcher(glob)(name));
      expect([name, [...matching(name)].sort()]).toEqual([name, expected.sort()]);
    }
  });
});

describe('matcher with many wildcards', () => {
  test('takes time in proportion to the name, without backtracking', () => {
    // With a regular expression that backtracks, each of these would practically never end.
    expect(matcher(`${'*a'.repeat(40)}*b`)(`${'a'.repeat(250)}.csv`)).toBe(false);
    expect(matcher(`${'**/a/'.repeat(40)}b`)(`${'a/'.repeat(250)}c`)).toBe(false);
    expect(matcher(`${'**/a/'.repeat(40)}b`)(`${'a/'.repeat(250)}b`)).toBe(true);
  });

  test.each([
    ['a*b*c', 'abc', true],
    ['a*b*c', 'abcbc', true],
    ['a*b*c', 'acb', false],
    ['*.csv', '.csv', false],
    ['?.csv', '🦊.csv', true],
    ['a*', 'a', true],
    ['**/b/**', 'x/b/y/b', true],
    ['a.c*', 'abc', false],
    ['a[[]1]*', 'a[1].csv', true],
    ['a[1]*', 'a1.csv', true],
    ['[0-9][0-9].csv', '07.csv', true],
    ['[0-9][0-9].csv', '7.csv', false],
    ['[!a-c_]x', 'dx', true],
    ['[!a-c_]x', 'bx', false],
    ['[^ab]*', '.hidden', false],
    ['part-{a,b?}.csv', 'part-bc.csv', true],
    ['part-{a,b?}.csv', 'part-c.csv', false],
    ['x.csv{,.gz}', 'x.csv', true],
    ['x.csv{,.gz}', 'x.csv.gz', true],
    ['{a,b}/{c,d}.csv', 'b/c.csv', true],
    ['{a,b}/{c,d}.csv', 'c/c.csv', false],
  ])('%s on %s is %s', (glob, name, isMatch) => {
    expect(matcher(glob)(name)).toBe(isMatch);
  });
});
