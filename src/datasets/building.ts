// A build as its parts see it.

import type { Clock } from '../core/clock.ts';
import type { Interval } from '../core/interval.ts';
import type { Dataset } from '../definition/dataset.ts';
import type { Database } from '../postgres/database.ts';
import type { EnginePool } from '../sources/lake/engine/pool.ts';
import type { StagedLabels } from './labels/staged-labels.ts';
import type { OutputColumn } from './output-columns.ts';
import type { PartFacts } from './receipt.ts';
import type { SetView } from './set-views.ts';
import type { Target } from './targets/target.ts';

/** Labels `from` up to `to`, without it, of one folder. */
export type PartPlan = {
  readonly part: number;
  readonly from: number;
  readonly to: number;
  readonly file: string;
  /** The time of the labels of its folder; null where there are none. */
  readonly span: Interval | null;
};

/** Receives the progress of a build. */
export type BuildProgress = {
  staging(): void;
  /** All labels are staged; `kept` of the parts are there from an interrupted build. */
  planned(facts: { readonly labels: number; readonly parts: number; readonly kept: number }): void;
  part(facts: PartFacts): void;
};

export type Building = {
  readonly database: Database;
  readonly engines: EnginePool;
  readonly clock: Clock;
  readonly dataset: Dataset;
  readonly prefix: string;
  readonly labels: StagedLabels;
  readonly views: readonly SetView[];
  /** The view that the labels come from, if they do. */
  readonly entities: SetView | null;
  readonly columns: readonly OutputColumn[];
  readonly target: Target;
  readonly signal: AbortSignal;
};
