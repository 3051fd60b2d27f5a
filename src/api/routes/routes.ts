// The routes behind a token.

import type { AddRoute } from '../route.ts';
import { addAsOf } from './as-of.ts';
import { addBackfills } from './backfills.ts';
import { addEntities } from './entities.ts';
import { addIntervals } from './intervals.ts';
import { addOnline } from './online.ts';
import { addOperations } from './operations.ts';
import { addRuns } from './runs.ts';
import { addViews } from './views.ts';

export const ROUTES: readonly AddRoute[] = [
  addOnline,
  addEntities,
  addAsOf,
  addViews,
  addRuns,
  addBackfills,
  addIntervals,
  addOperations,
];
