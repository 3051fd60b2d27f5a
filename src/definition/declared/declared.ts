// A declared query: the table to aggregate, and one aggregate for each feature. sql/ compiles it for the kind of its source.

import type { Filter, Literal } from './filter.ts';
import type { Operator } from './operators.ts';

/** How one feature is computed from the rows of an entity. */
export type Aggregate = {
  /** The column of the result: the feature's. */
  readonly feature: string;
  readonly operator: Operator;
  /** The column of the table that is aggregated or looked up. */
  readonly column?: string;
  /** Rows of [end − windowMs, end). Absent for all rows before `end`. */
  readonly windowMs?: number;
  readonly where?: Filter;
  /** percentile: 0 to 1. */
  readonly at?: number;
  /** velocity: the number of rows that is not exceeded. */
  readonly threshold?: number;
  /** lookup: the table with one row per entity, and its key. */
  readonly table?: string;
  readonly entityId?: readonly string[];
  /** The value of an entity without one. */
  readonly default?: Literal;
};

export type Declared = {
  /** Null for a view over files, whose table is `files`. */
  readonly table: string | null;
  /** The columns with the parts of the entity. */
  readonly entityId: readonly string[];
  /** The column with the time of a row. */
  readonly timestamp: string;
  readonly where?: Filter;
  /** For the parts of an incremental view: one row for each entity and interval of this length in [start, end), stamped with its start. */
  readonly unitMs?: number;
  /** One for each feature. */
  readonly aggregates: readonly Aggregate[];
};

/** The longest window; null if an aggregate reads all rows before `end`. */
export function longestWindow({ aggregates }: Pick<Declared, 'aggregates'>): number | null {
  const windows = aggregates.filter(({ operator }) => operator !== 'lookup').map(({ windowMs }) => windowMs);
  const bounded = windows.flatMap((windowMs) => windowMs ?? []);
  return bounded.length === 0 || bounded.length < windows.length ? null : Math.max(...bounded);
}
