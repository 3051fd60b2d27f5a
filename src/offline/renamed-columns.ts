// Reads by a definition whose columns an edit has renamed since it was read.

import { codeOf } from '../postgres/failure.ts';

const UNDEFINED_COLUMN = '42703';

/**
 * The alias of an offline table, which no feature has: names of features begin with a letter. Postgres reads the name of a table
 * as its whole row if there is no column of that name, and a feature may have the name of its view.
 */
export const STORED = '_stored';

/**
 * Does work that reads the offline table of a view by a definition. If the table lacks a column of it, an edit that renames
 * the column was deployed since the definition was read: `renew` reads it again, and the work is repeated once.
 */
export async function rereadIfRenamed<T>(work: () => Promise<T>, renew?: () => Promise<void>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (codeOf(error) !== UNDEFINED_COLUMN) throw error;
    await renew?.();
    return work();
  }
}
