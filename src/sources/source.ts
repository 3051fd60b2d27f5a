// Where rows come from: the contract that every kind of source keeps, and the test that holds it to it
// (test/sources/source-contract.ts).

import type { Clock } from '../core/clock.ts';
import { type Interval, split } from '../core/interval.ts';
import type { SourceLimits } from '../definition/config.ts';
import type { Renewed } from '../definition/connections/connections.ts';
import type { Environment } from '../definition/connections/environment.ts';
import type { FeatureView } from '../definition/view.ts';
import type { Column, RowBatch } from '../rows/batch.ts';
import type { EnginePool } from './lake/engine/pool.ts';
import type { ListedFile } from './storage/file-location.ts';
import type { Spool } from './storage/spool.ts';

/** One reading of one view: what to ask for, and for which time. */
export type Extraction = {
  readonly view: FeatureView;
  /** What {{start}} and {{end}} stand for; null only for views of kind `latest`, whose queries have neither. */
  readonly span: Interval | null;
  /** What `describe` said; a reading that finds other columns fails, retryably, before it yields a row. */
  readonly columns?: readonly Column[];
  /** Of views of files: what runs have read for the same time; absent where nobody has looked. */
  readonly readBefore?: ReadBefore;
};

export type ReadBefore = {
  readonly runs: readonly {
    readonly runId: number;
    /** The parts of the span that no later run has read. */
    readonly spans: readonly Interval[];
    /** The names of all its files. */
    readonly files: readonly string[];
  }[];
  /** A person has said that what is gone should go. */
  readonly mayVanish?: true;
};

/**
 * One reading of an extraction, begun once: its columns, and then, once, the rows of the very same bytes. Keeps what it
 * needs (an engine, fetched files) until it is disposed of.
 */
export type Reading = AsyncDisposable & {
  readonly columns: readonly Column[];
  /** Which files it reads; null where the source has none. */
  readonly files: readonly ListedFile[] | null;
  /** What the run should say of them, each a sentence without its full stop; absent where there is nothing to say. */
  readonly notes?: readonly string[];
  rows(): AsyncIterable<RowBatch>;
};

/** What may still commit rows: the span is too young, or a transaction has been open, or prepared, since then. */
export type Uncommitted = {
  /** The label of the source. */
  readonly place: string;
  readonly blocker: 'clock' | 'open' | 'prepared';
  readonly since: string | null;
};

/**
 * Where rows come from.
 *
 * `describe` names the columns that `read` will yield, in their order, without yielding a row. `read` yields batches of
 * 1..batchRows rows (or, from files, rows that it refused itself) in the order the source gives them, pulls nothing ahead of its consumer, and frees its cursor,
 * handle or socket when the consumer stops early or the signal is aborted. Reading the same span again is always
 * allowed.
 *
 * @throws Failure SOURCE_UNAVAILABLE, SOURCE_DENIED, SOURCE_SHAPE, SOURCE_QUERY, FILES_MISSING, FILE_BROKEN, FILE_UNSUPPORTED or FILE_CHANGED.
 */
export interface Source extends AsyncDisposable {
  describe(extraction: Extraction, signal: AbortSignal): Promise<readonly Column[]>;
  read(extraction: Extraction, signal: AbortSignal): AsyncIterable<RowBatch>;
  /** Of sources to whom beginning is dear: what `describe` and `read` give, of one beginning. */
  open?(extraction: Extraction, signal: AbortSignal): Promise<Reading>;
  /** Of sources that know: why rows of the span may still be committed; null where none can be (`safe_bound`). */
  mustWait?(extraction: Extraction, signal: AbortSignal): Promise<Uncommitted | null>;
  /** Of sources of files: those of each unit of the spans, oldest first, found in one look at the place. */
  filesOfUnits?(view: FeatureView, spans: readonly Interval[], signal: AbortSignal): Promise<readonly UnitFiles[]>;
}

/** The files of one unit, each once: of those tables that are looked at again after it was covered (late_files). */
export type UnitFiles = { readonly unit: Interval; readonly files: readonly ListedFile[] };

/** A reading of any source. */
export async function openReading(source: Source, extraction: Extraction, signal: AbortSignal): Promise<Reading> {
  if (source.open !== undefined) return source.open(extraction, signal);
  const columns = await source.describe(extraction, signal);
  return {
    columns,
    files: null,
    rows: () => source.read({ ...extraction, columns }, signal),
    [Symbol.asyncDispose]: async () => undefined,
  };
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
export type SourceOptions = SourceLimits & {
  /** The connection's name in millrace.yaml, for messages. */
  readonly name: string;
  readonly url: string;
  /** Of object stores: what the environment says about the account to use. */
  readonly account?: Environment;
  /** Of connections whose credentials come from a file: what it says now. */
  readonly renewed?: () => Promise<Renewed>;
  /** The folder of millrace.yaml, which relative file URLs start from. */
  readonly projectFolder: string;
  readonly batchRows: number;
  /** Where files that are elsewhere are kept while they are read. */
  readonly spool: Spool;
  /** The processes that read files. */
  readonly engines: EnginePool;
  /** Paces the watchdogs over connections that fall silent; decides nothing about data. */
  readonly clock: Clock;
};

/** A kind of source: which URLs it opens, and how. Opening connects lazily: no work until the first call. */
export type SourceKind = {
  readonly name: string;
  readonly schemes: readonly string[];
  /** What a view over it says: a query over the source's own tables, or which of its files to read. */
  readonly needs: 'query' | 'files';
  open(options: SourceOptions): Source;
};
