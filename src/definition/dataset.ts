// A training set as everything after the parser sees it: complete, checked, and plain JSON.

import type { EpochMs } from '../core/instant.ts';
import type { ViewFiles } from './view.ts';

/** Where the rows of a training set come from: each names an entity and a moment, and may carry more columns. */
export type DatasetLabels =
  | { readonly kind: 'query'; readonly source: string; readonly query: string }
  | { readonly kind: 'files'; readonly source: string; readonly files: ViewFiles; readonly query: string | null }
  /** Each entity that a view knows, at each step of the time. */
  | { readonly kind: 'steps'; readonly everyMs: number; readonly entities: string };

/** The features of one view in a training set. */
export type DatasetView = {
  readonly view: string;
  /** What its columns begin with: the name of the view, unless the definition says otherwise. */
  readonly as: string;
  /** Null for all features that the view has. */
  readonly features: readonly string[] | null;
  /** Older rows do not count, whatever the view's ttl says. */
  readonly ageMaxMs: number | null;
  /** The column of the labels that holds the view's entity. */
  readonly entityColumn: string;
};

export const SPLIT_NAMES = ['train', 'validation', 'test'] as const;
export type SplitName = (typeof SPLIT_NAMES)[number];

export type Split = {
  /** `entity`: all rows of an entity are in one part, by hash. `time`: the earliest rows are the first part. */
  readonly by: 'entity' | 'time';
  /** Shares, 0 to 1, which come to 1; in the order train, validation, test. */
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
  /** How long after an interval is settled its rows count: what serving takes to have them. */
  readonly delayMs: number;
  readonly coverage: 'required' | 'null';
  readonly format: DatasetFormat;
  readonly partition: Partition | null;
  readonly split: Split | null;
};
