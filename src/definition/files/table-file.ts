// The keys of one table of lake files, as written: beside a view's other keys for its only table, `files`, or under
// `tables` for each of several.

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
    'The files of an interval, below the source: a pattern with {yyyy} {MM} {dd} {HH} and globs. Never coarser than the interval. Parts such as `dt=2026-01-31/` are columns too.',
  );

/** All but `files` itself, which a view may leave out. */
export const tableKeys = {
  format: oneOf(['csv', 'json', 'parquet'])
    .optional()
    .describe('Of the files. Default: what the ending of `files` says.'),
  types: record(COLUMN(), fieldType(), 'map of column to type')
    .optional()
    .describe(
      'Types of the columns of csv and json files, and of parts of paths such as `dt=…`; what is not named is text.',
    ),
  header: list(COLUMN(), 'list of columns', { min: 1, max: 2_000 })
    .optional()
    .describe('The columns of csv files whose first line is a row already. Default: the first line names them.'),
  delimiter: character(DELIMITER).optional().describe('What is between the fields of a csv line. Default: `,`.'),
  quote: z
    .union([character('a character'), z.literal('none')], { error: () => 'a character, or none' })
    .meta({ title: 'character' })
    .optional()
    .describe(
      'What is around a csv field that holds delimiters, line ends or quotes, which are doubled; `none` where quotes mean nothing. Default: `"`.',
    ),
  null_text: text()
    .optional()
    .describe('What a csv field without quotes holds where it is null, such as `\\N`. Default: nothing.'),
  files_window: duration()
    .optional()
    .describe('The files of [end − files_window, end) are read. Whole intervals. Default: one interval.'),
  late_files: duration()
    .optional()
    .describe(
      'How long after its end the files of a covered interval are looked at again: it is read again when one has appeared or changed; `0s` for never. Default: 7d.',
    ),
  on_missing: oneOf(['empty', 'wait', 'fail'])
    .optional()
    .describe('No file for an interval: covered with 0 rows, looked for again later, or failed. Default: empty.'),
  on_vanished: oneOf(['fail', 'warn'])
    .optional()
    .describe(
      'A file that the last run of an interval has read is gone when the interval is read again: the run fails, or continues without it and notes that. Default: fail.',
    ),
  on_bad_field: oneOf(['refuse', 'fail'])
    .optional()
    .describe(
      'A csv or json row that is broken, or has a field that does not fit its type: it is refused, or the run fails. Default: refuse.',
    ),
};
