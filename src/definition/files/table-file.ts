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
    'The files of an interval, relative to the source: a pattern with {yyyy} {MM} {dd} {HH} and globs. One file may not span several intervals. Path parts such as `dt=2026-01-31/` are columns too.',
  );

/** All keys but `files`, which is optional in a view. */
export const tableKeys = {
  format: oneOf(['csv', 'json', 'parquet'])
    .optional()
    .describe('The format of the files. Default: from the extension of `files`.'),
  types: record(COLUMN(), fieldType(), 'map of column to type')
    .optional()
    .describe('Types of columns of csv and json files, and of path parts such as `dt=…`. Other columns are text.'),
  header: list(COLUMN(), 'list of columns', { min: 1, max: 2_000 })
    .optional()
    .describe('The columns of csv files without a header line. Default: the first line names them.'),
  delimiter: character(DELIMITER).optional().describe('The character between the fields of a csv line. Default: `,`.'),
  quote: z
    .union([character('a character'), z.literal('none')], { error: () => 'a character, or none' })
    .meta({ title: 'character' })
    .optional()
    .describe(
      'The quote around csv fields that contain delimiters, line breaks or quotes (written twice); `none` if quotes have no special meaning. Default: `"`.',
    ),
  null_text: text()
    .optional()
    .describe('The unquoted text that stands for null in a csv field, such as `\\N`. Default: an empty field.'),
  files_window: duration()
    .optional()
    .describe(
      'A run reads the files of [end − files_window, end). A whole number of intervals. Default: one interval.',
    ),
  late_files: duration()
    .optional()
    .describe(
      'How long after its end a covered interval is checked for new or changed files; if there are any, it is read again. `0s` for never. Default: 7d.',
    ),
  on_missing: oneOf(['empty', 'wait', 'fail'])
    .optional()
    .describe('An interval without a file is covered with 0 rows, waits for a file, or fails. Default: empty.'),
  on_vanished: oneOf(['fail', 'warn'])
    .optional()
    .describe(
      'If a file that the last run of an interval has read is gone when the interval is read again, the run fails, or continues without the file and records a note. Default: fail.',
    ),
  on_bad_field: oneOf(['refuse', 'fail'])
    .optional()
    .describe(
      'A csv or json row that is broken, or has a field that does not match its type, is refused or fails the run. Default: refuse.',
    ),
};
