// What a check of a declared view at its source is given, and what it finds.

import type { Failure } from '../core/failure.ts';
import type { Declared } from '../definition/declared/declared.ts';
import type { SqlDialect } from '../definition/query/sql-text.ts';
import type { FeatureView } from '../definition/view.ts';
import type { Extraction, Source } from './source.ts';

/** A key of `from`, or of the feature with this name. */
export type DeclaredPlace = { readonly feature: string | null; readonly key: string };

export type DeclaredFinding = {
  readonly failure: Failure;
  readonly place: DeclaredPlace;
  /** The table that was looked for. */
  readonly table?: string;
  /** True if the source did not answer in time, so that nothing is known. */
  readonly isUnchecked?: true;
};

export type DeclaredAtSource = {
  readonly source: Source;
  readonly view: FeatureView;
  readonly declared: Declared;
  readonly dialect: SqlDialect;
  readonly span: Extraction['span'];
  readonly signal: AbortSignal;
};
