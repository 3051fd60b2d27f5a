// The keys of one table of lake files: at the top level of a view for its only table, `files`, or under `tables` for each
// of several.

import { z } from 'zod';
import { duration, fieldType, jsonPath, list, name, oneOf, record, someText, text, whole, yesNo } from './field.ts';

const DELIMITER = 'one character such as "," ";" "|" or "\\t"';
const COLUMN = () => someText('the name of a column');
const PATTERN = 'a file pattern such as sales/{yyyy}-{MM}-{dd}.csv';

function character(expected: string, allowed = /^[\t -~]$/) {
  return z
    .string({ error: () => expected })
    .regex(allowed, { error: () => expected })
    .meta({ title: 'character' });
}

const THOUSANDS = /^[.,' _\u2019\u00a0\u202f]$/;

export const filesKey = () =>
  someText(PATTERN).describe(
    'The files of an interval, relative to the source: a pattern with {yyyy} {MM} {dd} {HH} and globs. A file must not span more than one interval. Path segments such as `dt=2026-01-31/` are columns too.',
  );

/** The keys of a table that comes from another source. */
export const queriedKeys = {
  source: name()
    .optional()
    .describe('Instead of `files`: the database that `query` reads, a name under `sources` in millrace.yaml.'),
  query: someText('a query')
    .optional()
    .describe('The SQL that returns the rows of the table. It can use {{start}} and {{end}}.'),
  rows_max: whole(1, 100_000_000)
    .optional()
    .describe('For a table with `query`: a run that reads more rows fails. Default: 1000000.'),
};

/** All keys but `files`, which is optional in a view. */
export const tableKeys = {
  format: oneOf(['csv', 'json', 'parquet'])
    .optional()
    .describe('The format of the files. Default: determined by the file extension in `files`.'),
  types: record(COLUMN(), fieldType(), 'map of column to type')
    .optional()
    .describe('Column types for CSV and JSON files, and for path segments such as `dt=…`. Other columns are text.'),
  encoding: oneOf(['utf-8', 'utf-16', 'latin-1', 'windows-1252'])
    .optional()
    .describe('The encoding of CSV and JSON files. Default: utf-8.'),
  records: jsonPath()
    .optional()
    .describe('The path of the list of rows, such as `$.data`, if a JSON file contains the list inside an object.'),
  header: list(COLUMN(), 'list of columns', { min: 1, max: 2_000 })
    .optional()
    .describe('The columns of CSV files without a header line. Default: the first line names them.'),
  delimiter: character(DELIMITER)
    .optional()
    .describe('The character that separates the fields of a CSV line. Default: `,`.'),
  quote: z
    .union([character('a character'), z.literal('none')], { error: () => 'a character, or none' })
    .meta({ title: 'character' })
    .optional()
    .describe(
      'The character that encloses CSV fields that contain delimiters, line breaks or quotes. A quote inside such a field is written twice. Use `none` if quotes have no special meaning. Default: `"`.',
    ),
  null_text: text()
    .optional()
    .describe('The unquoted text that represents null in a CSV field, such as `\\N`. Default: an empty field.'),
  quoted_null: yesNo()
    .optional()
    .describe('Whether quoted CSV fields, such as `""`, can also be null. Default: false.'),
  skip_lines: whole(0, 1_000)
    .optional()
    .describe('The number of lines, such as titles, before the header of a CSV file. Default: 0.'),
  footer_lines: whole(0, 100)
    .optional()
    .describe(
      'The number of lines, such as totals, after the last row of a CSV file. Empty lines at the end do not count. Default: 0.',
    ),
  decimal_mark: character('"." or ","', /^[.,]$/)
    .optional()
    .describe('The decimal mark of numbers in CSV files, for columns with a numeric type in `types`. Default: `.`.'),
  thousands: character('one of "." "," "\'" "_" or a space', THOUSANDS)
    .optional()
    .describe(
      'The thousands separator of numbers in CSV files, for columns with a numeric type in `types`. A space also matches no-break spaces. Default: none.',
    ),
  files_window: duration()
    .optional()
    .describe(
      'A run reads the files of [end − files_window, end). Must be a whole number of intervals. Default: one interval.',
    ),
  late_files: duration()
    .optional()
    .describe(
      'How long a covered interval is checked for new or changed files after it ends. If there are any, the interval is read again. `0s` turns off these checks. Default: 7d.',
    ),
  on_missing: oneOf(['empty', 'wait', 'fail'])
    .optional()
    .describe(
      'What to do if an interval has no file: cover the interval with 0 rows, wait for a file, or fail the run. Default: empty.',
    ),
  on_vanished: oneOf(['fail', 'warn'])
    .optional()
    .describe(
      'What to do if an interval is read again and a file that its last run read no longer exists: fail the run, or continue without the file and record a note. Default: fail.',
    ),
  on_bad_field: oneOf(['refuse', 'fail'])
    .optional()
    .describe(
      'What to do with a CSV or JSON row that is malformed or has a field that does not match its type: refuse the row, or fail the run. Default: refuse.',
    ),
};
