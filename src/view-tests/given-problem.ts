// Problems with the given rows of a test.

import { Failure } from '../core/failure.ts';
import { safe, text } from '../core/message.ts';
import type { ViewTest } from '../definition/view-test.ts';
import type { GivenColumn } from './column-types.ts';

/** @throws Failure DEFINITION_INVALID for a table without columns. */
export function requireColumnsOf({ file }: ViewTest, table: string, columns: readonly GivenColumn[]): void {
  if (columns.length > 0) return;
  throw givenInvalid(file, `the table ${table} has no rows; name its columns under types`);
}

export function givenInvalid(file: string, problem: string): Failure {
  return new Failure('DEFINITION_INVALID', text`${safe(file)}: ${safe(problem)}.`);
}
