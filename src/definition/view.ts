// A feature view as everything after the parser sees it: complete, checked, and plain JSON.
//
// The applied copy of a view is stored as JSON in the state database, and workers run that copy, not their disk;
// so a FeatureView holds nothing that JSON does not keep (no undefined, no bigint, no class).

import type { EpochMs } from '../core/instant.ts';
import type { FeatureType, FieldType } from '../feature-types/index.ts';

export type Feature = {
  readonly name: string;
  /** The column of the query that holds it: `value` for a view's only unnamed feature, else its own name. */
  readonly column: string;
  readonly type: FeatureType;
  readonly nullable: boolean;
  /** Run-level rules; a run that breaks one fails its check. */
  readonly nullsMax: number | null;
  readonly min: number | null;
  readonly max: number | null;
};

export type FileFormat = 'csv' | 'json' | 'parquet';

/** How csv files differ from the usual ones: a header, commas, double quotes, and nothing between them for null. */
export type CsvDialect = {
  /** The columns of files without a header, in their order. */
  readonly header?: readonly string[];
  readonly delimiter?: string;
  /** Null where a quote is a character like any other. */
  readonly quote?: string | null;
  /** What an unquoted field that is null holds. */
  readonly nullText?: string;
};

/** Which lake files make up a table for an interval, and how they are read. */
export type ViewFiles = {
  /** Below the source's folder, with `{yyyy} {MM} {dd} {HH}` and globs. */
  readonly pattern: string;
  readonly format: FileFormat;
  /** Column → type, for csv and json; what is not named is text. */
  readonly types: Readonly<Record<string, FieldType>>;
  /** The files of [end − windowMs, end) are read. */
  readonly windowMs: number;
  readonly onMissing: 'empty' | 'wait' | 'fail';
  /** How long after its end an interval that was covered without a file is looked up again; 0 for never. */
  readonly lateMs: number;
  /** What a broken row of csv or json does, and a field that does not fit its type. */
  readonly onBadField: 'refuse' | 'fail';
  /** A file that was read for the same time before may be gone. Absent where that fails the run. */
  readonly onVanished?: 'warn';
  /** Absent where the files are the usual ones. */
  readonly csv?: CsvDialect;
};

export type FeatureView = {
  readonly name: string;
  readonly description: string;
  readonly entity: string;
  readonly tags: readonly string[];
  /** The name of a connection in millrace.yaml. */
  readonly source: string;
  readonly kind: 'events' | 'snapshot' | 'latest';
  /** The grid on which time is cut; for `latest`, unused. */
  readonly unitMs: number;
  readonly start: EpochMs;
  readonly end: EpochMs | null;
  readonly settleMs: number;
  readonly lookbackUnits: number;
  readonly ttlMs: number | null;
  readonly catchUp: 'all' | 'latest' | 'none';
  /** Names of the views that must cover a span before it runs. */
  readonly after: readonly string[];
  /** How far the watermark may lie behind the clock; null where there is no target. */
  readonly freshnessMs: number | null;
  /** After so many failed runs of its schedule in a row the view is paused; 0 for never. */
  readonly failuresMax: number;
  readonly features: readonly Feature[];
  /** The text with its placeholders; null where `columns` says what to read. */
  readonly query: string | null;
  /** Query column (entity_id, timestamp, a feature's column, tie_break) → column of the files. */
  readonly columns: Readonly<Record<string, string>> | null;
  /** Table of the query → its files; a view that says no more than `files` has the one table `files`. */
  readonly files: Readonly<Record<string, ViewFiles>> | null;
  /** Shares, 0 to 1. */
  readonly refusedMax: number;
  readonly removedMax: number;
  /** The share of accepted rows that may have the entity and time of another. Absent where any may. */
  readonly duplicatesMax?: number;
  /** A run with fewer accepted rows fails its check. */
  readonly rowsMin: number;
  /** A run that reads more rows fails its check as soon as it does. Absent where there is no limit. */
  readonly rowsMax?: number;
  /** A run waits until its source, a Postgres, can no longer commit rows of its span. Absent where it does not. */
  readonly safeBound?: true;
  /** Values must not show in quarantine, logs or pages. */
  readonly redacted: boolean;
};
