// An operation has the same effect from the command line, on the dashboard and over the API: in equal worlds, it leaves the
// same rows and the same jobs.

import { describe, test } from 'vitest';
import { sampleOf } from '../support/sample.ts';
import { compareWays } from './compare-ways.ts';
import { VERBS } from './verbs.ts';

/** One operation that runs, one that is recorded, one of a backfill; all others run with `npm run test:all`. */
const QUICK: readonly string[] = ['run', 'pause', 'backfill.cancel'];

describe('an operation', () => {
  test.each(sampleOf(VERBS, ({ verb }) => QUICK.includes(verb)))('has the same effect in each way: $verb', (verb) =>
    compareWays(verb, null),
  );
});
