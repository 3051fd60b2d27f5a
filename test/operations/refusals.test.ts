// An operation is refused in the same way from the command line, on the dashboard and over the API, and leaves the same rows.

import { describe, test } from 'vitest';
import { sampleOf } from '../support/sample.ts';
import { compareWays } from './compare-ways.ts';
import { REFUSALS } from './refusals.ts';

describe('an operation', () => {
  test.each(sampleOf(REFUSALS, ({ verb, code }) => verb === 'run' && code === 'VIEW_PAUSED'))(
    'is refused in each way: $verb, $code',
    ({ code, ...verb }) => compareWays(verb, code),
  );
});
