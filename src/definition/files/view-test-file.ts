// tests/*.yaml as written.

import { z } from 'zod';
import type { KeepsDigits } from '../yaml/number-digits.ts';
import type { KeyPath } from '../yaml/problem.ts';
import { isMap } from '../yaml/yaml-file.ts';
import { date, list, map, name, oneOf, record, someText, text, whole } from './field.ts';

const ROW = 'a row: a map of column to value';

const row = () => z.record(z.string(), z.unknown(), { error: () => ROW }).meta({ title: 'map of column to value' });

/**
 * Numbers inside the values of rows keep all digits, and so do values of columns that `types` says are JSON: in quotes, they
 * would be other JSON. Other values decide the type of a column, and can be in quotes.
 */
export const keepsDigits: KeepsDigits = ([section, part = '', row, column = '', ...inside], file) => {
  if (row === undefined || column === '') return false;
  const isRow = section === 'given' || (section === 'expect' && (part === 'rows' || part === 'refused'));
  return isRow && (inside.length > 0 || (section === 'given' && isJsonType(valueIn(file, ['types', part, column]))));
};

/** Of Postgres, MySQL or DuckDB. */
export function isJsonType(type: unknown): boolean {
  return typeof type === 'string' && /^jsonb?$/i.test(type.trim());
}

/** The value at a path; undefined if it is not there. */
function valueIn(file: unknown, path: KeyPath): unknown {
  return path.reduce((value, step) => (isMap(value) ? value[step] : undefined), file);
}

const ROWS_MAX = 10_000;
const TABLE = () => someText('the name of a table');

/** A check is named by the keys that it has in the view. */
const expectedCheck = () =>
  map({
    row: someText('a condition').optional().describe('The condition of a `row` check.'),
    matches: someText('a regular expression').optional().describe('The pattern of a `matches` check.'),
    feature: name().optional().describe('The feature of a `matches` check, if more than one has the same pattern.'),
    unique: list(name(), 'list of names', { min: 1, max: 50 }).optional().describe('The features of a `unique` check.'),
    entities: map({ min: whole(0, 1_000_000_000).optional(), max: whole(0, 1_000_000_000).optional() })
      .optional()
      .describe('The limits of an `entities` check.'),
    result: oneOf(['passed', 'warned', 'failed']).describe('The expected result of the check.'),
    rows: whole(0, 1_000_000_000).optional().describe('The number of rows that fail the check. Default: not compared.'),
  });

export const viewTestFile = map({
  view: name().describe('The view to test.'),
  description: text().default('').describe('What the test checks.'),
  now: date()
    .optional()
    .describe(
      'The current time for the row check, and for `now()`, `current_timestamp` and similar functions in the query. Default: the end of `span`; for a view of kind `latest`, the time of the test.',
    ),
  given: record(TABLE(), list(row(), 'list of rows', { min: 0, max: ROWS_MAX }), 'map of table to rows').describe(
    'The rows of each table that the query reads. For a view over files, use the table name in the query: `files`, or a name under `tables`.',
  ),
  types: record(
    TABLE(),
    record(someText('the name of a column'), someText('a type of the database'), 'map of column to type'),
    'map of table to types',
  )
    .optional()
    .describe(
      'Types of columns in a database or in Parquet files, such as `numeric(10,2)`. Other columns have the type of their values: whole numbers, numbers, true or false, dates, times, JSON, or text.',
    ),
  span: list(date(), 'list of start and end', { min: 1, max: 2 })
    .optional()
    .describe(
      'The start and end of the range to run, which must consist of whole intervals. Not supported for views of kind `latest`.',
    ),
  expect: map({
    rows: list(row(), 'list of rows', { min: 0, max: ROWS_MAX })
      .optional()
      .describe(
        'The rows that are stored, in any order: `entity_id`, `timestamp` and features. Keys that are left out are not compared. Default: rows are not compared.',
      ),
    refused: list(row(), 'list of rows', { min: 0, max: ROWS_MAX })
      .default([])
      .describe(
        'The rows that are refused: `reason` and columns of the query. Keys that are left out are not compared.',
      ),
    checks: list(expectedCheck(), 'list of checks', { min: 0, max: 100 })
      .default([])
      .describe(
        'The expected results of the `checks` of the view. A `row`, `matches` or `unique` check with `on_failure: fail` must pass if it is not listed; other checks that are not listed are not compared.',
      ),
  }).describe('The expected results of the run.'),
});

export type ViewTestFile = z.infer<typeof viewTestFile>;
