// The keys of one table of lake files: at the top level of a view for its only table, `files`, or under `tables` for each
// of several.

import { z } from 'zod';
import { duration, fieldType, list, oneOf, record, someText, text } from './field.ts';

const DELIMITER = 'one character such as "," ";" "|" or "\\t"';
const COLUMN = () => someText('the name of a column');
const PATTERN = 'a file pattern such as sales/{yyyy}-{MM}-{dd}.csv';

function character(expected: string) {
  return z
    .string({ error: () => expected })
    .regex(/^[\t -~]$/, { error: () => expected })
    .meta({ title: 'character' });
}

export const filesKey = () =>
  someText(PATTERN).describe(
    'The files of an interval, relative to the source: a pattern with {yyyy} {MM} {dd} {HH} and globs. A file must not span several intervals. Path parts such as `dt=2026-01-31/` are columns too.',
  );

/** All keys but `files`, which is optional in a view. */
export const tableKeys = {
  format: oneOf(['csv', 'json', 'parquet'])
    .optional()
    .describe('The format of the files. Default: from the extension of `files`.'),
  types: record(COLUMN(), fieldType(), 'map of column to type')
    .optional()
    .describe('Column types for CSV and JSON files, and for path parts such as `dt=…`. Other columns are text.'),
  header: list(COLUMN(), 'list of columns', { min: 1, max: 2_000 })
    .optional()
    .describe('The columns of CSV files without a header line. Default: the first line names them.'),
  delimiter: character(DELIMITER).optional().describe('The character between the fields of a CSV line. Default: `,`.'),
  quote: z
    .union([character('a character'), z.literal('none')], { error: () => 'a character, or none' })
    .meta({ title: 'character' })
    .optional()
    .describe(
      'The quote around CSV fields that contain delimiters, line breaks or quotes (written twice); `none` if quotes have no special meaning. Default: `"`.',
    ),
  null_text: text()
    .optional()
    .describe('The unquoted text that represents null in a CSV field, such as `\\N`. Default: an empty field.'),
  files_window: duration()
    .optional()
    .describe(
      'A run reads the files of [end − files_window, end). Must be a whole number of intervals. Default: one interval.',
    ),
  late_files: duration()
    .optional()
    .describe(
      'How long after its end a covered interval is checked for new or changed files. If there are any, the interval is read again. `0s` turns this off. Default: 7d.',
    ),
  on_missing: oneOf(['empty', 'wait', 'fail'])
    .optional()
    .describe(
      'What to do with an interval without a file: cover it with 0 rows, wait for a file, or fail. Default: empty.',
    ),
  on_vanished: oneOf(['fail', 'warn'])
    .optional()
    .describe(
      'If a file that the last run of an interval has read is gone when the interval is read again, the run fails, or continues without the file and records a note. Default: fail.',
    ),
  on_bad_field: oneOf(['refuse', 'fail'])
    .optional()
    .describe(
      'Whether a CSV or JSON row that is broken, or has a field that does not match its type, is refused or fails the run. Default: refuse.',
    ),
};
