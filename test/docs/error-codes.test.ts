import { expect, test } from 'vitest';
import { FAILURES } from '../../src/core/failure.ts';
import { readPage } from './blocks.ts';

test('the page of error codes lists every failure, with its retry and its owner', () => {
  const rows = [...readPage('docs/reference/error-codes.md').matchAll(/^\| `([A-Z_]+)` *\| (yes|no) *\| (\w+) *\|/gm)];

  expect(Object.fromEntries(rows.map(([, code, retry, owner]) => [code, { retry: retry === 'yes', owner }]))).toEqual(
    FAILURES,
  );
});
