// The routes behind a token.

import type { AddRoute } from '../route.ts';
import { addAsOf } from './as-of.ts';
import { addBackfills } from './backfills.ts';
import { addEntities } from './entities.ts';
import { addFeatures } from './features.ts';
import { addIntervals } from './intervals.ts';
import { addOnline } from './online.ts';
import { addOperations } from './operations.ts';
import { addRows } from './rows.ts';
import { addRuns } from './runs.ts';
import { addViews } from './views.ts';

export const ROUTES: readonly AddRoute[] = [
  addOnline,
  addEntities,
  addAsOf,
  addRows,
  addFeatures,
  addViews,
  addRuns,
  addBackfills,
  addIntervals,
  addOperations,
];
