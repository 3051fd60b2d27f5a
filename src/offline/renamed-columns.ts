// Reads by a definition whose columns an edit has renamed since it was read.

import { Failure } from '../core/failure.ts';
import { safe, text } from '../core/message.ts';
import { sqlStateOf } from '../postgres/failure.ts';

const UNDEFINED_COLUMN = '42703';

/**
 * The alias of an offline table, which no feature has: names of features begin with a letter. Postgres reads the name of a table
 * as its whole row if there is no column of that name, and a feature may have the name of its view.
 */
export const STORED = '_stored';

/**
 * SQL: whether the columns of a view's table are those of the definition that a statement is made of; null if that does not matter. An
 * edit may exchange the names of two columns, or add a column under the old name of another, so that all of them are still there.
 */
export type SameColumns = string | null;

const COLUMNS_RENAMED = 'columnsRenamed';

/** What `rereadIfRenamed` waits for, from work that has found other columns than those of its definition. */
export function columnsRenamed(view: string): Failure {
  return new Failure(
    'OFFLINE_UNAVAILABLE',
    text`An edit that renames the columns of ${safe(view)} was deployed while they were read: try again.`,
    { view, [COLUMNS_RENAMED]: true },
  );
}

/**
 * Does work that reads the offline table of a view by a definition. If the table lacks a column of it, or the work throws
 * `columnsRenamed`, an edit that renames the column was deployed since the definition was read: `renew` reads it again, and the work is
 * repeated once. The same if a stored value cannot be parsed, because an edit changed its type.
 */
export async function rereadIfRenamed<T>(work: () => Promise<T>, renew?: () => Promise<void>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // A stored value is text of its type, so one that cannot be parsed has another type by now.
    const isRetyped = error instanceof SyntaxError;
    if (sqlStateOf(error) !== UNDEFINED_COLUMN && !isColumnsRenamed(error) && !isRetyped) throw error;
    await renew?.();
    return work();
  }
}

function isColumnsRenamed(error: unknown): boolean {
  return error instanceof Failure && error.facts[COLUMNS_RENAMED] === true;
}
