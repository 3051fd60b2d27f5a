import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stripSql } from '../../../src/definition/query/strip-sql.ts';

describe('stripSql', () => {
  test.each([
    ['select  a ,\n\tsum( b )\nfrom t -- note\nwhere a = 1 ;\n', 'select a,sum(b)from t where a=1'],
    ["select a/* x */from t where b='  -- c'", "select a from t where b='  -- c'"],
    ['{{ start }}', '{{start}}'],
    ['a - -1', 'a- -1'],
    ['a < -1', 'a< -1'],
    ["u & 'x'", "u& 'x'"],
    ['1e - 5', '1e -5'],
    ["E 'x'", "E 'x'"],
    ["'a' 'b'", "'a' 'b'"],
    ['1 .5', '1 .5'],
    ['', ''],
    ['-- only a comment', ''],
  ])('normalizes %j to %j', (sql, stripped) => {
    expect(stripSql(sql, 'postgres')).toBe(stripped);
  });

  test('keeps comments that MySQL executes', () => {
    expect(stripSql('select /*!40001 sql_no_cache */ a # note', 'mysql')).toBe('select /*!40001 sql_no_cache */ a');
  });

  const TOKENS = [
    'a',
    'from',
    '1',
    '1e',
    '.5',
    ',',
    '(',
    ')',
    '=',
    '-',
    '<',
    '&',
    '/',
    '*',
    "'x  y'",
    '"c -- d"',
    'E',
    '::',
    '{{end}}',
  ];
  const SPACES = [' ', '\n', '  \t', ' -- note\n ', ' /* a /* b */ c */ '];

  test('gives queries that differ only in spacing and comments the same form', () => {
    const token = fc.constantFrom(...TOKENS);
    const space = fc.constantFrom(...SPACES);
    fc.assert(
      fc.property(fc.array(fc.tuple(token, space, space)), (parts) => {
        const one = parts.map(([word, before]) => before + word).join('');
        const other = parts.map(([word, , before]) => before + word).join('');
        expect(stripSql(one, 'postgres')).toBe(stripSql(other, 'postgres'));
      }),
      { numRuns: 500 },
    );
  });

  test('gives queries with different words different forms', () => {
    const words = fc.array(fc.constantFrom(...TOKENS));
    fc.assert(
      fc.property(words, words, (one, other) => {
        fc.pre(one.join(' ') !== other.join(' '));
        expect(stripSql(one.join(' '), 'postgres')).not.toBe(stripSql(other.join(' '), 'postgres'));
      }),
      { numRuns: 500 },
    );
  });

  test('does not change a normalized query', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...TOKENS)), (words) => {
        const once = stripSql(words.join(' '), 'postgres');
        expect(stripSql(once, 'postgres')).toBe(once);
      }),
      { numRuns: 500 },
    );
  });
});
