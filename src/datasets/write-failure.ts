// What it means that DuckDB cannot write a file of a training set. Its messages quote whole rows, which are not shown.

import { Failure } from '../core/failure.ts';
import { type Message, safe, text } from '../core/message.ts';
import { duckdbMessage, EngineEnded, StepTimeout } from '../sources/lake/engine/errors.ts';
import type { OutputColumn } from './output-columns.ts';

type Written = { readonly dataset: string; readonly columns: readonly OutputColumn[] };

/** A Failure for the errors that have a known cause; others, such as those of a disk, are returned unchanged. */
export function writeFailure(error: unknown, written: Written): unknown {
  const said = duckdbMessage(error);
  if (error instanceof EngineEnded && error.why !== 'memory')
    return ended(written, text`failed: ${safe(error.message)}`, error);
  if (error instanceof StepTimeout) return ended(written, text`did not reply: ${safe(error.message)}`, error);
  if (error instanceof EngineEnded || /^Out of Memory |Maximum line size/i.test(said ?? ''))
    return tooLarge(written, error);
  if (said !== null && /^(Conversion|Invalid Input) /i.test(said)) return unfit(said, written);
  return error;
}

function ended({ dataset }: Written, what: Message, cause: unknown): Failure {
  return new Failure(
    'OUTPUT_UNAVAILABLE',
    text`The process that writes the files of ${safe(dataset)} ${what}. Run the command again to resume the build.`,
    { dataset },
    cause,
  );
}

/** DuckDB's message quotes a line that is too long. */
function tooLarge({ dataset }: Written, error: unknown): Failure {
  return new Failure(
    'CHECK_FAILED',
    text`The rows of ${safe(dataset)} are too large to write: there is not enough memory for a few thousand of them. List fewer \`features\` of its views, or exclude long strings from the labels.`,
    { dataset },
    error instanceof EngineEnded ? error : undefined,
  );
}

function unfit(said: string, { dataset, columns }: Written): Failure {
  const place = /column "?c(\d+)"?/.exec(said)?.[1];
  const column = place === undefined ? undefined : columns[Number(place)];
  if (column === undefined) {
    const what = text`A column of ${safe(dataset)} has a value that this file format cannot represent`;
    return new Failure('CHECK_FAILED', text`${what}: convert it to text in ${LABELS_QUERY}.`, { dataset });
  }
  const query = column.of === null ? LABELS_QUERY : text`the query of ${safe(column.of.view)}`;
  return unfitValue(dataset, column, query);
}

const LABELS_QUERY = text`the query of the labels`;

/** A value of a column that the type of the column does not have in files. */
export function unfitValue(
  dataset: string,
  { name, type }: Pick<OutputColumn, 'name' | 'type'>,
  query = LABELS_QUERY,
): Failure {
  return new Failure(
    'CHECK_FAILED',
    text`The column ${safe(name)} of ${safe(dataset)} has a value that this file format cannot represent as ${safe(type)}: convert it to text in ${query}.`,
    { dataset },
  );
}
