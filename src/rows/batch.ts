// Rows between a source and the stores: by column, as text, without an object per row.
//
// Sources return text in one format per type (src/feature-types/column-type.ts), so one row check serves all sources, and
// Postgres parses the text.

import type { ColumnType } from '../feature-types/column-type.ts';
import type { RefusedRow } from './refusal.ts';

/** A batch ends with the row that reaches this much text, so that wide rows need no more memory than narrow ones. */
export const BATCH_CHARACTERS_MAX = 4_194_304;

export type Column = {
  readonly name: string;
  readonly type: ColumnType;
  /** The source's name of the type, for messages: `character varying(20)`. */
  readonly nativeType: string;
};

/** Rows: `columns[c][r]`, in the order of the described columns; null is SQL null. Has at least one row, refused or not. */
export type RowBatch = {
  readonly rows: number;
  readonly columns: readonly (readonly (string | null)[])[];
  /**
   * Rows of a CSV or JSON file that are malformed or have a field that does not match its declared type. They never reached
   * the view's query, so they are not in `columns`. The row check counts them as read and refused.
   */
  readonly refused?: readonly RefusedRow[];
};
