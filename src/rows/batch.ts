// Rows on their way from a source to the stores: column-wise, as text, never an object per row.
//
// Everything a source yields is text in one spelling per type (src/feature-types/column-type.ts), so that one row check
// serves all sources and Postgres itself turns the text into values.

import type { ColumnType } from '../feature-types/column-type.ts';
import type { RefusedRow } from './refusal.ts';

/** A batch of a server's rows ends with the row that brings it to this much text, so that wide rows take no more memory than narrow ones. */
export const BATCH_CHARACTERS_MAX = 4_194_304;

export type Column = {
  readonly name: string;
  readonly type: ColumnType;
  /** The source's own name for the type, for messages: `character varying(20)`. */
  readonly nativeType: string;
};

/** Rows: `columns[c][r]`, in the order of the described columns; null is SQL null. Never without a row, refused or not. */
export type RowBatch = {
  readonly rows: number;
  readonly columns: readonly (readonly (string | null)[])[];
  /**
   * Rows of a csv or json file with a field that does not fit its declared type. They never reached the view's query, so
   * they are not among `columns`; the row check counts them as read and refused.
   */
  readonly refused?: readonly RefusedRow[];
};
