// What runs at each edit: `npm run test:all` runs all tests and all cases, `npm test` a broad sample that is quick.

import { describe, type TestFunction, test } from 'vitest';

export const RUNS_ALL = process.env['MILLRACE_TEST_ALL'] === '1';

/** All cases in `npm run test:all`, and those of the sample in `npm test`. @throws Error if the sample is empty. */
export function sampleOf<Case>(cases: readonly Case[], isInSample: (one: Case) => boolean): readonly Case[] {
  const sample = cases.filter(isInSample);
  if (sample.length === 0) throw new Error('npm test would run none of these cases');
  return RUNS_ALL ? cases : sample;
}

/** Tests of `npm run test:all`: a separate suite, because an empty one would fail. */
export function slowSuite(name: string, tests: () => void): void {
  if (RUNS_ALL) describe(name, tests);
}

/** A test of `npm run test:all`, in a suite whose other tests also run in `npm test`. */
export function slowTest(name: string, work: TestFunction, timeoutMs?: number): void {
  if (RUNS_ALL) test(name, work, timeoutMs);
}
