// Definitions with hundreds of thousands of one character, as fuzz tests make them: the time for each must not grow with the
// square of its length.

import { describe, expect, test } from 'vitest';
import { alternativesOf } from '../../src/definition/file-pattern.ts';
import { wordBefore } from '../../src/definition/query/code-words.ts';
import { storeUrl } from '../../src/sources/storage/store-url.ts';
import { canonicalValue } from '../../src/view-tests/canonical.ts';
import { tablesIn } from '../../src/view-tests/queried-tables.ts';
import { sourceOptions } from '../sources/worlds.ts';
import { problemsOf, viewText } from './project-folder.ts';

const LONG = 1_000_000;

describe('alternativesOf', () => {
  test('stops at more combinations than are allowed', () => {
    expect(alternativesOf('{a,b}'.repeat(20_000))).toHaveLength(101);
    expect(alternativesOf('{a,b}{c,d}')).toEqual(['ac', 'ad', 'bc', 'bd']);
  });

  test.each(['{,', '{', ',', '{}'])('reads a pattern of many %j', (repeated) => {
    const pattern = `{${repeated.repeat(LONG)}`;
    expect(alternativesOf(pattern)).toEqual([pattern]);
  });
});

describe('wordBefore', () => {
  test('reads the last word of code with a long one', () => {
    expect(wordBefore(`${'A'.repeat(LONG)}.id`, LONG + 3)).toEqual({ word: 'id', at: LONG + 1 });
    expect(wordBefore('select żółw', 11)).toEqual({ word: 'żółw', at: 7 });
    expect(wordBefore('1 + ', 4)).toBeNull();
  });
});

describe('canonicalValue', () => {
  test.each([
    [`${'0'.repeat(LONG)}1.50`, '1.5'],
    [`1.${'0'.repeat(LONG)}`, '1'],
    [`1.${'0'.repeat(LONG)}x`, `1.${'0'.repeat(LONG)}x`],
    ['-0.00', '0'],
    ['-007.1250', '-7.125'],
    ['0', '0'],
  ])('of a decimal (%#) has no zeros around it', (text, canonical) => {
    expect(canonicalValue({ type: 'decimal' }, text)).toBe(canonical);
  });
});

describe('tablesIn', () => {
  test.each(['postgres', 'mysql'] as const)('finds the tables of a query with a long word: %s', async (dialect) => {
    const query = `with own as (select 1) select ${'Z'.repeat(LONG)} as x from own join orders on true`;
    expect(await tablesIn(query, dialect)).toEqual(['orders']);
  });
});

describe('storeUrl', () => {
  const parts = (url: string) => storeUrl(sourceOptions({ url }), { parameters: [], example: 's3://bucket' });

  test('reads long hosts and paths', () => {
    expect(parts(`s3://${'0'.repeat(LONG)}`).host).toHaveLength(LONG);
    expect(parts(`s3://b/${'/'.repeat(LONG)}x/${'/'.repeat(LONG)}`).folder).toBe('x/');
    expect(() => parts(`s3://${'0'.repeat(LONG)}#`)).toThrow('the URL has no host');
  });

  test('never shows a password', () => {
    expect(parts('s3://ada:secret@a@bucket/x').label).toBe('s3://…@bucket/x');
  });
});

describe('checkDefinitions', () => {
  const LONG_PATTERNS = ['', '{'].flatMap((start) =>
    ['=', '{', ',', '[', '[!', '[a', '[]', '*', '/'].map((repeated) => [start, repeated]),
  );

  test.each(LONG_PATTERNS)('refuses a pattern of files that is %j and 200,000 of %j', async (start, repeated = '') => {
    const files = `"${start}${repeated.repeat(200_000 / repeated.length)}.parquet"`;
    const problems = await problemsOf({
      'features/spend.yaml': viewText({ source: 'lake', files, format: 'parquet' }),
    });
    expect(problems.join('\n')).toContain('`files`');
  });
});
