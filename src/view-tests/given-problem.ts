// Problems with the given rows of a test.

import { Failure, messageOf } from '../core/failure.ts';
import { safe, text, value } from '../core/message.ts';
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

/**
 * The engine of a test rejects a given table or value. `place` says which: `the table orders`.
 *
 * Rows of tests are written by hand, so its message may quote them.
 */
export function givenRejected({ file }: ViewTest, place: string, error: unknown): Failure {
  const [why = ''] = messageOf(error).split('\n', 1);
  return new Failure(
    'DEFINITION_INVALID',
    text`${safe(file)}: ${value(place)} cannot be stored for the test: ${value(why)}. Change the value, or the type of its column under types.`,
    {},
    error,
  );
}

/** Runs a statement about given rows. @throws Failure DEFINITION_INVALID if the engine rejects it. */
export async function orRejected(
  test: ViewTest,
  place: string,
  isRejection: (error: unknown) => boolean,
  statement: () => Promise<unknown>,
): Promise<void> {
  try {
    await statement();
  } catch (error) {
    throw isRejection(error) ? givenRejected(test, place, error) : error;
  }
}

/** The name of a row or field in messages, with rows counted from 1. */
export function placeInGiven(table: string, row: number, column: string | null = null): string {
  return `${column === null ? '' : `${column} of `}row ${row + 1} of the table ${table}`;
}
