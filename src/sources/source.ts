// Where rows come from: the contract that every kind of source keeps, and the test that holds it to it
// (test/sources/source-contract.ts).

import type { Clock } from '../core/clock.ts';
import { type Interval, split } from '../core/interval.ts';
import type { FeatureView } from '../definition/view.ts';
import type { Column, RowBatch } from '../rows/batch.ts';

/** One reading of one view: what to ask for, and for which time. */
export type Extraction = {
  readonly view: FeatureView;
  /** What {{start}} and {{end}} stand for; null only for views of kind `latest`, whose queries have neither. */
  readonly span: Interval | null;
  /** What `describe` said; a reading that finds other columns fails, retryably, before it yields a row. */
  readonly columns?: readonly Column[];
};

/**
 * Where rows come from.
 *
 * `describe` names the columns that `read` will yield, in their order, without yielding a row. `read` yields batches of
 * 1..batchRows rows (or, from files, rows that it refused itself) in the order the source gives them, pulls nothing ahead of its consumer, and frees its cursor,
 * handle or socket when the consumer stops early or the signal is aborted. Reading the same span again is always
 * allowed.
 *
 * @throws Failure SOURCE_UNAVAILABLE, SOURCE_DENIED, SOURCE_SHAPE, SOURCE_QUERY, FILES_MISSING, FILE_BROKEN or FILE_CHANGED.
 */
export interface Source extends AsyncDisposable {
  describe(extraction: Extraction, signal: AbortSignal): Promise<readonly Column[]>;
  read(extraction: Extraction, signal: AbortSignal): AsyncIterable<RowBatch>;
  /** Of sources of files: the units of the span for which no file exists, oldest first. A reading only fails without any. */
  unitsWithoutFiles?(extraction: Extraction, signal: AbortSignal): Promise<readonly Interval[]>;
}

/** Whether a reading finds the columns that were described; true where nobody said. */
export function hasSameColumns({ columns }: Extraction, found: readonly Column[]): boolean {
  const key = (column: Column) => [column.name, column.type];
  return columns === undefined || JSON.stringify(columns.map(key)) === JSON.stringify(found.map(key));
}

/** The units of a view that a span of it is made of. */
export function unitsOf(view: FeatureView, span: Interval): readonly Interval[] {
  return split(span, view.unitMs, 1);
}

/** What every source is opened with. */
export type SourceOptions = {
  /** The connection's name in millrace.yaml, for messages. */
  readonly name: string;
  readonly url: string;
  /** The folder of millrace.yaml, which relative file URLs start from. */
  readonly projectFolder: string;
  readonly batchRows: number;
  readonly statementTimeoutMs: number;
  readonly connectTimeoutMs: number;
  /** Of an engine inside this process, for one reading. */
  readonly memoryLimitMb: number;
  /** Paces the watchdogs over connections that fall silent; decides nothing about data. */
  readonly clock: Clock;
};

/** A kind of source: which URLs it opens, and how. Opening connects lazily: no work until the first call. */
export type SourceKind = {
  readonly name: string;
  readonly schemes: readonly string[];
  open(options: SourceOptions): Source;
};
