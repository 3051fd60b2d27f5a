// No docs, help, message, comment or name uses a word that scripts/plain-english/words.ts lists.
// `node scripts/bootstrap.mjs words [PATH...]` prints each place and what to write instead.

import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { avoidedWordsIn, findAvoidedWords } from '../scripts/plain-english/find.ts';

const root = path.resolve(import.meta.dirname, '..');

/** Paths that are not rewritten yet: remove a path once it is clean. A path stands for all folders below it. */
const UNFINISHED: readonly string[] = [];

const isUnfinished = (file: string) => UNFINISHED.some((one) => file === one || file.startsWith(`${one}/`));

describe('the repository', () => {
  test('contains no avoided word outside of the paths that are unfinished', () => {
    const found = findAvoidedWords(root).filter(({ file }) => !isUnfinished(file));
    expect(found.map(({ file, line, word, instead }) => `${file}:${line}: ${word} → ${instead}`)).toEqual([]);
  });
});

const wordsIn = (text: string) => avoidedWordsIn('file.ts', text).map(({ line, word }) => `${line}: ${word}`);

describe('avoidedWordsIn', () => {
  test('finds a phrase in prose, across lines of a comment, and in a name', () => {
    expect(wordsIn('const a = 1;\n// The run goes\n// on, all-the-same.\nconst isToldAtOnce = a;')).toEqual([
      '2: goes on',
      '3: all the same',
      '4: told',
      '4: at once',
    ]);
  });

  test('finds whole words only', () => {
    expect(wordsIn('// Recommend at most once; amended, besides.')).toEqual([]);
  });

  test('accepts the owner of a failure that no one has to act on', () => {
    expect(wordsIn("const owner = 'nobody';\n| `BUG` | no | nobody | a defect\n// Nobody reads it.")).toEqual([
      '3: nobody',
    ]);
  });
});
