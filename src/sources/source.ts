// The contract of every kind of source. test/sources/source-contract.ts tests it.

import type { Clock } from '../core/clock.ts';
import { type Interval, split } from '../core/interval.ts';
import type { SourceLimits } from '../definition/config.ts';
import type { Renewed } from '../definition/connections/connections.ts';
import type { Environment } from '../definition/connections/environment.ts';
import type { SqlDialect } from '../definition/query/sql-text.ts';
import type { FeatureView } from '../definition/view.ts';
import type { Column, RowBatch } from '../rows/batch.ts';
import type { EnginePool } from './lake/engine/pool.ts';
import type { ListedFile } from './storage/file-location.ts';
import type { Spool } from './storage/spool.ts';

/** What to read: a view and a span of time. */
export type Extraction = {
  readonly view: FeatureView;
  /** The values of {{start}} and {{end}}; null only for views of kind `latest`, whose queries have neither. */
  readonly span: Interval | null;
  /** The result of `describe`. A reading with other columns fails with a retryable failure before its first row. */
  readonly columns?: readonly Column[];
  /** For views over files: what earlier runs read for the same time; absent if unknown. */
  readonly readBefore?: ReadBefore;
};

export type ReadBefore = {
  readonly runs: readonly {
    readonly runId: number;
    /** The parts of the span that no later run has read. */
    readonly spans: readonly Interval[];
    /** The names of all files of the run. */
    readonly files: readonly string[];
  }[];
  /** A user has confirmed that rows of missing files may be removed. */
  readonly mayVanish?: true;
};

/**
 * One reading of an extraction: its columns, and then, once, the rows of the same bytes. Keeps its resources (an engine,
 * fetched files) until it is disposed of.
 */
export type Reading = AsyncDisposable & {
  readonly columns: readonly Column[];
  /** The files that it reads; null if the source has none. */
  readonly files: readonly ListedFile[] | null;
  /** Notes for the run, each a sentence without a period. */
  readonly notes?: readonly string[];
  rows(): AsyncIterable<RowBatch>;
};

/** Why rows may still be committed: the span has just ended, or a transaction is open or prepared since `since`. */
export type Uncommitted = {
  /** The label of the source. */
  readonly place: string;
  readonly blocker: 'clock' | 'open' | 'prepared';
  readonly since: string | null;
};

/**
 * Where rows come from.
 *
 * `probe` reads no rows and needs no view. `describe` returns the columns of `read` in order, without reading rows.
 * `read` yields batches of 1..batchRows rows (from files, including rows that it refused) in the order of the source. It
 * reads nothing ahead of its consumer, and frees its cursor, handle or socket when the consumer stops early or the signal is
 * aborted. The same span can be read again at any time.
 *
 * @throws Failure SOURCE_UNAVAILABLE, SOURCE_DENIED, SOURCE_SHAPE, SOURCE_QUERY, FILES_MISSING, FILE_BROKEN, FILE_UNSUPPORTED or FILE_CHANGED.
 */
export interface Source extends AsyncDisposable {
  /** Resolves if the source responds: the cheapest request that needs its server, bucket or folder. */
  probe(signal: AbortSignal): Promise<void>;
  describe(extraction: Extraction, signal: AbortSignal): Promise<readonly Column[]>;
  read(extraction: Extraction, signal: AbortSignal): AsyncIterable<RowBatch>;
  /** `describe` and `read` in one, for sources where this saves work: starting an engine, or a transaction. */
  open?(extraction: Extraction, signal: AbortSignal): Promise<Reading>;
  /** For sources that support `safe_bound`: why rows of the span may still be committed; null if none can be. */
  mustWait?(extraction: Extraction, signal: AbortSignal): Promise<Uncommitted | null>;
  /** For sources of files: the files of each unit of the spans, oldest first, found with one listing. */
  filesOfUnits?(view: FeatureView, spans: readonly Interval[], signal: AbortSignal): Promise<readonly UnitFiles[]>;
}

/** The files of one unit, without duplicates, of tables that are checked for late files (late_files). */
export type UnitFiles = { readonly unit: Interval; readonly files: readonly ListedFile[] };

/** Opens a reading of any source. */
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

/** Whether a reading has the described columns; true if none were described. */
export function hasSameColumns({ columns }: Extraction, found: readonly Column[]): boolean {
  const key = (column: Column) => [column.name, column.type];
  return columns === undefined || JSON.stringify(columns.map(key)) === JSON.stringify(found.map(key));
}

/** The units of a span. */
export function unitsOf(view: FeatureView, span: Interval): readonly Interval[] {
  return split(span, view.unitMs, 1);
}

/** The options of every source. */
export type SourceOptions = SourceLimits & {
  /** The connection's name in millrace.yaml, for messages. */
  readonly name: string;
  readonly url: string;
  /** For object stores: the account variables of the environment. */
  readonly account?: Environment;
  /** For HTTP: the headers of each request, which may be secrets. */
  readonly headers?: Readonly<Record<string, string>>;
  /** For Postgres: a cursor is read instead of COPY. */
  readonly readWith?: 'cursor';
  /** For credentials in files: reads them again. */
  readonly renewed?: () => Promise<Renewed>;
  /** The other sources of the project, for tables of a query over files. Absent if they cannot be read. */
  readonly others?: (name: string) => Source;
  /** The folder of millrace.yaml, which file URLs are relative to. */
  readonly projectFolder: string;
  readonly batchRows: number;
  /** The local folder for remote files while they are read. */
  readonly spool: Spool;
  /** The processes that read files. */
  readonly engines: EnginePool;
  /** Paces watchdogs. Not used for decisions about data. */
  readonly clock: Clock;
};

/** A kind of source: its URL schemes, and how to open it. Opening does no work until the first call. */
export type SourceKind = {
  readonly name: string;
  readonly schemes: readonly string[];
  /** What a view over it has: a query over the tables of the source, a set of files, pages or files without wildcards, or keys. */
  readonly needs: 'query' | 'files' | 'pages or named files' | 'keys';
  /** The SQL of its queries. */
  readonly dialect: SqlDialect;
  open(options: SourceOptions): Source;
};
