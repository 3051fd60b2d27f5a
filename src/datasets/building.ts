// A build as its parts see it.

import type { Clock } from '../core/clock.ts';
import type { Dataset } from '../definition/dataset.ts';
import type { Database } from '../postgres/database.ts';
import type { EnginePool } from '../sources/lake/engine/pool.ts';
import type { StagedLabels } from './labels/staged-labels.ts';
import type { OutputColumn } from './output-columns.ts';
import type { SetView } from './set-views.ts';
import type { Target } from './targets/target.ts';

/** Labels `from` up to `to`, without it, of one folder. */
export type PartPlan = { readonly part: number; readonly from: number; readonly to: number; readonly file: string };

export type Building = {
  readonly database: Database;
  readonly engines: EnginePool;
  readonly clock: Clock;
  readonly dataset: Dataset;
  readonly prefix: string;
  readonly labels: StagedLabels;
  readonly views: readonly SetView[];
  readonly columns: readonly OutputColumn[];
  readonly target: Target;
  readonly signal: AbortSignal;
};
