// What only one file of src may say: states in lists, and locks.

import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { RUN_STATES } from '../src/state/runs/states.ts';

const src = path.resolve(import.meta.dirname, '../src');
const files = globSync('**/*.ts', { cwd: src }).map((file) => file.replaceAll(path.sep, '/'));

const STATE = `'(${RUN_STATES.join('|')})'`;

/** Words → the files that may contain them. */
const PLACES: readonly { readonly what: string; readonly words: RegExp; readonly files: readonly string[] }[] = [
  {
    what: 'a list of states of runs in SQL',
    words: new RegExp(`\\bstate\\s+(not )?in \\(\\s*${STATE}\\s*,\\s*${STATE}`),
    files: ['state/runs/states.ts'],
  },
  {
    what: 'a list of open states of runs',
    words: /\[[^\]]*'(planned|active)',\s*'(planned|active|committed)'/,
    files: ['state/runs/states.ts'],
  },
  {
    what: 'an advisory lock of the state',
    words: /pg_(try_)?advisory_(xact_)?lock\(/,
    files: ['state/locks.ts'],
  },
  {
    what: 'the lock of a coverage',
    words: /from millrace\.coverage[^`']*\bfor (no key )?update/,
    files: ['state/locks.ts'],
  },
];

describe('src', () => {
  test.each(PLACES)('says $what in one place', ({ words, files: allowed }) => {
    const found = files.filter((file) => words.test(readFileSync(path.join(src, file), 'utf8')));
    expect(found).toEqual([...allowed]);
  });
});
