// What only one file of src may contain: changes of runs, lists of their states, events, and locks.

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
    what: 'the open states of backfills',
    words: /'running',\s*'paused'[\])]/,
    files: ['state/backfills/backfill-state.ts'],
  },
  {
    what: 'a list of open states of runs',
    words: /\[[^\]]*'(planned|active)',\s*'(planned|active|committed)'/,
    files: ['state/runs/states.ts'],
  },
  {
    what: 'a change of the state of runs',
    words: /update millrace\.run\b(?!_)(?:(?!\bwhere\b|\bfrom\b|`)[\s\S])*?(\bstate =|\$\{)/,
    files: ['state/runs/change.ts'],
  },
  { what: 'the insert of runs', words: /insert into millrace\.run\b/, files: ['state/runs/insert.ts'] },
  { what: 'the insert of events', words: /insert into millrace\.event\b/, files: ['state/events.ts'] },
  {
    what: 'what supersedes runs',
    words: /'supersede'|superseded', epoch/,
    files: ['state/runs/change.ts'],
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
