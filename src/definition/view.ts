// A parsed feature view: complete, checked, and plain JSON.
//
// The deployed copy of a view is stored as JSON in the state database, and workers run that copy rather than the files on
// their disk. So a FeatureView holds only what JSON can hold (no undefined, no bigint, no class).

import type { EpochMs } from '../core/instant.ts';
import type { FeatureType, FieldType } from '../feature-types/index.ts';
import type { Check } from './check.ts';
import type { Declared } from './declared/declared.ts';
import type { Pivot } from './pivot/pivot.ts';

export type Feature = {
  readonly name: string;
  /** The query column with its value: `value` for the one feature of a view without `features`, else the feature's name. */
  readonly column: string;
  readonly type: FeatureType;
  readonly nullable: boolean;
  /** Run-level rules. A run that violates one fails. */
  readonly nullsMax: number | null;
  readonly min: number | null;
  readonly max: number | null;
};

export type FileFormat = 'csv' | 'json' | 'parquet';

/** How CSV files differ from the default: a header, commas, double quotes, and an empty field for null. */
export type CsvDialect = {
  /** The columns of files without a header, in their order. */
  readonly header?: readonly string[];
  readonly delimiter?: string;
  /** Null if quotes have no special meaning. */
  readonly quote?: string | null;
  /** The unquoted text that stands for null. */
  readonly nullText?: string;
  /** Null can also be quoted. */
  readonly quotedNull?: true;
  /** The lines before the header, or before the first row of files without one. */
  readonly skipLines?: number;
  /** The lines after the last row. */
  readonly footerLines?: number;
  /** The mark before the decimals of a number. */
  readonly decimalMark?: string;
  /** The mark between the thousands of a number. A space also stands for a no-break space. */
  readonly thousands?: string;
};

/** The encoding of text files that are not UTF-8. */
export type TextEncoding = 'utf-16' | 'latin-1' | 'windows-1252';

/** The table of a query over an HTTP API. */
export const PAGES_TABLE = 'pages';

/** How the pages of an HTTP API are requested. */
export type PagedRequest = {
  /** Relative to the URL of the source. `{{start}}` and `{{end}}` are the bounds of the interval. */
  readonly path: string;
  /** Query parameter → its value, which may have the same placeholders. Absent if there are none. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly pages: {
    /** Where the next page is: the path of a cursor or URL in the response, or `link` for the Link header. */
    readonly next?: string;
    /** The query parameter for the cursor. Absent if `next` is a URL. */
    readonly parameter?: string;
    /** Instead of `next`: the query parameter for the number of rows before the page. */
    readonly offset?: string;
    readonly max: number;
  };
};

/** The lake files that make up a table for an interval, and how they are read. */
export type ViewFiles = {
  /** Relative to the source's folder, with `{yyyy} {MM} {dd} {HH}` and globs. */
  readonly pattern: string;
  readonly format: FileFormat;
  /** Column → type, for CSV and JSON. Other columns are text. */
  readonly types: Readonly<Record<string, FieldType>>;
  /** The files of [end − windowMs, end) are read. */
  readonly windowMs: number;
  readonly onMissing: 'empty' | 'wait' | 'fail';
  /** Of the partial aggregates of an incremental view: the start of that view, before which files may be missing. */
  readonly viewStart?: EpochMs;
  /** How long after its end the files of a covered interval are looked up again; 0 for never. */
  readonly lateMs: number;
  /** The effect of a CSV or JSON row that is malformed or has a field that does not match its type. */
  readonly onBadField: 'refuse' | 'fail';
  /** A file that an earlier run for the interval read may be gone. Absent if that fails the run. */
  readonly onVanished?: 'warn';
  /** For CSV and JSON. Absent for UTF-8. */
  readonly encoding?: TextEncoding;
  /** For JSON: the path of the list of rows in an object, such as `$.data`. Absent if the rows are not in an object. */
  readonly records?: string;
  /** The pages that are read instead of files. Absent for files. */
  readonly request?: PagedRequest;
  /** Absent if the files use the default dialect. */
  readonly csv?: CsvDialect;
};

/** A table of a query over files that comes from a database. It is read once per run. */
export type QueriedTable = {
  readonly source: string;
  /** SQL of that source, with its placeholders. */
  readonly query: string;
  /** A run that reads more rows fails. */
  readonly rowsMax: number;
};

/** Kinds with intervals, and so with coverage. */
export type IntervalKind = 'events' | 'snapshot';
export type ViewKind = IntervalKind | 'latest' | 'pushed';

/** Whether views of this kind have intervals. The others merge rows and never remove any. */
export function hasIntervals(kind: ViewKind): kind is IntervalKind {
  return kind === 'events' || kind === 'snapshot';
}

export type Complete = {
  /** An interval may have no rows although the previous one had some. Absent if that fails the run. */
  readonly allowEmpty?: true;
  /** The share of entities of the snapshot before that may be missing. Absent if there is no limit. */
  readonly missingMax?: number;
  /** An entity that is not in a snapshot any more gets a row of zeros there. Absent if it loses its values. */
  readonly absent?: 'zero';
};

/** The names of the sources that a view reads: its own, and those of its tables. None for a pushed view. */
export function sourceNames({ source, queried }: FeatureView): readonly string[] {
  const others = Object.values(queried ?? {}).map((table) => table.source);
  return [...new Set([source, ...others])].filter((name) => name !== '');
}

/** The source of what names none. */
export const DEFAULT_SOURCE = 'default';

export type FeatureView = {
  readonly name: string;
  readonly description: string;
  /** The person or team to ask about the view. Absent if not set. */
  readonly owner?: string;
  /** The name of the entity, or the names of its components joined by `|` (entity.ts). */
  readonly entity: string;
  readonly tags: readonly string[];
  /** The name of a connection in millrace.yaml; empty for `pushed`. */
  readonly source: string;
  readonly kind: ViewKind;
  /** The length of an interval; unused for kinds without intervals. */
  readonly unitMs: number;
  readonly start: EpochMs;
  readonly end: EpochMs | null;
  readonly settleMs: number;
  readonly lookbackUnits: number;
  readonly ttlMs: number | null;
  readonly catchUp: 'all' | 'latest' | 'none';
  /** The views that must cover a span before this view runs it. */
  readonly after: readonly string[];
  /** How far the watermark may be behind the current time; null if there is no target. */
  readonly freshnessMs: number | null;
  /** The number of consecutive failed scheduled runs that pauses the view; 0 for never. */
  readonly failuresMax: number;
  readonly features: readonly Feature[];
  /** The SQL with its placeholders; null if the view has `columns` or `declared` instead. */
  readonly query: string | null;
  /** Instead of a query: what it is compiled from (query/view-query.ts). Absent if the view has a query or columns. */
  readonly declared?: Declared;
  /** The query returns a row for each feature, which are joined to one row. Absent if it returns a column for each. */
  readonly pivot?: Pivot;
  /**
   * The view combines the partial aggregates of its windows, which a hidden view stores (declared/parts.ts). Absent if a run reads the
   * longest window from the source.
   */
  readonly incremental?: true;
  /** For the hidden view of an incremental view: the name of that view. Its rows stay in the offline store. */
  readonly partsOf?: string;
  /** For Redis: the keys to read, with {entity_id}. Absent for other sources. */
  readonly keys?: string;
  /** Column of a row (entity_id, timestamp, a feature's column, tie_break) → column of the files, or field of a hash. */
  readonly columns: Readonly<Record<string, string>> | null;
  /** Table of the query → its files. A view with the key `files` has one table, named `files`. */
  readonly files: Readonly<Record<string, ViewFiles>> | null;
  /** Table of the query → the source of its rows, in addition to `files`. Absent if there is none. */
  readonly queried?: Readonly<Record<string, QueriedTable>>;
  /** Shares, 0 to 1. */
  readonly refusedMax: number;
  readonly removedMax: number;
  /** The share of accepted rows that may have the entity and time of another row. Absent if there is no limit. */
  readonly duplicatesMax?: number;
  /** A run with fewer accepted rows fails. */
  readonly rowsMin: number;
  /** Each snapshot holds all entities, so an entity that is not in the newest one has no value. Absent if it does not. */
  readonly complete?: Complete;
  /** A run that reads more rows stops reading and fails. Absent if there is no limit. */
  readonly rowsMax?: number;
  /** A run waits until no open transaction of its Postgres source can commit rows of its span. Absent if it does not wait. */
  readonly safeBound?: true;
  /** Absent if there are none. */
  readonly checks?: readonly Check[];
  /** Values must not appear in quarantine, logs or pages. */
  readonly redacted: boolean;
};
