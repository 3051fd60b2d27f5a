// tests/*.yaml as written.

import { z } from 'zod';
import { date, list, map, name, oneOf, record, someText, text, whole } from './field.ts';

const ROW = 'a row: a map of column to value';

const row = () => z.record(z.string(), z.unknown(), { error: () => ROW }).meta({ title: 'map of column to value' });

/**
 * The maps and lists around a value of a row: the file, `given`, its table and the row. Inside JSON values, numbers keep all
 * digits, because there they cannot be written in quotes.
 */
export const ROW_LEVELS = 4;

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
