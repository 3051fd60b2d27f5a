// A parsed training set: complete, checked, and plain JSON.

import type { EpochMs } from '../core/instant.ts';
import type { ViewFiles } from './view.ts';

/** The source of labels: rows with an entity, a time and optionally more columns. */
export type DatasetLabels =
  | { readonly kind: 'query'; readonly source: string; readonly query: string }
  | { readonly kind: 'files'; readonly source: string; readonly files: ViewFiles; readonly query: string | null }
  /** Each entity of a view, at each step of the time. */
  | { readonly kind: 'steps'; readonly everyMs: number; readonly entities: string };

/** The features of one view in a training set. */
export type DatasetView = {
  readonly view: string;
  /** The prefix of its columns. Default: the name of the view. */
  readonly as: string;
  /** Null for all features of the view. */
  readonly features: readonly string[] | null;
  /** Older rows do not count, regardless of the view's ttl. */
  readonly ageMaxMs: number | null;
  /** The column of the labels with the view's entity, which may be several components that are joined. */
  readonly entityColumn: string;
  /** Instead: the columns with the components of a composite entity, in their order. Absent by default. */
  readonly entityColumns?: readonly string[];
};

export const SPLIT_NAMES = ['train', 'validation', 'test'] as const;
export type SplitName = (typeof SPLIT_NAMES)[number];

export type Split = {
  /** `entity`: all rows of an entity are in one subset, by hash. `time`: the earliest rows are the first subset. */
  readonly by: 'entity' | 'time';
  /** Shares, 0 to 1, with the sum 1, in the order train, validation, test. */
  readonly parts: readonly { readonly name: SplitName; readonly share: number }[];
};

export const DATASET_FORMATS = ['parquet', 'csv', 'json'] as const;
export type DatasetFormat = (typeof DATASET_FORMATS)[number];

export const PARTITIONS = ['day', 'month', 'year'] as const;
export type Partition = (typeof PARTITIONS)[number];

export type Dataset = {
  readonly name: string;
  readonly description: string;
  readonly labels: DatasetLabels;
  /** Labels of [start, end) only. */
  readonly start: EpochMs;
  readonly end: EpochMs;
  readonly views: readonly DatasetView[];
  /** How long after an interval has settled its rows count: the time until they are served. */
  readonly delayMs: number;
  readonly coverage: 'required' | 'null';
  readonly format: DatasetFormat;
  readonly partition: Partition | null;
  readonly split: Split | null;
};
